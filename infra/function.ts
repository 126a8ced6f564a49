import type { RouteDefinition } from '@wontanara/core'
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { type HttpApi, HttpMethod, HttpNoneAuthorizer, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { folderOf } from './bundle.ts'
import type { StageSettings } from './stages.ts'

export interface FunctionSettings {
  /** Folder under services/ (or `aws`) and name of the `*.lambda.ts` entry. */
  readonly owner: string
  readonly entry: string
  readonly service: string
  readonly seconds: number
  readonly stage: StageSettings
  readonly environment: Readonly<Record<string, string>>
}

export const removalOf = ({ keepData }: StageSettings): RemovalPolicy => (keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY)

/** A function with a role and a log group of its own: the role may write to that group, and nothing else until it is granted. */
export function lambdaFunction(
  scope: Construct,
  id: string,
  { owner, entry, service, seconds, stage, environment }: FunctionSettings,
): LambdaFunction {
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  const logGroup = new LogGroup(scope, `${id}Logs`, { retention: stage.logRetentionDays, removalPolicy: removalOf(stage) })
  logGroup.grantWrite(role)
  return new LambdaFunction(scope, id, {
    code: Code.fromAsset(folderOf(owner, entry)),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 512,
    timeout: Duration.seconds(seconds),
    role,
    logGroup,
    environment: {
      STAGE: stage.name,
      SERVICE: service,
      POWERTOOLS_SERVICE_NAME: service,
      POWERTOOLS_METRICS_NAMESPACE: 'Wontanara',
      ...environment,
    },
  })
}

/** What the gateway must know of a route. */
export type GatewayRoute = Pick<RouteDefinition, 'route' | 'public'>

/** Routes of the API that a function answers. Each needs a token, unless it is declared to be public. */
export function addRoutes(
  scope: Construct,
  httpApi: HttpApi,
  handler: LambdaFunction,
  routes: Readonly<Record<string, GatewayRoute>>,
): void {
  // One permission for the whole API: one per route would outgrow the function's policy (20 kB).
  const integration = new HttpLambdaIntegration(`${handler.node.id}Integration`, handler, { scopePermissionToRoute: false })
  for (const [name, { route, public: open }] of Object.entries(routes)) {
    const method = Object.values(HttpMethod).find((candidate) => route.startsWith(`${candidate} `))
    if (method === undefined) throw new Error(`no such method: ${route}`)
    const added = new HttpRoute(scope, `Route-${name}`, {
      httpApi,
      routeKey: HttpRouteKey.with(route.slice(method.length + 1), method),
      integration,
      ...(open === undefined ? {} : { authorizer: new HttpNoneAuthorizer() }),
    })
    if (open !== undefined)
      Validations.of(added).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'It is for people who have no login; it is throttled and tells nothing.',
      })
  }
}
