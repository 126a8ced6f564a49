import type { SQSClient } from '@aws-sdk/client-sqs'
import { queueSender } from './queue-sender.ts'

const sent: string[][] = []
/** A queue that does not take the first message of a batch. */
function sender(refuses = false) {
  process.env.QUEUE_URL = 'https://sqs.example/000000000000/queue'
  const send = async ({ input }: { readonly input: { readonly Entries: readonly { readonly MessageBody: string }[] } }) => {
    sent.push(input.Entries.map(({ MessageBody }) => MessageBody))
    return refuses ? { Failed: [{ Id: '0' }] } : {}
  }
  return queueSender({ send } as unknown as SQSClient)
}
beforeEach(() => sent.splice(0))

test('sends ten messages at a time, and none when there is none', async () => {
  await sender()([])
  expect(sent).toEqual([])
  await sender()(Array.from({ length: 12 }, (_, n) => ({ n })))
  expect(sent.map((batch) => batch.length)).toEqual([10, 2])
  expect(sent.flat().map((body) => JSON.parse(body))).toEqual(Array.from({ length: 12 }, (_, n) => ({ n })))
})

test('what the queue does not take is a failure, though the call succeeds', async () => {
  await expect(sender(true)([{ n: 1 }, { n: 2 }])).rejects.toThrow('1 of 2')
})
