import { dynamodbContract } from './dynamodb.ts'
import { eventBridgeContract } from './event-bridge.ts'
import { eventSourceContract } from './event-sources.ts'
import { httpApiContract } from './http-api.ts'
import { kmsContract } from './kms.ts'
import { sqsContract } from './sqs.ts'
import { openTarget, type Target } from './target.ts'

let opened: Target | undefined
const target = (): Target => {
  if (opened === undefined) throw new Error('not open')
  return opened
}
beforeAll(async () => {
  opened = await openTarget()
})
afterAll(async () => {
  await opened?.close()
})

describe('SQS', () => sqsContract(target))
describe('EventBridge', () => eventBridgeContract(target))
describe('KMS', () => kmsContract(target))
describe('DynamoDB', () => dynamodbContract(target))
describe('event sources', () => eventSourceContract(target))
describe('HTTP API and Lambda', () => httpApiContract(target))
