import { roles } from '@wontanara/core'
import { type CloudEvent, type DataClass, DayBegan, type EventDefinition, HourBegan, offices, schemaReference } from '@wontanara/events'
import { CfnOutput, Duration, Stack, type StackProps, TimeZone } from 'aws-cdk-lib'
import { CorsHttpMethod, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import {
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StandardThreatProtectionMode,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  ContextAttribute,
  type CronOptionsWithTimezone,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler'
import { EventBridgePutEvents } from 'aws-cdk-lib/aws-scheduler-targets'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { deadLetterQueue } from './alarm.ts'
import { addRoutes, lambdaFunction, removalOf } from './function.ts'
import type { StageSettings } from './stages.ts'

/** What there are keys for: each data class above C1, and the blind indexes. */
export type KeyName = DataClass | 'find'

/** What the services of one environment share: bus, API, identities, class keys, alarm topic. It holds no case data. */
export interface Platform {
  readonly settings: StageSettings
  readonly bus: EventBus
  readonly api: HttpApi
  readonly alarms: SnsAction
  /** The KMS key that wraps the keys of one data class, or of the blind indexes. */
  keyOf(name: KeyName): Key
}

/** Who may sign in, and where. */
interface Identities {
  readonly userPool: UserPool
  /** Where partners exchange their client credentials for access tokens. */
  readonly tokenUrl: string
  /** `staff`, and one machine client for each partner organisation. */
  readonly clients: Readonly<Record<string, UserPoolClient>>
}

export class PlatformStack extends Stack implements Platform {
  readonly settings: StageSettings
  readonly bus: EventBus
  readonly api: HttpApi
  readonly alarms: SnsAction
  private readonly keys = new Map<KeyName, Key>()

  constructor(scope: Construct, id: string, settings: StageSettings, props: StackProps) {
    super(scope, id, props)
    this.settings = settings
    this.bus = new EventBus(this, 'Bus', { description: `Wontanara ${settings.name}: published events` })
    this.bus.archive('Archive', {
      description: 'Every published event, for replay',
      eventPattern: { account: [this.account] },
      retention: Duration.days(settings.keepData ? 365 : 7),
    })
    const topic = new Topic(this, 'Alarms', { displayName: `Wontanara ${settings.name} alarms`, enforceSSL: true })
    this.alarms = new SnsAction(topic)
    // Some minutes late: whose clock is behind ours has the new day too by then.
    this.announce('Day', DayBegan, {
      text: 'A day was not announced: people may travel on a medical decision that has lapsed.',
      at: { minute: '5', hour: '0' },
      // The next makes up for it.
      maxEventAge: Duration.hours(20),
    })
    this.announce('Hour', HourBegan, {
      text: 'An hour was not announced: referrals that no partner answers are not sent on.',
      at: { minute: '0' },
      maxEventAge: Duration.hours(1),
    })
    const identities = this.identities()
    this.api = this.httpApi(identities)
    const { userPool, tokenUrl, clients } = identities
    this.serveDocuments()
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint })
    new CfnOutput(this, 'UserPoolId', { value: userPool.userPoolId })
    new CfnOutput(this, 'TokenUrl', { description: 'Where partners get access tokens with their client credentials', value: tokenUrl })
    for (const [name, { userPoolClientId }] of Object.entries(clients))
      new CfnOutput(this, `ClientIdOf-${name}`, { value: userPoolClientId })
    new CfnOutput(this, 'AlarmTopic', { value: topic.topicArn })
  }

  keyOf(name: KeyName): Key {
    const known = this.keys.get(name)
    if (known) return known
    const key = new Key(this, `Key${name}`, {
      description: `Wontanara ${this.settings.name}: wraps the keys of ${name === 'find' ? 'blind indexes' : `data class ${name}`}`,
      enableKeyRotation: true,
      removalPolicy: removalOf(this.settings),
    })
    this.keys.set(name, key)
    return key
  }

  /**
   * Each day and each hour is announced on the bus, by the scheduler alone. An attempt that is repeated has another execution id, but the same
   * scheduled time: so the id of the event is made of that. What depends on it looks at all that is due, so one that is lost is made up for
   * by the next.
   * @param unit what begins
   * @param text what people suffer when it is not announced
   */
  private announce(
    unit: 'Day' | 'Hour',
    { type, source }: Pick<EventDefinition, 'type' | 'source'>,
    { text, at, maxEventAge }: { readonly text: string; readonly at: CronOptionsWithTimezone; readonly maxEventAge: Duration },
  ): void {
    const name = unit.toLowerCase()
    const deadLetters = deadLetterQueue(this, `${unit}sDeadLetters`, { text, runbook: `${name}-not-announced`, action: this.alarms })
    const scheduledTime = ContextAttribute.scheduledTime
    const event: CloudEvent = {
      specversion: '1.0',
      id: `${scheduledTime}.1.0`,
      source,
      type,
      subject: scheduledTime,
      time: scheduledTime,
      datacontenttype: 'application/json',
      dataschema: schemaReference(type),
      sequence: '1',
      data: {},
    }
    new Schedule(this, `${unit}s`, {
      description: `Wontanara ${this.settings.name}: ${unit === 'Day' ? 'a day' : 'an hour'} began`,
      schedule: ScheduleExpression.cron({ ...at, timeZone: TimeZone.of('Africa/Conakry') }),
      target: new EventBridgePutEvents(
        {
          // The CDK's own `EventBus` is no `IEventBus` where an optional property may be left out, but not be undefined.
          eventBus: EventBus.fromEventBusArn(this, `BusOf${unit}s`, this.bus.eventBusArn),
          source,
          detailType: type,
          detail: ScheduleTargetInput.fromObject(event),
        },
        { deadLetterQueue: deadLetters, maxEventAge },
      ),
    })
  }

  /** Staff are users in groups (role and office); each partner organisation is a machine client whose one scope names it. */
  private identities(): Identities {
    const userPool = new UserPool(this, 'Users', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: { minLength: 12, requireDigits: true, requireLowercase: true, requireSymbols: true, requireUppercase: true },
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: this.settings.keepData,
      removalPolicy: removalOf(this.settings),
    })
    for (const role of roles) userPool.addGroup(`Role-${role}`, { groupName: role })
    for (const code of offices.codes) {
      userPool.addGroup(`Office-${code}`, { groupName: `office-${code}`, description: offices.label(code, 'en') })
    }
    const domain = userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: `wontanara-${this.settings.name}-${this.account}` } })
    const staff = userPool.addClient('Staff', {
      authFlows: { userSrp: true },
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(8),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      disableOAuth: true,
    })
    const scopes = this.settings.partners.map(
      (partner) => new ResourceServerScope({ scopeName: partner, scopeDescription: `Acts for ${partner}` }),
    )
    const tokenUrl = `${domain.baseUrl()}/oauth2/token`
    if (scopes.length === 0) return { userPool, tokenUrl, clients: { staff } }
    const organisations = userPool.addResourceServer('Organisations', { identifier: 'organisation', scopes })
    const partners = scopes.map((scope) => {
      const client = userPool.addClient(`Partner-${scope.scopeName}`, {
        generateSecret: true,
        accessTokenValidity: Duration.minutes(15),
        oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(organisations, scope)] },
      })
      return [scope.scopeName, client] as const
    })
    return { userPool, tokenUrl, clients: { staff, ...Object.fromEntries(partners) } }
  }

  private httpApi({ userPool, clients }: Identities): HttpApi {
    const { name, origins } = this.settings
    const issuer = `https://cognito-idp.${this.region}.${this.urlSuffix}/${userPool.userPoolId}`
    return new HttpApi(this, 'Api', {
      description: `Wontanara ${name}`,
      createDefaultStage: false,
      defaultAuthorizer: new HttpJwtAuthorizer('Tokens', issuer, {
        jwtAudience: Object.values(clients).map(({ userPoolClientId }) => userPoolClientId),
      }),
      ...(origins.length === 0
        ? {}
        : {
            corsPreflight: {
              allowOrigins: [...origins],
              allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT],
              allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'accept-language'],
              exposeHeaders: ['etag', 'location', 'retry-after'],
            },
          }),
    })
  }

  /** The API's own documents: OpenAPI, AsyncAPI, event schemas, code lists. */
  private serveDocuments(): void {
    const documents = lambdaFunction(this, 'Documents', {
      owner: 'aws',
      entry: 'documents',
      service: 'documents',
      seconds: 10,
      stage: this.settings,
      environment: {},
    })
    addRoutes(this, this.api, documents, {
      OpenApi: { route: 'GET /v1/openapi.json' },
      AsyncApi: { route: 'GET /v1/asyncapi.json' },
      CodeLists: { route: 'GET /v1/code-lists' },
      Schema: { route: 'GET /v1/schemas/{name}' },
    })
  }
}
