import { awaitManifest, manifestFile, manifestRows, type Programme, peopleOfCharter, sendManifest } from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const consumer = 'case-intake/Service/manifests'
const size = 12

let stage: Awaited<ReturnType<typeof openLocalStage>>
beforeAll(async () => {
  stage = await openLocalStage()
})
afterAll(() => stage.close())

/** Every case of the office, page by page. */
async function casesOf(programme: Programme): Promise<readonly string[]> {
  const Page = z.object({ items: z.array(z.object({ caseId: z.string() })), next: z.string().optional() })
  const ids: string[] = []
  for (let cursor: string | undefined; ; ) {
    const { body } = await programme
      .staff('intake-officer')
      .get(`/v1/cases?office=${programme.office}&limit=100${cursor === undefined ? '' : `&cursor=${cursor}`}`)
    const { items, next } = Page.parse(body)
    ids.push(...items.map(({ caseId }) => caseId))
    if (next === undefined) return ids
    cursor = next
  }
}

/** Waits until the manifest is done; messages that are hidden after a failure are shown again by letting time pass. */
async function done(programme: Programme, manifestId: string) {
  for (let attempt = 1; ; attempt++) {
    const settled = await stage.cloud.settled({ timeout: 5000 }).then(
      () => true,
      () => false,
    )
    if (settled) return awaitManifest(programme, manifestId)
    if (attempt === 6) throw new Error('the manifest does not come to its end')
    await stage.cloud.advance('4m')
  }
}

test.each([
  ['is killed before its sixth registration', { at: 'DynamoDB.TransactWriteItems', how: 'kill-before', skip: 5 }],
  ['is killed after its sixth registration', { at: 'DynamoDB.TransactWriteItems', how: 'kill-after', skip: 5 }],
  ['is killed when all rows are done', { at: 'Lambda.Invoke', how: 'kill-after' }],
  ['loses the answer to each third registration', { at: 'DynamoDB.TransactWriteItems', how: 'lose-answer', probability: 0.3 }],
  [
    'waits while the answer to whoever sent it is lost',
    { function: 'case-intake/Service/lists', at: 'DynamoDB.TransactWriteItems', how: 'lose-answer' },
  ],
  ['is throttled', { at: 'DynamoDB.TransactWriteItems', how: 'throttle', probability: 0.3 }],
] as const)('the consumer of a manifest %s: each row is there, once', async (name, fault) => {
  const { cloud } = stage
  const programme = await stage.programme()
  const before = await casesOf(programme)
  const charter = `F${name.length} ${fault.how}`
  const people = peopleOfCharter(charter, size)
  cloud.faults.seed(7)
  const injected = cloud.faults.inject({ function: consumer, ...fault })
  const { manifestId } = await sendManifest(programme, charter, Buffer.from(manifestFile(people)))
  const manifest = await done(programme, manifestId)
  expect(injected.hits).toBeGreaterThan(0)
  cloud.faults.clear()
  expect(manifest).toMatchObject({ status: 'done', processed: size, counts: { created: size } })
  const rows = await manifestRows(programme, manifest)
  expect(rows.map(({ row, outcome }) => [row, outcome])).toEqual(people.map((_, i) => [i + 2, 'created']))
  expect(new Set(await casesOf(programme))).toEqual(new Set([...before, ...rows.map(({ caseId }) => caseId)]))
  expect(await cloud.deadLetters()).toEqual([])
})
