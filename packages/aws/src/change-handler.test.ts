import type { Context, DynamoDBStreamEvent } from 'aws-lambda'
import { changeHandler, type OnChange } from './change-handler.ts'

const record = (id: string, sequence: number, pk = `case#${id}`) => ({
  eventID: `e${sequence}`,
  dynamodb: { Keys: { pk: { S: pk }, sk: { S: 'state#registration' } }, SequenceNumber: String(sequence) },
})
const eventOf = (...records: readonly ReturnType<typeof record>[]): DynamoDBStreamEvent => ({ Records: [...records] })
const contextWith = (milliseconds: number) => ({ awsRequestId: 'r', getRemainingTimeInMillis: () => milliseconds }) as unknown as Context
const run = (onChange: OnChange, event: DynamoDBStreamEvent, milliseconds = 30_000) =>
  changeHandler('case-intake', 'case', onChange)(event, contextWith(milliseconds))

test('each record that changed is told once, with a call that a repetition shares', async () => {
  const told: unknown[] = []
  const event = eventOf(record('case-1', 1), record('case-2', 2), record('case-1', 3))
  const answers = [1, 2].map(() => run(async (id, call) => void told.push([id, call('case:correct').key]), event))
  expect(await Promise.all(answers)).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }])
  expect(told.slice(0, 2)).toEqual(told.slice(2))
  expect(told.slice(0, 2)).toMatchObject([
    ['case-1', expect.any(String)],
    ['case-2', expect.any(String)],
  ])
})

test('what fails comes again from its first change on; what is before it does not', async () => {
  const fails: OnChange = async (id) => {
    if (id === 'case-2') throw new Error('as asked')
  }
  const event = eventOf(record('case-1', 1), record('case-2', 2), record('case-3', 3), record('case-2', 4))
  expect(await run(fails, event)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] })
})

test('what there is no time for comes again', async () => {
  const told: string[] = []
  const answer = await run(async (id) => void told.push(id), eventOf(record('case-1', 1), record('case-2', 2)), 1000)
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] })
  expect(told).toEqual([])
})

test('a change of something else is a fault of the filter', async () => {
  await expect(run(async () => undefined, eventOf(record('x', 1, 'find#case#abc')))).rejects.toThrow('not a change of a case')
})
