import type { DataClass } from '@wontanara/events'
import { hoursLater } from '@wontanara/testing'
import { adult, after, ask, intake, now, protector, register, screen, searcher, supervisor } from './builders.ts'
import { readCsv } from './csv.ts'
import { caseExports, type ExportCommand, type ExportState, exportDesks, failureAt, keptUntil, statusAt } from './export.ts'
import { bulkClasses, type ColumnName, columnNames, lineOf } from './export-columns.ts'
import { fileNameOf, keyOf, writers } from './export-file.ts'

const exportId = 'export-7x4q9tm2r26k'
const requester = { id: 'staff-0002', roles: ['supervisor' as const], offices: ['niger'] }
const asked = { exportId, office: 'niger', format: 'csv', columns: [...columnNames], language: 'en', requester } as const

type Asked = ExportCommand extends infer C ? (C extends unknown ? Omit<C, 'at' | 'by'> : never) : never
const request: Asked = { type: 'request', asked: { ...asked, columns: [...columnNames] } }
const takeUp: Asked = { type: 'take-up', uploadId: 'upload-1' }
const plan = (turn: number): Asked => ({ type: 'plan', turn, cases: 3 })
const part = (turn: number, pauses = false): Asked => ({
  type: 'note-part',
  turn,
  part: { number: turn, etag: '"1"', checksum: 'AAAAAA==' },
  done: 3,
  rows: 2,
  pauses,
})
const finish = (turn: number): Asked => ({ type: 'finish', turn, classes: ['C1', 'C2'] })

const outcome = (state: ExportState | undefined, command: Asked, at = now) => caseExports.decide(state, { ...command, at, by: searcher })
function exported(...commands: readonly Asked[]): ExportState {
  let state: ExportState | undefined
  for (const command of commands) {
    const decided = outcome(state, command)
    if (!decided.ok) throw new Error(`${command.type}: ${decided.refusal.code}`)
    for (const event of decided.value) state = caseExports.evolve(state, event)
  }
  if (state === undefined) throw new Error('nothing happened')
  return state
}
const refusal = (state: ExportState | undefined, command: Asked, at = now) => {
  const decided = outcome(state, command, at)
  return decided.ok ? undefined : decided.refusal.code
}
const ready = exported(request, takeUp, plan(1), part(1), finish(1))

describe('an export', () => {
  test('is requested, written and ready, and says how much of what left', () => {
    expect(statusAt(exported(request), now)).toBe('requested')
    expect(statusAt(exported(request, takeUp), now)).toBe('running')
    expect(ready).toMatchObject({ progress: 'ready', rows: 2, done: 3, plan: { cases: 3 }, classes: ['C1', 'C2'], endedAt: now })
  })

  test('is announced with its id and office, and so is each further turn', () => {
    const published = (state: ExportState | undefined, command: Asked) => {
      const decided = outcome(state, command)
      return decided.ok ? decided.value.filter(({ type }) => type.includes('.')) : []
    }
    const data = { exportId, office: 'niger' }
    expect(published(undefined, request)).toEqual([{ type: 'case-intake.export-requested.v1', data }])
    expect(published(exported(request, takeUp, plan(1)), part(1, true))).toEqual([{ type: 'case-intake.export-continued.v1', data }])
    expect(published(exported(request, takeUp, plan(1)), part(1))).toEqual([])
  })

  test('is written by whoever took it up last: who comes late changes nothing', () => {
    const second = exported(request, takeUp, plan(1), { ...takeUp, uploadId: 'upload-2' })
    expect(second).toMatchObject({ turn: 2, uploadId: 'upload-1' })
    for (const late of [plan(1), part(1), finish(1)]) expect(refusal(second, late)).toBe('export-ended')
    expect(refusal(second, part(2))).toBeUndefined()
  })

  test.each([
    ['ready', ready],
    ['cancelled', exported(request, takeUp, { type: 'cancel' })],
    ['failed', exported(request, takeUp, { type: 'fail', failure: 'too-long' })],
  ])('does not go on once it is %s', (status, state) => {
    expect(statusAt(state, now)).toBe(status)
    for (const command of [takeUp, plan(1), part(1), finish(1)]) expect(refusal(state, command)).toBe('export-ended')
    expect(refusal(state, { type: 'cancel' })).toBe(status === 'failed' ? 'export-ended' : undefined)
  })

  test.each([
    [2.9, 'running', undefined],
    [3, 'failed', 'out-of-time'],
  ] as const)('after %d hours without an end is %s', (hours, status, failure) => {
    const running = exported(request, takeUp)
    const at = hoursLater(hours)
    expect([statusAt(running, at), failureAt(running, at)]).toEqual([status, failure])
    expect(refusal(running, part(1), at)).toBe(status === 'failed' ? 'export-ended' : undefined)
  })

  test('expires a day after it was ready', () => {
    expect(keptUntil(ready)).toBe(hoursLater(24))
    expect(statusAt(ready, hoursLater(23.9))).toBe('ready')
    expect(statusAt(ready, hoursLater(24))).toBe('expired')
  })

  test('is one of a person at a time, until that one has ended or its time is over', () => {
    const take = (state: Parameters<typeof exportDesks.decide>[0], other: string, at = now) =>
      exportDesks.decide(state, { type: 'take', exportId: other, at, by: supervisor })
    const taken = exportDesks.evolve(undefined, { type: 'desk-taken', data: { exportId, at: now } })
    expect(take(taken, 'export-2')).toMatchObject({ ok: false, refusal: { code: 'export-running' } })
    expect(take(taken, 'export-2', hoursLater(3))).toMatchObject({ ok: true })
    expect(take(exportDesks.evolve(taken, { type: 'desk-left', data: { exportId } }), 'export-2')).toMatchObject({ ok: true })
    const notOurs = exportDesks.decide(taken, { type: 'leave', exportId: 'export-2', at: now, by: supervisor })
    expect(notOurs).toEqual({ ok: true, value: [] })
  })
})

describe('a line', () => {
  const all = new Set<DataClass>(['C0', 'C1', 'C2', 'C3-medical', 'C3-protection', 'C3-trafficking', 'C4'])
  const person = {
    ...adult.person,
    contacts: [
      { phone: '+22790000000', owner: 'self' as const, safe: true },
      { phone: '+22790000001', owner: 'relative' as const, safe: false },
    ],
  }
  const screened = after(ask(register({ ...adult, person }), intake), ask(screen({ trafficking: 'yes' }), protector)).state

  test('holds nothing special-category, whatever its reader may see of a single case', () => {
    expect([...bulkClasses(all)]).toEqual(['C0', 'C1', 'C2'])
    const text = JSON.stringify([...lineOf(screened, columnNames, all)])
    for (const told of ['trafficking', 'debt', 'stranded', 'accompaniment']) expect(text).not.toContain(told)
  })

  test('holds no name for whoever may not see names, and no telephone that is not safe to call', () => {
    expect([...lineOf(screened, columnNames, new Set(['C1'])).keys()]).toEqual([
      'reference',
      'caseId',
      'office',
      'status',
      'since',
      'stage',
      'registeredAt',
      'channel',
      'presentIn',
    ])
    expect(lineOf(screened, columnNames, all).get('safePhones')).toEqual(['+22790000000'])
  })

  test('has the columns that were asked for, in their order', () => {
    expect([...lineOf(screened, ['birthDate', 'givenName', 'address'], all)]).toEqual([
      ['birthDate', '1998-04'],
      ['givenName', 'Fodéba'],
    ])
  })
})

describe('a file', () => {
  const mark = { exportId, requestedBy: requester.id, requestedAt: now, office: 'niger' }

  test.each([
    ['en', ',', 'Reference', 'Given names'],
    ['fr', ';', 'Référence', 'Prénoms'],
  ] as const)('in CSV (%s) has the mark, the headers and a line for each case', (language, separator, reference, given) => {
    const { top, line } = writers.csv
    const names = ['reference', 'givenName', 'languages'] as const
    const text =
      top(mark, names, language) +
      line(
        new Map<ColumnName, string | readonly string[]>([
          ['givenName', '=HYPERLINK("http://evil";"x")'],
          ['languages', ['emk', 'fra']],
        ]),
        names,
        language,
      )
    expect(text.startsWith('\uFEFF# ')).toBe(true)
    const [first = [], headers = [], cells = []] = readCsv(text.slice(1), separator)
    for (const told of [exportId, requester.id, now, 'niger']) expect(first[0]).toContain(told)
    expect(headers.slice(0, 2)).toEqual([reference, given])
    expect(cells).toEqual(['', `'=HYPERLINK("http://evil";"x")`, 'emk / fra'])
  })

  test('in JSON lines has the mark first', () => {
    const { top, line } = writers['json-lines']
    const [first, second] = (top(mark, ['givenName'], 'en') + line(new Map([['givenName', 'Fodéba\n']]), ['givenName'], 'en'))
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown)
    expect(first).toMatchObject({ export: { ...mark, columns: ['givenName'] } })
    expect(second).toEqual({ givenName: 'Fodéba\n' })
  })

  test('is named by office, day and id', () => {
    expect(keyOf(exportId, 'csv')).toBe(`exports/${exportId}.csv`)
    expect(fileNameOf(mark, 'json-lines')).toBe(`wontanara-niger-2026-03-02-${exportId}.jsonl`)
  })
})
