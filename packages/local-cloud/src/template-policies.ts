import * as z from 'zod'
import { isKnownKey, type Place } from './actions.ts'
import { propertiesOf, type Resource } from './assembly.ts'
import { compilePolicy, type PolicyKind, type Statement } from './policy.ts'
import { busName } from './resource-types.ts'

/*
 * Every policy that the templates attach, compiled: to roles, and to queues, keys, buses, tables and functions.
 */

/** A policy of a role. */
export interface AttachedPolicy {
  /** Its path in the construct tree, or the ARN of one of AWS. */
  readonly path: string
  readonly statements: readonly Statement[]
}

export interface TemplatePolicies {
  /** Those of a resource itself, by its ARN; an index has those of its table, an object those of its bucket. */
  ofResource(arn: string): readonly Statement[]
  ofRole(role: Resource): {
    readonly identity: readonly AttachedPolicy[]
    readonly boundary: readonly Statement[] | undefined
    /** Who may assume it. */
    readonly trust: readonly Statement[]
  }
  /** Queue -> the key that encrypts what is in it, where KMS is asked for it. */
  readonly queueKeys: ReadonlyMap<string, string>
  /** Bucket -> the key that encrypts its objects, and whether it does so by a key of the bucket. */
  readonly bucketKeys: ReadonlyMap<string, { readonly key: string; readonly ofBucket: boolean }>
}

const BucketKeys = z.object({
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.array(
        z.object({
          BucketKeyEnabled: z.boolean().default(false),
          ServerSideEncryptionByDefault: z.object({ KMSMasterKeyID: z.string().optional() }),
        }),
      ),
    })
    .optional(),
})

const globalKeys = [
  'currenttime',
  'epochtime',
  'principalaccount',
  'principalarn',
  'principalisawsservice',
  'principalservicename',
  'principaltype',
  'requestedregion',
  'resourceaccount',
  'securetransport',
  'sourceaccount',
  'sourcearn',
  'viaawsservice',
].map((key) => `aws:${key}`)
const isKnown = (key: string): boolean => globalKeys.includes(key) || key === 'lambda:sourcefunctionarn' || isKnownKey(key)

/** Managed policies of AWS that a template may name: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ */
const ofAws: Readonly<Record<string, object>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
  },
}

const Texts = z.array(z.string()).default([])
const RoleProperties = z.object({
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]),
  ManagedPolicyArns: Texts,
  PermissionsBoundary: z.string().optional(),
})
const PolicyProperties = z.object({ PolicyDocument: z.unknown(), Roles: Texts, RoleName: z.string().optional() })
const QueuePolicy = z.object({ PolicyDocument: z.unknown(), Queues: Texts })
const BucketPolicy = z.object({ PolicyDocument: z.unknown(), Bucket: z.string() })
const BusPolicy = z.object({
  EventBusName: z.string().optional(),
  StatementId: z.string(),
  Statement: z.unknown().optional(),
  Action: z.string().optional(),
  Principal: z.string().optional(),
  Condition: z.never({ error: 'a Condition outside of Statement is not emulated' }).optional(),
})
const Permission = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
})
const TablePolicies = z.object({
  ResourcePolicy: z.object({ PolicyDocument: z.unknown() }).optional(),
  StreamSpecification: z.object({ ResourcePolicy: z.never({ error: "a stream's own policy is not emulated" }).optional() }).optional(),
  SSESpecification: z.object({ KMSMasterKeyId: z.never({ error: 'a table with a key of its own is not emulated' }).optional() }).optional(),
})
/** The key that SQS has in each account: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html */
const sqsAlias = 'alias/aws/sqs'

/** @throws naming what a policy asks for and is not emulated */
export function policiesOf({ account, region }: Place, resources: readonly Resource[]): TemplatePolicies {
  const of = (type: string): readonly Resource[] => resources.filter((resource) => resource.type === type)
  const arnOf = (service: string, path: string): string => `arn:aws:${service}:${region}:${account}:${path}`

  function compile(document: unknown, kind: PolicyKind, where: string): readonly Statement[] {
    const statements = compilePolicy(document, kind, where)
    for (const { id, keys } of statements)
      for (const key of keys) if (!isKnown(key)) throw new Error(`${where}, ${id}: the condition key ${key} is not emulated`)
    return statements
  }

  /** Resource -> statements of its policies. */
  const onResources = new Map<string, Statement[]>()
  function attach(resource: string, document: unknown, where: string): void {
    onResources.set(resource, [...(onResources.get(resource) ?? []), ...compile(document, 'resource', where)])
  }
  const sqsKey = arnOf('kms', sqsAlias)
  const viaSqs = `sqs.${region}.amazonaws.com`
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }
  for (const resource of of('AWS::KMS::Key')) attach(resource.arn, resource.properties.KeyPolicy ?? { Statement: root }, resource.path)
  attach(
    sqsKey,
    {
      Statement: {
        Effect: 'Allow',
        Principal: '*',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: { StringEquals: { 'kms:ViaService': viaSqs, 'kms:CallerAccount': account } },
      },
    },
    sqsAlias,
  )
  for (const resource of of('AWS::SQS::QueuePolicy')) {
    const { Queues, PolicyDocument } = propertiesOf(QueuePolicy, resource)
    for (const queue of of('AWS::SQS::Queue').filter(({ ref }) => Queues.includes(ref))) {
      // A queue has one: a second one takes the place of the first, in whatever order they are made.
      if (onResources.has(queue.arn)) throw new Error(`${resource.path}: ${queue.path} has another queue policy`)
      attach(queue.arn, PolicyDocument, resource.path)
    }
  }
  for (const resource of of('AWS::S3::BucketPolicy')) {
    const { Bucket, PolicyDocument } = propertiesOf(BucketPolicy, resource)
    attach(`arn:aws:s3:::${Bucket}`, PolicyDocument, resource.path)
  }
  for (const resource of of('AWS::Events::EventBusPolicy')) {
    const { EventBusName, StatementId, Statement, Action, Principal } = propertiesOf(BusPolicy, resource)
    const bus = arnOf('events', `event-bus/${busName(EventBusName)}`)
    const given = Statement ?? {
      Sid: StatementId,
      Effect: 'Allow',
      Principal: Principal === '*' ? '*' : { AWS: Principal },
      Action,
      Resource: bus,
    }
    attach(bus, { Version: '2012-10-17', Statement: given }, resource.path)
  }
  for (const resource of [...of('AWS::DynamoDB::Table'), ...of('AWS::DynamoDB::GlobalTable')]) {
    const { ResourcePolicy } = propertiesOf(TablePolicies, resource)
    if (ResourcePolicy !== undefined) attach(resource.arn, ResourcePolicy.PolicyDocument, resource.path)
  }
  for (const resource of of('AWS::Lambda::Permission')) {
    const { Action, FunctionName, Principal, SourceArn, SourceAccount } = propertiesOf(Permission, resource)
    const target = of('AWS::Lambda::Function').find(({ name, arn }) => FunctionName === name || FunctionName === arn)
    if (target === undefined) throw new Error(`${resource.path}: no function ${FunctionName}`)
    const statement = {
      Effect: 'Allow',
      Principal: Principal.endsWith('.amazonaws.com') ? { Service: Principal } : { AWS: Principal },
      Action,
      Resource: target.arn,
      Condition: {
        ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
        ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
      },
    }
    attach(target.arn, { Version: '2012-10-17', Statement: statement }, resource.path)
  }
  /** Queue -> the key that encrypts what is in it, where KMS is asked for it. */
  const queueKeys = new Map(
    of('AWS::SQS::Queue').flatMap((queue): [string, string][] => {
      const { KmsMasterKeyId } = propertiesOf(z.object({ KmsMasterKeyId: z.string().optional() }), queue)
      if (KmsMasterKeyId === undefined) return []
      if (KmsMasterKeyId === sqsAlias) return [[queue.arn, sqsKey]]
      const key = of('AWS::KMS::Key').find(({ arn, name }) => KmsMasterKeyId === arn || KmsMasterKeyId === name)
      if (key === undefined) throw new Error(`${queue.path}: a key that is not of the stage is not emulated: ${KmsMasterKeyId}`)
      return [[queue.arn, key.arn]]
    }),
  )

  const bucketKeys = new Map(
    of('AWS::S3::Bucket').flatMap((bucket) =>
      (propertiesOf(BucketKeys, bucket).BucketEncryption?.ServerSideEncryptionConfiguration ?? []).flatMap(
        ({ BucketKeyEnabled, ServerSideEncryptionByDefault: { KMSMasterKeyID } }) => {
          if (KMSMasterKeyID === undefined) return []
          const key = of('AWS::KMS::Key').find(({ arn, name }) => KMSMasterKeyID === arn || KMSMasterKeyID === name)
          if (key === undefined) throw new Error(`${bucket.path}: a key that is not of the stage is not emulated: ${KMSMasterKeyID}`)
          return [[bucket.arn, { key: key.arn, ofBucket: BucketKeyEnabled }] as const]
        },
      ),
    ),
  )

  const managed = new Map(of('AWS::IAM::ManagedPolicy').map((resource) => [resource.arn, resource]))
  function managedPolicy(arn: string, where: string): AttachedPolicy {
    const own = managed.get(arn)
    const document = own === undefined ? ofAws[arn] : propertiesOf(PolicyProperties, own).PolicyDocument
    if (document === undefined) throw new Error(`${where}: the managed policy ${arn} is not emulated`)
    const path = own?.path ?? arn
    return { path, statements: compile(document, 'identity', path) }
  }

  return {
    ofResource: (arn) => onResources.get(arn.replace(/^(arn:aws:s3:::[^/]+)\/.*$|\/index\/[^/]+$/, '$1')) ?? [],
    queueKeys,
    bucketKeys,
    ofRole: (role) => {
      const { AssumeRolePolicyDocument, Policies, ManagedPolicyArns, PermissionsBoundary } = propertiesOf(RoleProperties, role)
      const attached = [...managed.values()].filter((policy) => propertiesOf(PolicyProperties, policy).Roles.includes(role.name))
      const apart = [...of('AWS::IAM::Policy'), ...of('AWS::IAM::RolePolicy')].flatMap((policy): AttachedPolicy[] => {
        const { Roles, RoleName, PolicyDocument } = propertiesOf(PolicyProperties, policy)
        const holds = RoleName === role.name || Roles.includes(role.name)
        return holds ? [{ path: policy.path, statements: compile(PolicyDocument, 'identity', policy.path) }] : []
      })
      return {
        trust: compile(AssumeRolePolicyDocument, 'trust', role.path),
        identity: [
          ...Policies.map(({ PolicyName, PolicyDocument }) => ({
            path: `${role.path}/${PolicyName}`,
            statements: compile(PolicyDocument, 'identity', `${role.path}/${PolicyName}`),
          })),
          ...apart,
          ...[...new Set([...ManagedPolicyArns, ...attached.map(({ arn }) => arn)])].map((arn) => managedPolicy(arn, role.path)),
        ],
        boundary: PermissionsBoundary === undefined ? undefined : managedPolicy(PermissionsBoundary, role.path).statements,
      }
    },
  }
}
