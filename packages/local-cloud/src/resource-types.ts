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

interface Names {
  /** The physical name when the template gives none. */
  readonly fallback: string
  /** Hexadecimal; ids are cut from it. */
  readonly hash: string
}
type Property = (name: string) => unknown

/** Without behaviour on one machine: permissions, alarms, logs' settings, backup, firewall. */
const passiveTypes = [
  /^AWS::(IAM|Logs|CloudWatch|Backup|WAFv2|SNS|SSM|XRay|Budgets|ResourceGroups|ApplicationInsights|Config|Chatbot)::/,
  /^AWS::CDK::Metadata$/,
  /^AWS::SQS::QueuePolicy$/,
  /^AWS::Lambda::(Permission|EventInvokeConfig|Version|Alias|CodeSigningConfig)$/,
  /^AWS::Events::EventBusPolicy$/,
  /^AWS::KMS::Alias$/,
  /^AWS::DynamoDB::ResourcePolicy$/,
  /^AWS::Cognito::(UserPoolGroup|UserPoolDomain|UserPoolRiskConfigurationAttachment|LogDeliveryConfiguration|ManagedLoginBranding)$/,
]

/** UUID-shaped text of a hash. */
const uuid = (hash: string): string => hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
/** Cognito's ids: letters and digits. */
const alnum = (hash: string, length: number): string => BigInt(`0x${hash}`).toString(36).slice(0, length)

const active: Readonly<Record<string, (names: Names, property: Property, place: Place) => Omit<Identity, 'passive'>>> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': ({ fallback }, property, { endpoint, ...place }) => {
    const name = named(property('QueueName'), fallback)
    const arn = arnOf('sqs', name, place)
    return {
      name,
      arn,
      ref: `${endpoint}/${place.account}/${name}`,
      attributes: { Arn: arn, QueueName: name, QueueUrl: `${endpoint}/${place.account}/${name}` },
    }
  },
  'AWS::Events::EventBus': ({ fallback }, property, place) => {
    const name = named(property('Name'), fallback)
    const arn = arnOf('events', `event-bus/${name}`, place)
    return { name, arn, ref: name, attributes: { Arn: arn, Name: name } }
  },
  'AWS::Events::Rule': ({ fallback }, property, place) => {
    const name = named(property('Name'), fallback)
    const bus = busName(property('EventBusName'))
    const arn = arnOf('events', `rule/${bus === 'default' ? '' : `${bus}/`}${name}`, place)
    return { name, arn, ref: bus === 'default' ? name : `${bus}|${name}`, attributes: { Arn: arn } }
  },
  'AWS::Events::Archive': simple('events', 'ArchiveName', 'archive/'),
  'AWS::KMS::Key': ({ hash }, _, place) => {
    const id = uuid(hash)
    const arn = arnOf('kms', `key/${id}`, place)
    return { name: id, arn, ref: id, attributes: { Arn: arn, KeyId: id } }
  },
  'AWS::Lambda::Function': ({ fallback }, property, place) => {
    const name = named(property('FunctionName'), fallback.slice(-64))
    const arn = arnOf('lambda', `function:${name}`, place)
    return { name, arn, ref: name, attributes: { Arn: arn } }
  },
  'AWS::Lambda::EventSourceMapping': ({ hash }, _, place) => {
    const id = uuid(hash)
    return { name: id, arn: arnOf('lambda', `event-source-mapping:${id}`, place), ref: id, attributes: { Id: id } }
  },
  'AWS::ApiGatewayV2::Api': ({ hash }, _, place) => {
    const id = alnum(hash, 10)
    // An HTTP API is reached here, whatever host name AWS would give it.
    return {
      name: id,
      arn: arnOf('apigateway', `/apis/${id}`, place),
      ref: id,
      attributes: { ApiId: id, ApiEndpoint: `https://${id}.execute-api.${place.region}.amazonaws.com` },
    }
  },
  'AWS::ApiGatewayV2::Stage': ({ fallback }, property, place) => {
    const name = named(property('StageName'), fallback)
    return { name, arn: arnOf('apigateway', `/stages/${name}`, place), ref: name, attributes: {} }
  },
  'AWS::ApiGatewayV2::Route': part('RouteId'),
  'AWS::ApiGatewayV2::Integration': part('IntegrationId'),
  'AWS::ApiGatewayV2::Authorizer': part('AuthorizerId'),
  'AWS::Cognito::UserPool': ({ hash }, _, place) => {
    const id = `${place.region}_${alnum(hash, 9)}`
    const arn = arnOf('cognito-idp', `userpool/${id}`, place)
    const provider = `cognito-idp.${place.region}.amazonaws.com/${id}`
    return { name: id, arn, ref: id, attributes: { Arn: arn, UserPoolId: id, ProviderName: provider, ProviderURL: `https://${provider}` } }
  },
  'AWS::Cognito::UserPoolClient': ({ hash }, _, place) => {
    const id = alnum(hash, 26)
    return {
      name: id,
      arn: arnOf('cognito-idp', `client/${id}`, place),
      ref: id,
      attributes: { ClientId: id, Name: id, ClientSecret: alnum(hash.split('').reverse().join(''), 45) },
    }
  },
  'AWS::Cognito::UserPoolResourceServer': ({ fallback }, property, place) => {
    const name = named(property('Identifier'), fallback)
    return { name, arn: arnOf('cognito-idp', name, place), ref: name, attributes: {} }
  },
}

/** Whether the local cloud knows what to do, or that there is nothing to do, for a resource of this type. */
export const isKnown = (type: string): boolean => type in active || passiveTypes.some((pattern) => pattern.test(type))

/** Names and ARNs of a resource, the same at each start. */
export function identityOf(type: string, names: Names, property: Property, place: Place): Identity {
  const known = active[type]
  if (known !== undefined) return { ...known(names, property, place), passive: false }
  const service = type.split('::')[1]?.toLowerCase() ?? 'unknown'
  const given = ['RoleName', 'TopicName', 'LogGroupName', 'AlarmName', 'AliasName', 'Name', 'GroupName'].map(property)
  const name = named(
    given.find((value) => typeof value === 'string'),
    names.fallback,
  )
  const arn = arnOf(
    service,
    type === 'AWS::IAM::Role' ? `role/${name}` : type === 'AWS::Logs::LogGroup' ? `log-group:${name}:*` : name,
    place,
  )
  const refIsArn = type === 'AWS::SNS::Topic' || type === 'AWS::IAM::ManagedPolicy'
  return { name, arn, ref: refIsArn ? arn : name, attributes: { Arn: arn }, passive: true }
}

function table({ fallback }: Names, property: Property, place: Place): Omit<Identity, 'passive'> {
  const name = named(property('TableName'), fallback)
  const arn = arnOf('dynamodb', `table/${name}`, place)
  return { name, arn, ref: name, attributes: { Arn: arn, StreamArn: `${arn}/stream/2026-01-01T00:00:00.000` } }
}

function simple(service: string, nameProperty: string, prefix: string) {
  return ({ fallback }: Names, property: Property, place: Place): Omit<Identity, 'passive'> => {
    const name = named(property(nameProperty), fallback)
    const arn = arnOf(service, `${prefix}${name}`, place)
    return { name, arn, ref: name, attributes: { Arn: arn } }
  }
}

function part(attribute: string) {
  return ({ hash }: Names, _: Property, place: Place): Omit<Identity, 'passive'> => {
    const id = alnum(hash, 7)
    return { name: id, arn: arnOf('apigateway', id, place), ref: id, attributes: { [attribute]: id } }
  }
}

const named = (value: unknown, fallback: string): string => (typeof value === 'string' && value !== '' ? value : fallback)

/** The name of a bus given by name or ARN. */
export const busName = (value: unknown): string => (typeof value === 'string' ? value.replace(/^arn:.*:event-bus\//, '') : 'default')

const arnOf = (service: string, rest: string, { region, account }: Omit<Place, 'endpoint'>): string =>
  ['iam'].includes(service) ? `arn:aws:iam::${account}:${rest}` : `arn:aws:${service}:${region}:${account}:${rest}`
