import { randomUUID } from 'node:crypto'
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry, TestEventPatternCommand } from '@aws-sdk/client-eventbridge'
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { invalidPatterns, patternCases } from '@wontanara/local-cloud/event-pattern-cases'
import { contract, refusal } from './contract.ts'
import { eventually, type Target } from './target.ts'

interface Envelope {
  readonly id: string
  readonly 'detail-type': string
  readonly detail: { readonly run: string; readonly n: number }
}

/*
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/ (API)
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/ (guide)
 */
export function eventBridgeContract(target: () => Target): void {
  const client = () => target().client(EventBridgeClient)
  const entry = (more: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
    EventBusName: target().BusName,
    Source: 'contract',
    DetailType: 'none',
    Detail: '{}',
    ...more,
  })
  const put = (...Entries: PutEventsRequestEntry[]) => client().send(new PutEventsCommand({ Entries }))
  /** The events in the queue that a test waits for: as many as it says. */
  async function arrived(count: number): Promise<readonly Envelope[]> {
    const events = new Map<string, Envelope>()
    const sqs = target().client(SQSClient)
    const QueueUrl = target().EventsUrl
    return eventually(async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }))
      for (const { Body = '', MessageId = '', ReceiptHandle } of Messages) {
        events.set(MessageId, JSON.parse(Body) as Envelope)
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
      return events.size >= count ? [...events.values()] : undefined
    })
  }
  const tested = async (pattern: unknown, detail: unknown): Promise<boolean | undefined> => {
    const event = {
      version: '0',
      id: randomUUID(),
      account: '123456789012',
      region: 'eu-west-1',
      time: '2026-11-24T00:00:00Z',
      source: 'contract',
      'detail-type': 'x',
      resources: [],
      detail,
    }
    const command = new TestEventPatternCommand({ EventPattern: JSON.stringify({ detail: pattern }), Event: JSON.stringify(event) })
    return (await client().send(command)).Result
  }

  // guide, eb-create-pattern-operators, eb-event-patterns-arrays, eb-event-patterns-null-values; API TestEventPattern
  for (const { name, pattern, matches, others } of patternCases) {
    contract(`a pattern tells: ${name}`, async () => {
      for (const detail of matches) expect([detail, await tested(pattern, detail)]).toEqual([detail, true])
      for (const detail of others) expect([detail, await tested(pattern, detail)]).toEqual([detail, false])
    })
  }

  // API TestEventPattern, InvalidEventPatternException
  contract('what is no pattern is refused', async () => {
    for (const pattern of invalidPatterns) {
      const { name } = await refusal(tested(pattern, {}))
      expect([pattern, name]).toEqual([pattern, 'InvalidEventPatternException'])
    }
  })

  // guide, eb-rules: what matches the pattern of a rule reaches its target, and nothing else does
  contract('from a rule to its queue, for each operator', async () => {
    const run = randomUUID()
    let n = 0
    const entries = patternCases.flatMap(({ name, matches, others }) =>
      [...matches.map((detail) => [detail, true] as const), ...others.map((detail) => [detail, false] as const)].map(
        ([detail, wanted]) => ({
          wanted,
          n: n++,
          entry: entry({ DetailType: name, Detail: JSON.stringify({ run, n: n - 1, ...detail }) }),
        }),
      ),
    )
    for (let i = 0; i < entries.length; i += 10) {
      const { FailedEntryCount } = await put(...entries.slice(i, i + 10).map((each) => each.entry))
      expect(FailedEntryCount).toBe(0)
    }
    const wanted = entries.filter((each) => each.wanted).map((each) => each.n)
    const events = await arrived(wanted.length)
    expect(events.map(({ detail }) => detail.n).sort((a, b) => a - b)).toEqual(wanted)
  })

  // guide, eb-events-structure; API PutEventsRequestEntry
  contract('an event has the fields that are documented, and the time it was given, or else its own', async () => {
    const Detail = JSON.stringify({ s: 'a', é: [1, { b: null }] })
    const Resources = ['arn:aws:example:::thing/1']
    const before = Math.floor(Date.now() / 1000) * 1000
    const { Entries = [] } = await put(
      entry({ DetailType: 'exact', Detail, Resources, Time: new Date('2026-02-03T04:05:06.789Z') }),
      entry({ DetailType: 'exact', Detail }),
    )
    const events = await arrived(2)
    const [timed, untimed] = Entries.map(({ EventId }) => events.find(({ id }) => id === EventId) as unknown as Record<string, unknown>)
    expect(timed).toEqual({
      version: '0',
      id: Entries[0]?.EventId,
      'detail-type': 'exact',
      source: 'contract',
      account: expect.stringMatching(/^\d{12}$/),
      time: '2026-02-03T04:05:06Z',
      region: expect.stringMatching(/^[a-z]+-[a-z]+-\d$/),
      resources: Resources,
      detail: JSON.parse(Detail),
    })
    expect(untimed).toMatchObject({ resources: [], time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) })
    expect(Date.parse(String(untimed?.time))).toBeGreaterThanOrEqual(before - 60_000)
  })

  // API PutEvents: "The response includes ... entries ... in the same order"; PutEventsResultEntry, ErrorCode
  contract('each entry is answered in its place, and what fails does not stop the others', async () => {
    const run = randomUUID()
    const good = entry({ DetailType: 'exact', Detail: JSON.stringify({ s: 'a', run }) })
    const { FailedEntryCount, Entries } = await put(
      good,
      entry({ Detail: '{"a":' }),
      entry({ Detail: '["a"]' }),
      entry({ Detail: '"a"' }),
      entry({ Source: undefined }),
      entry({ DetailType: undefined }),
      entry({ Detail: undefined }),
      entry({ Source: 'aws.contract' }),
      good,
    )
    const failed = (ErrorCode: string) => ({ ErrorCode, ErrorMessage: expect.any(String) })
    expect(Entries).toEqual([
      { EventId: expect.any(String) },
      failed('MalformedDetail'),
      failed('MalformedDetail'),
      failed('MalformedDetail'),
      failed('InvalidArgument'),
      failed('InvalidArgument'),
      failed('InvalidArgument'),
      failed('NotAuthorizedForSourceException'),
      { EventId: expect.any(String) },
    ])
    expect(FailedEntryCount).toBe(7)
    expect((await arrived(2)).map(({ id }) => id).sort()).toEqual([Entries?.[0]?.EventId, Entries?.[8]?.EventId].sort())
  })

  // Not documented; so AWS answered https://github.com/localstack/localstack, tests/aws/services/events, test_put_events_nonexistent_event_bus
  contract('an event for a bus that does not exist is accepted, and reaches nobody', async () => {
    const { FailedEntryCount, Entries } = await put(
      entry({ EventBusName: `none-${randomUUID()}`, DetailType: 'exact', Detail: '{"s":"a"}' }),
    )
    expect([FailedEntryCount, Entries]).toEqual([0, [{ EventId: expect.any(String) }]])
  })

  // API PutEvents, Entries: 1 to 10
  contract('from one to ten entries', async () => {
    expect(await refusal(put())).toMatchObject({ name: 'ValidationException' })
    expect(await refusal(put(...Array.from({ length: 11 }, () => entry())))).toMatchObject({ name: 'ValidationException' })
    expect((await put(...Array.from({ length: 10 }, () => entry()))).Entries).toHaveLength(10)
  })

  // guide, eb-putevents, "Calculating event entry size"; 1 MB for a request since 2026-01-29, 256 KB before
  contract('a megabyte of entries, and not a byte more', async () => {
    const fixed = 'contract'.length + 'none'.length
    const sized = (bytes: number, more: Partial<PutEventsRequestEntry> = {}) =>
      entry({ Detail: JSON.stringify({ x: 'x'.repeat(bytes - fixed - '{"x":""}'.length) }), ...more })
    expect((await put(sized(524_288), sized(524_288))).FailedEntryCount).toBe(0)
    const tooBig = { name: 'ValidationException', message: 'Total size of the entries in the request is over the limit.' }
    expect(await refusal(put(sized(1_048_577)))).toMatchObject(tooBig)
    expect(await refusal(put(sized(524_288), sized(524_289)))).toMatchObject(tooBig)
    expect(await refusal(put(sized(1_048_576, { Resources: ['x'] })))).toMatchObject(tooBig)
    expect(await refusal(put(sized(1_048_576, { Time: new Date() })))).toMatchObject(tooBig)
  })
}
