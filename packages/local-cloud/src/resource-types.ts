/** Where a stage is. */
export interface Place {
  readonly account: string
  readonly region: string
  /** Where the AWS protocols are served. */
  readonly endpoint: string
}

/** What other resources can refer to. `passive`: accepted, with names and ARNs, but without behaviour here. */
interface Identity {
  readonly name: string
  readonly arn: string
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
  readonly passive: boolean
}

type Property = (name: string) => unknown
interface Named {
  readonly name: string
  readonly arn: string
  readonly hash: string
  readonly property: Property
  readonly place: Place
}

/** How a type is named. */
interface Kind {
  readonly service: string
  /** The property that may hold a physical name; a type without one has an id. */
  readonly named?: string
  readonly id?: (hash: string, place: Place) => string
  /** The last part of the ARN; the name unless told. */
  readonly path?: (name: string, property: Property) => string
  /** What `Ref` gives; the name unless told. */
  readonly ref?: (named: Named) => string
  /** What `Fn::GetAtt` gives besides `Arn`. */
  readonly attributes?: (named: Named) => Readonly<Record<string, string>>
}

/** Letters and digits cut from a hexadecimal hash, as Cognito's and API Gateway's ids are. */
const letters = (length: number) => (hash: string) => BigInt(`0x${hash}`).toString(36).slice(0, length)
const uuid = (hash: string): string => hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
/** The name of a bus given by name or ARN. */
export const busName = (value: unknown): string => (typeof value === 'string' ? value.replace(/^arn:.*:event-bus\//, '') : 'default')
const queueUrl = ({ name, place }: Named): string => `${place.endpoint}/${place.account}/${name}`
const onBus = (property: Property): string => (busName(property('EventBusName')) === 'default' ? '' : busName(property('EventBusName')))

const table: Kind = {
  service: 'dynamodb',
  named: 'TableName',
  path: (name) => `table/${name}`,
  attributes: ({ arn }) => ({ StreamArn: `${arn}/stream/2026-01-01T00:00:00.000` }),
}
const part = (attribute: string): Kind => ({
  service: 'apigateway',
  id: letters(7),
  attributes: ({ name }) => ({ [attribute]: name }),
})

/** Types that have behaviour here. */
const active: Readonly<Record<string, Kind>> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': {
    service: 'sqs',
    named: 'QueueName',
    ref: queueUrl,
    attributes: (named) => ({ QueueName: named.name, QueueUrl: queueUrl(named) }),
  },
  'AWS::Events::EventBus': {
    service: 'events',
    named: 'Name',
    path: (name) => `event-bus/${name}`,
    attributes: ({ name }) => ({ Name: name }),
  },
  'AWS::Events::Rule': {
    service: 'events',
    named: 'Name',
    path: (name, property) => ['rule', onBus(property), name].filter((text) => text !== '').join('/'),
    ref: ({ name, property }) => [onBus(property), name].filter((text) => text !== '').join('|'),
  },
  'AWS::Events::Archive': { service: 'events', named: 'ArchiveName', path: (name) => `archive/${name}` },
  'AWS::Scheduler::Schedule': { service: 'scheduler', named: 'Name', path: (name) => `schedule/default/${name}` },
  'AWS::S3::Bucket': {
    service: 's3',
    named: 'BucketName',
    attributes: ({ name, place }) => ({
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${place.region}.amazonaws.com`,
    }),
  },
  'AWS::S3::BucketPolicy': { service: 's3' },
  'AWS::KMS::Key': { service: 'kms', id: uuid, path: (id) => `key/${id}`, attributes: ({ name }) => ({ KeyId: name }) },
  'AWS::Lambda::Function': { service: 'lambda', named: 'FunctionName', path: (name) => `function:${name}` },
  'AWS::Lambda::EventSourceMapping': {
    service: 'lambda',
    id: uuid,
    path: (id) => `event-source-mapping:${id}`,
    attributes: ({ name }) => ({ Id: name }),
  },
  'AWS::ApiGatewayV2::Api': {
    service: 'apigateway',
    id: letters(10),
    attributes: ({ name, place }) => ({ ApiId: name, ApiEndpoint: `https://${name}.execute-api.${place.region}.amazonaws.com` }),
  },
  'AWS::ApiGatewayV2::Stage': { service: 'apigateway', named: 'StageName' },
  'AWS::ApiGatewayV2::Route': part('RouteId'),
  'AWS::ApiGatewayV2::Integration': part('IntegrationId'),
  'AWS::ApiGatewayV2::Authorizer': part('AuthorizerId'),
  'AWS::Cognito::UserPool': {
    service: 'cognito-idp',
    id: (hash, { region }) => `${region}_${letters(9)(hash)}`,
    path: (id) => `userpool/${id}`,
    attributes: ({ name, place }) => ({
      UserPoolId: name,
      ProviderName: `cognito-idp.${place.region}.amazonaws.com/${name}`,
      ProviderURL: `https://cognito-idp.${place.region}.amazonaws.com/${name}`,
    }),
  },
  'AWS::Cognito::UserPoolClient': { service: 'cognito-idp', id: letters(26), attributes: ({ name }) => ({ ClientId: name, Name: name }) },
  'AWS::Cognito::UserPoolResourceServer': { service: 'cognito-idp', named: 'Identifier' },
  'AWS::IAM::Role': {
    service: 'iam',
    named: 'RoleName',
    path: (name, property) => `role${typeof property('Path') === 'string' ? property('Path') : '/'}${name}`,
    attributes: ({ hash }) => ({ RoleId: `AROA${letters(17)(hash).toUpperCase()}` }),
  },
  'AWS::IAM::Policy': { service: 'iam', named: 'PolicyName' },
  'AWS::IAM::RolePolicy': { service: 'iam', named: 'PolicyName' },
  'AWS::IAM::ManagedPolicy': { service: 'iam', named: 'ManagedPolicyName', path: (name) => `policy/${name}`, ref: ({ arn }) => arn },
  'AWS::SQS::QueuePolicy': { service: 'sqs' },
  'AWS::Lambda::Permission': { service: 'lambda' },
  'AWS::Events::EventBusPolicy': { service: 'events' },
}

/** Without behaviour on one machine: people's permissions, alarms and whom they tell, logs' settings, backup, firewall. */
const passiveTypes = [
  /^AWS::(IAM|CloudWatch|Backup|WAFv2|Budgets|ResourceGroups)::/,
  /^AWS::CDK::Metadata$/,
  /^AWS::Logs::(LogGroup|ResourcePolicy|MetricFilter|QueryDefinition)$/,
  /^AWS::SNS::Topic(Policy)?$/,
  /^AWS::SSM::Parameter$/,
  /^AWS::KMS::Alias$/,
  /^AWS::Cognito::(UserPoolGroup|UserPoolDomain)$/,
]
const passiveNames = ['TopicName', 'LogGroupName', 'AlarmName', 'AliasName', 'Name', 'GroupName']

/** Whether the local cloud knows what to do, or that there is nothing to do, for a resource of this type. */
export const isKnown = (type: string): boolean => type in active || passiveTypes.some((pattern) => pattern.test(type))

/** How a passive type is named: topics as what refers to them expects. */
function passiveKind(type: string, property: Property): Kind {
  const service = type.split('::')[1]?.toLowerCase() ?? ''
  const given = passiveNames.find((name) => typeof property(name) === 'string')
  return {
    service,
    ...(given === undefined ? {} : { named: given }),
    path: (name) => (type === 'AWS::Logs::LogGroup' ? `log-group:${name}:*` : name),
    ...(type === 'AWS::SNS::Topic' ? { ref: ({ arn }) => arn } : {}),
  }
}

/**
 * Names and ARNs of a resource, the same at each start.
 * @param fallback the physical name where the template gives none
 * @param hash hexadecimal; ids are cut from it
 */
export function identityOf(type: string, fallback: string, hash: string, property: Property, place: Place): Identity {
  const known = active[type]
  const kind = known ?? passiveKind(type, property)
  const given = kind.named === undefined ? undefined : property(kind.named)
  // Names of buckets have no capitals.
  const made =
    type === 'AWS::S3::Bucket'
      ? fallback
          .toLowerCase()
          .replace(/^[^a-z0-9]+/, '')
          .slice(-63)
      : fallback
  const name = kind.id !== undefined ? kind.id(hash, place) : typeof given === 'string' && given !== '' ? given : made
  // Those of S3 name neither region nor account.
  const [region, account] = { iam: ['', place.account], s3: ['', ''] }[kind.service] ?? [place.region, place.account]
  const arn = `arn:aws:${kind.service}:${region}:${account}:${kind.path?.(name, property) ?? name}`
  const named = { name, arn, hash, property, place }
  return {
    name,
    arn,
    ref: kind.ref?.(named) ?? name,
    attributes: { Arn: arn, ...kind.attributes?.(named) },
    passive: known === undefined,
  }
}
