import type { Api, RouteDefinition } from '@wontanara/core'
import { Stack, type StackProps } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { CfnStage, type HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { removalOf } from './function.ts'
import type { StageSettings } from './stages.ts'

/**
 * Opens the API, after all its routes are there: what is set for one route must find it ("Unable to find Route by key" otherwise), and the
 * routes lie in the stacks of the services.
 */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, settings: StageSettings, httpApi: HttpApi, apis: readonly Api[], props: StackProps) {
    super(scope, id, props)
    const { throttle, logRetentionDays } = settings
    const logs = new LogGroup(this, 'AccessLogs', { retention: logRetentionDays, removalPolicy: removalOf(settings) })
    const stage = new HttpStage(this, 'ApiStage', {
      httpApi,
      autoDeploy: true,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      detailedMetricsEnabled: true,
      // The route, not the path: no id of a record is in these logs. And no address: whoever applies without a login is not to be found by it.
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            time: '$context.requestTimeEpoch',
            route: '$context.routeKey',
            status: '$context.status',
            latency: '$context.responseLatency',
            error: '$context.error.message',
            authorizerError: '$context.authorizer.error',
            caller: '$context.authorizer.claims.sub',
          }),
        ),
      },
    })
    const { defaultChild } = stage.node
    if (!(defaultChild instanceof CfnStage)) throw new Error('the stage is not a stage')
    // What is set for a route replaces what is set for all: nothing is taken over.
    defaultChild.routeSettings = Object.fromEntries(
      apis
        .flatMap(({ routes }) => Object.values<RouteDefinition>(routes))
        .flatMap(({ route, public: open }) =>
          open === undefined
            ? []
            : [
                [
                  route,
                  { ThrottlingRateLimit: open.throttle.rate, ThrottlingBurstLimit: open.throttle.burst, DetailedMetricsEnabled: true },
                ] as const,
              ],
        ),
    )
  }
}
