import { createHash } from 'node:crypto'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { dynamoDisclosures } from './disclosure.dynamo.ts'
import { type DisclosureLog, type Leaving, memoryDisclosures, pathsOf } from './disclosure.ts'
import * as examples from './examples.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
  await dynoxide.createTable('log', { stream: false })
})
afterAll(() => dynoxide.stop())

test('of a value only the paths are told', () => {
  expect(pathsOf({ name: { given: 'Mariama' }, phones: ['+224620000001', '+224620000002'], informed: false, nothing: null })).toEqual([
    '/name/given',
    '/phones/*',
    '/informed',
    '/nothing',
  ])
})

const logs: readonly (readonly [string, () => DisclosureLog])[] = [
  ['memory', memoryDisclosures],
  ['DynamoDB', () => dynamoDisclosures({ name: 'log', client: dynoxide.client })],
]
let cases = 0

describe.each(logs)('a disclosure log in %s', (_, make) => {
  let log: DisclosureLog
  let caseId: string
  beforeEach(() => {
    log = make()
    caseId = `case-${String(++cases).padStart(12, '0')}`
  })
  const leaving = (minute: number, changes: Partial<Leaving> = {}): Leaving => ({
    caseId,
    at: `2026-03-02T09:${String(minute).padStart(2, '0')}:00.000Z`,
    referralId: examples.referralId,
    recipient: examples.organisationId,
    what: 'data',
    channel: 'api',
    format: 'json',
    consents: [examples.consentId],
    body: JSON.stringify(examples.disclosed),
    ...changes,
  })

  test('tells what left, to whom, when, on what ground, which fields and the hash of the body, and no value of it', async () => {
    await log.record(leaving(1, { exception: { basis: 'vital-interest', confirmedAt: '2026-03-02T08:00:00.000Z' } }))
    const { items, next } = await log.read(caseId, 10)
    expect(next).toBeUndefined()
    expect(items).toEqual([
      {
        disclosureId: expect.stringMatching(/^disclosure-/),
        at: '2026-03-02T09:01:00.000Z',
        referralId: examples.referralId,
        recipient: examples.organisationId,
        what: 'data',
        channel: 'api',
        format: 'json',
        consents: [examples.consentId],
        exception: { basis: 'vital-interest', confirmedAt: '2026-03-02T08:00:00.000Z' },
        fields: expect.arrayContaining(['/snapshot/name/given', '/snapshot/contact/phones/*']),
        sha256: createHash('sha256').update(JSON.stringify(examples.disclosed)).digest('hex'),
      },
    ])
    expect(JSON.stringify(items)).not.toMatch(/Mariama|\+224620000001/)
  })

  test('names what was encrypted within the body', async () => {
    await log.record(leaving(1, { body: '{"encrypted":"e30"}', sealed: { snapshot: examples.snapshot }, encryptedTo: 'key-1' }))
    const [line] = (await log.read(caseId, 10)).items
    expect(line?.fields).toEqual(expect.arrayContaining(['/encrypted', '/snapshot/name/given']))
    expect(line?.encryptedTo).toBe('key-1')
  })

  test('gives the newest first, page by page, and nothing of another case', async () => {
    await log.record(leaving(1), leaving(3), leaving(2, { channel: 'webhook' }))
    await log.record(leaving(4, { caseId: `${caseId}x` }))
    const first = await log.read(caseId, 2)
    expect(first.items.map(({ at }) => at.slice(14, 16))).toEqual(['03', '02'])
    const second = await log.read(caseId, 2, first.next)
    expect(second.items.map(({ at }) => at.slice(14, 16))).toEqual(['01'])
    expect(second.next).toBeUndefined()
  })

  test('two things that leave in one instant are two lines', async () => {
    await log.record(leaving(1), leaving(1))
    expect((await log.read(caseId, 10)).items).toHaveLength(2)
  })
})
