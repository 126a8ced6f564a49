/*
 * A typical peer: the same registration as most TypeScript teams write it on Lambda, with the libraries' documented defaults.
 * middy, zod by its named export, Powertools logger, metrics and tracer as middlewares, lib-dynamodb. No encryption, no audit trail,
 * no access rules, no idempotency.
 */
import { randomUUID } from 'node:crypto'
import { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
// biome-ignore lint/style/noRestrictedImports: what a typical function pays is what is measured
import { z } from 'zod'

const logger = new Logger()
const metrics = new Metrics()
const tracer = new Tracer()
const client = DynamoDBDocumentClient.from(tracer.captureAWSv3Client(new DynamoDBClient({})))
const TableName = process.env.TABLE_NAME ?? ''

const Registration = z.strictObject({
  office: z.string(),
  channel: z.enum(['intake-point', 'host-mission', 'self-application', 'manifest']),
  presentIn: z.string().length(2),
  person: z.strictObject({
    name: z.strictObject({ given: z.string().max(80).optional(), family: z.string().max(80).optional() }),
    aliases: z.array(z.string().max(80)).max(5).optional(),
    sex: z.enum(['female', 'male', 'other', 'not-stated']),
    birthDate: z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/),
    ageBasis: z.string().max(40),
    nationalities: z.array(z.string().length(2)).max(3),
    origin: z.string().max(10).optional(),
    languages: z.array(z.string().length(3)).min(1).max(6),
    contacts: z.array(z.strictObject({ phone: z.e164(), owner: z.string(), safe: z.boolean() })).max(5),
    documents: z
      .array(z.strictObject({ type: z.string(), number: z.string().max(40), issuedBy: z.string().length(2) }))
      .max(5)
      .optional(),
  }),
  household: z.strictObject({ role: z.string() }).optional(),
  duplicates: z.strictObject({ outcome: z.string() }).optional(),
  processing: z.strictObject({
    basis: z.string(),
    language: z.string().length(3),
    noticeVersion: z.string().max(20),
    taken: z.string(),
    signatory: z.strictObject({ kind: z.string() }),
  }),
})

export const handler = middy<APIGatewayProxyEventV2>()
  .use(captureLambdaHandler(tracer))
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics, { captureColdStartMetric: true }))
  .handler(async ({ body }) => {
    const parsed = Registration.safeParse(JSON.parse(body ?? ''))
    if (!parsed.success) return { statusCode: 400, body: JSON.stringify({ errors: parsed.error.issues }) }
    const caseId = `case-${randomUUID()}`
    const ConditionExpression = 'attribute_not_exists(pk)'
    await client.send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName, Item: { pk: `case#${caseId}`, sk: 'state', status: 'registered', ...parsed.data }, ConditionExpression } },
          { Put: { TableName, Item: { pk: `case#${caseId}`, sk: 'event#1', type: 'case-registered' }, ConditionExpression } },
        ],
      }),
    )
    logger.info('registered', { caseId })
    metrics.addMetric('registered', MetricUnit.Count, 1)
    return { statusCode: 201, headers: { location: `/v1/cases/${caseId}` }, body: JSON.stringify({ caseId }) }
  })
