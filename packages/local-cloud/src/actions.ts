import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import type { AwsCall } from './front-door.ts'
import { isObject } from './json.ts'
import { busName } from './resource-types.ts'

/*
 * What each AWS call needs: IAM actions, on which resources, with which condition keys.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/ (list_amazondynamodb, list_amazonsqs, list_amazoneventbridge,
 * list_awskeymanagementservice, list_amazoncognitouserpools, list_amazons3)
 */

/** Condition key in lower case -> its values, computed when a condition asks; undefined when the request does not have it. */
export type Keys = Readonly<Record<string, () => readonly string[] | undefined>>

/** One thing that must be allowed. */
export interface Check {
  /** `dynamodb:PutItem` */
  readonly action: string
  readonly resource: string
  readonly keys: Keys
}

export interface Place {
  readonly account: string
  readonly region: string
}

const ofServices = [
  ...['leadingkeys', 'attributes', 'select', 'returnvalues', 'returnconsumedcapacity', 'enclosingoperation', 'fulltablescan'].map(
    (key) => `dynamodb:${key}`,
  ),
  'kms:calleraccount',
  'kms:encryptionalgorithm',
  'kms:encryptioncontextkeys',
  'kms:viaservice',
  'events:source',
  'events:detail-type',
]

/** Whether requests have this key, in lower case, where AWS documents that they do. Those of everybody are in permissions.ts. */
export const isKnownKey = (key: string): boolean => ofServices.includes(key) || key.startsWith('kms:encryptioncontext:')

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const one = (value: string | undefined): readonly string[] | undefined => (value === undefined ? undefined : [value])
const unique = (values: readonly string[]): readonly string[] => [...new Set(values)]
const objects = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.filter(isObject) : [])
const entries = (value: unknown): readonly (readonly [string, unknown])[] => (isObject(value) ? Object.entries(value) : [])

/** Partition key of a table, and of each of its indexes. */
interface TableKeys {
  readonly table: string | undefined
  readonly indexes: ReadonlyMap<string, string | undefined>
}

const Schema = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }))
const Indexes = z.array(z.object({ IndexName: z.string(), KeySchema: Schema })).default([])
const TableProperties = z.object({ KeySchema: Schema, GlobalSecondaryIndexes: Indexes, LocalSecondaryIndexes: Indexes })
const hashOf = (schema: z.infer<typeof Schema>): string | undefined => schema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName

/**
 * @param keyOf the ARN of the KMS key that a call is about
 * @returns what a call of a function needs; nothing for a call that its service refuses anyway
 */
export function checks(
  { account, region }: Place,
  resources: readonly Resource[],
  keyOf: (input: unknown) => string | undefined,
): (call: Pick<AwsCall, 'service' | 'action'>, input: unknown) => readonly Check[] {
  const arn = (service: string, path: string): string => `arn:aws:${service}:${region}:${account}:${path}`
  const tableArn = (name: string): string => (name.startsWith('arn:') ? name : arn('dynamodb', `table/${name}`))
  const tables = new Map(
    resources
      .filter(({ type }) => type === 'AWS::DynamoDB::Table' || type === 'AWS::DynamoDB::GlobalTable')
      .map((resource): [string, TableKeys] => {
        const { KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = propertiesOf(TableProperties, resource)
        const indexes = [...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].map(
          (index) => [index.IndexName, hashOf(index.KeySchema)] as const,
        )
        return [resource.arn, { table: hashOf(KeySchema), indexes: new Map(indexes) }]
      }),
  )
  const streams = new Map(
    resources.flatMap((resource) => (resource.attributes.StreamArn === undefined ? [] : [[resource.arn, resource.attributes.StreamArn]])),
  )

  /** One operation on one table, or on one of its indexes. */
  function onTable(operation: string, table: string, requests: readonly Readonly<Record<string, unknown>>[], keys: Keys = {}): Check {
    const [first] = requests
    const index = text(first?.IndexName)
    const target = tableArn(table)
    const known = tables.get(target)
    const hash = index === undefined ? known?.table : known?.indexes.get(index)
    return {
      action: `dynamodb:${operation}`,
      resource: index === undefined ? target : `${target}/index/${index}`,
      keys: {
        'dynamodb:leadingkeys': () => (hash === undefined ? undefined : leadingKeys(hash, requests)),
        'dynamodb:attributes': () => unique(requests.flatMap(attributesOf)),
        'dynamodb:select': () => one(selectOf(operation, first)),
        'dynamodb:returnvalues': () => one(text(first?.ReturnValues)),
        ...keys,
      },
    }
  }

  function dynamodb(action: string, input: Readonly<Record<string, unknown>>): readonly Check[] {
    const consumed: Keys = { 'dynamodb:returnconsumedcapacity': () => one(text(input.ReturnConsumedCapacity)) }
    const enclosed: Keys = { ...consumed, 'dynamodb:enclosingoperation': () => [action] }
    switch (action) {
      case 'BatchGetItem':
        return entries(input.RequestItems).map(([table, request]) =>
          onTable(action, table, isObject(request) ? objects(request.Keys).map((Key) => ({ ...request, Keys: [], Key })) : [], consumed),
        )
      case 'BatchWriteItem':
        return entries(input.RequestItems).map(([table, requests]) =>
          onTable(
            action,
            table,
            objects(requests).flatMap((request) => objects(Object.values(request))),
            consumed,
          ),
        )
      case 'TransactGetItems':
      case 'TransactWriteItems': {
        const operations: Readonly<Record<string, string>> = {
          Get: 'GetItem',
          Put: 'PutItem',
          Update: 'UpdateItem',
          Delete: 'DeleteItem',
          ConditionCheck: 'ConditionCheckItem',
        }
        return objects(input.TransactItems).flatMap((item) =>
          Object.entries(item).flatMap(([kind, request]) => {
            const operation = operations[kind]
            const table = isObject(request) ? text(request.TableName) : undefined
            return operation === undefined || table === undefined || !isObject(request)
              ? []
              : [onTable(operation, table, [request], enclosed)]
          }),
        )
      }
      case 'ExecuteStatement':
        return [partiql(input.Statement, consumed)]
      case 'BatchExecuteStatement':
        return objects(input.Statements).map(({ Statement }) => partiql(Statement, enclosed))
      case 'ExecuteTransaction':
        return objects(input.TransactStatements).map(({ Statement }) => partiql(Statement, enclosed))
      default: {
        const table = text(input.TableName)
        return [table === undefined ? { action: `dynamodb:${action}`, resource: '*', keys: {} } : onTable(action, table, [input], consumed)]
      }
    }
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html */
  function partiql(statement: unknown, keys: Keys): Check {
    const [, verb = '', rest = ''] = /^\s*(\w+)([\s\S]*)$/.exec(String(statement)) ?? []
    const kind = { select: 'Select', exists: 'Select', insert: 'Insert', update: 'Update', delete: 'Delete' }[verb.toLowerCase()] ?? verb
    const place = kind === 'Update' ? /^\s+/ : /\b(?:FROM|INTO)\s+/i
    const [, table = '*', index] = /^"?([\w.:/-]+?)"?(?:\."([\w.-]+)")?(?=\s|$|\))/.exec(rest.split(place)[1] ?? '') ?? []
    const notEmulated = (key: string) => () => {
      throw new Error(`the condition key ${key} of a PartiQL statement is not emulated`)
    }
    return onTable(`PartiQL${kind}`, table, [index === undefined ? {} : { IndexName: index }], {
      ...keys,
      ...Object.fromEntries(
        ['dynamodb:leadingkeys', 'dynamodb:attributes', 'dynamodb:select', 'dynamodb:fulltablescan'].map((key) => [key, notEmulated(key)]),
      ),
    })
  }

  /** Iterators do not tell their stream here, and the emulator gives streams names of its own. */
  function stream(action: string, input: Readonly<Record<string, unknown>>): readonly Check[] {
    const [table] = /^arn:[^/]+:table\/[^/]+/.exec(text(input.StreamArn) ?? '') ?? []
    return [{ action: `dynamodb:${action}`, resource: streams.get(table ?? '') ?? '*', keys: {} }]
  }

  function kms(action: string, input: Readonly<Record<string, unknown>>): readonly Check[] {
    const resource = keyOf(input)
    return resource === undefined
      ? []
      : [keyUse(action, resource, account, isObject(input.EncryptionContext) ? input.EncryptionContext : {})]
  }

  const queueName = ({ QueueUrl, QueueName }: Readonly<Record<string, unknown>>): string =>
    text(QueueName) ?? String(QueueUrl).replace(/^.*\//, '')

  return ({ service, action }, input) => {
    if (!isObject(input)) return []
    switch (service) {
      case 'DynamoDB':
        return dynamodb(action, input)
      case 'DynamoDBStreams':
        return stream(action, input)
      case 'SQS':
        // A batch is allowed by the action of its entries: there is no other.
        return [{ action: `sqs:${action.replace(/Batch$/, '')}`, resource: arn('sqs', queueName(input)), keys: {} }]
      case 'EventBridge':
        return objects(input.Entries).map(({ EventBusName, Source, DetailType }) => ({
          action: `events:${action}`,
          resource: arn('events', `event-bus/${busName(EventBusName)}`),
          keys: { 'events:source': () => one(text(Source)), 'events:detail-type': () => one(text(DetailType)) },
        }))
      case 'KMS':
        return kms(action, input)
      case 'S3':
        return [{ action: actionOfS3(action), resource: `arn:aws:s3:::${text(input.Bucket)}/${text(input.Key)}`, keys: {} }]
      case 'Cognito':
        return [{ action: `cognito-idp:${action}`, resource: arn('cognito-idp', `userpool/${text(input.UserPoolId)}`), keys: {} }]
      default:
        return []
    }
  }
}

/** An upload in parts needs the action of the object that it makes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions */
const actionOfS3 = (action: string): string =>
  `s3:${{ CreateMultipartUpload: 'PutObject', UploadPart: 'PutObject', CompleteMultipartUpload: 'PutObject', HeadObject: 'GetObject' }[action] ?? action}`

/** What the use of a key needs. @param account of the caller; undefined for a service of AWS */
export const keyUse = (
  action: string,
  resource: string,
  account: string | undefined,
  context: Readonly<Record<string, unknown>>,
  keys: Keys = {},
): Check => ({
  action: `kms:${action}`,
  resource,
  keys: {
    'kms:calleraccount': () => one(account),
    'kms:encryptionalgorithm': () => (action === 'GenerateDataKey' ? undefined : ['SYMMETRIC_DEFAULT']),
    'kms:encryptioncontextkeys': () => Object.keys(context),
    ...Object.fromEntries(
      Object.entries(context).map(([name, value]) => [`kms:encryptioncontext:${name.toLowerCase()}`, () => [String(value)]]),
    ),
    ...keys,
  },
})

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
const selectOf = (operation: string, input: Readonly<Record<string, unknown>> | undefined): string | undefined => {
  if (!['GetItem', 'BatchGetItem', 'Query', 'Scan'].includes(operation) || input === undefined) return undefined
  if (input.Select !== undefined) return text(input.Select)
  if (input.ProjectionExpression !== undefined || input.AttributesToGet !== undefined) return 'SPECIFIC_ATTRIBUTES'
  return input.IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES'
}

/** `{ S: 'case#1' }` -> `case#1` */
const scalar = (value: unknown): readonly string[] =>
  isObject(value) ? Object.values(value).filter((held) => typeof held === 'string') : []

/** Values of the partition key that the requests name: of their items and keys, or of their query. A scan names none. */
function leadingKeys(hash: string, requests: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return unique(
    requests.flatMap((request) => {
      const { Item, Key, KeyConditions, KeyConditionExpression, ExpressionAttributeValues } = request
      const given = isObject(Item) ? Item : isObject(Key) ? Key : undefined
      if (given !== undefined) return scalar(given[hash])
      const legacy = isObject(KeyConditions) ? KeyConditions[hash] : undefined
      if (isObject(legacy)) return objects(legacy.AttributeValueList).flatMap(scalar)
      const names = namesOf(request)
      return [...String(KeyConditionExpression ?? '').matchAll(/(#?[\w.-]+)\s*=\s*(:[\w]+)|(:[\w]+)\s*=\s*(#?[\w.-]+)/g)].flatMap(
        ([, left = '', right = '', value = right, name = left]) =>
          (names[name] ?? name) === hash && isObject(ExpressionAttributeValues) ? scalar(ExpressionAttributeValues[value]) : [],
      )
    }),
  )
}

const namesOf = ({ ExpressionAttributeNames }: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(entries(ExpressionAttributeNames).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))

const keywords = new Set(['AND', 'OR', 'NOT', 'BETWEEN', 'IN', 'SET', 'REMOVE', 'ADD', 'DELETE'])

/** Top-level attributes that a request names. */
function attributesOf(request: Readonly<Record<string, unknown>>): readonly string[] {
  const names = namesOf(request)
  const expressions = ['ProjectionExpression', 'KeyConditionExpression', 'FilterExpression', 'ConditionExpression', 'UpdateExpression']
  return [
    ...['Item', 'Key', 'AttributeUpdates', 'Expected', 'KeyConditions', 'QueryFilter', 'ScanFilter'].flatMap((member) =>
      entries(request[member]).map(([name]) => name),
    ),
    ...(Array.isArray(request.AttributesToGet) ? request.AttributesToGet.filter((name) => typeof name === 'string') : []),
    ...expressions.flatMap((member) =>
      [...String(request[member] ?? '').matchAll(/(?<![\w.:#])(#\w+|[A-Za-z_]\w*)(?!\w|\s*\()/g)].flatMap(([, name = '']) =>
        keywords.has(name.toUpperCase()) ? [] : [names[name] ?? name],
      ),
    ),
  ]
}
