/*
 * The floor: a bare handler on the SDK that does the least a registration can do. It parses, checks the fields by hand and writes one
 * transaction of two conditional puts. No logger, no metrics, no encryption, no authorization, no idempotency, no error answer but one.
 * Every timed bench prints its ratio to this, taken in the same run.
 */
import { randomUUID } from 'node:crypto'
import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'

interface Request {
  readonly body?: string
}

const client = new DynamoDBClient({})
const TableName = process.env.TABLE_NAME ?? ''

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= 160
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.length <= 6 && value.every(isText)
const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

function isRegistration(body: unknown): boolean {
  if (!isFields(body) || !isFields(body.person) || !isFields(body.processing)) return false
  const { office, channel, presentIn, person, processing } = body
  const { name, sex, birthDate, ageBasis, nationalities, origin, languages, contacts } = person
  return (
    [office, channel, presentIn, sex, birthDate, ageBasis, origin].every(isText) &&
    isFields(name) &&
    [name.given, name.family].some(isText) &&
    [nationalities, languages].every(areTexts) &&
    Array.isArray(contacts) &&
    contacts.every((contact) => isFields(contact) && isText(contact.phone) && isText(contact.owner) && typeof contact.safe === 'boolean') &&
    [processing.basis, processing.language, processing.noticeVersion, processing.taken].every(isText) &&
    isFields(processing.signatory) &&
    isText(processing.signatory.kind)
  )
}

export const handler = async ({ body }: Request) => {
  const registration: unknown = JSON.parse(body ?? '')
  if (!isRegistration(registration)) return { statusCode: 400, body: '{"code":"invalid-request"}' }
  const caseId = `case-${randomUUID()}`
  const ConditionExpression = 'attribute_not_exists(pk)'
  await client.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        {
          Put: {
            TableName,
            Item: { pk: { S: `case#${caseId}` }, sk: { S: 'state' }, c: { S: JSON.stringify(registration) } },
            ConditionExpression,
          },
        },
        { Put: { TableName, Item: { pk: { S: `case#${caseId}` }, sk: { S: 'event#1' }, out: { S: '0' } }, ConditionExpression } },
      ],
    }),
  )
  return { statusCode: 201, headers: { location: `/v1/cases/${caseId}` }, body: JSON.stringify({ caseId }) }
}
