import * as z from 'zod'
import type { Principal } from './access.ts'
import { fold } from './aggregate.ts'
import { type Call, issued } from './call.ts'
import { verifyHistory } from './chain.ts'
import { type Dossier, type DossierEvent, DossierOpened, dossierCall, dossiers } from './contract-record.ts'
import { create, createOrExecute, execute } from './execute.ts'
import type { ListPage, Store, Stored, Trail } from './store.ts'

export * from './contract-record.ts'

/* What every store must do. Each implementation runs this suite in a test file of its own. */

const opened = (office = 'conakry', order = '1'): DossierEvent => ({ type: DossierOpened.type, data: { office, order } })
const counted = (by = 1): DossierEvent => ({ type: 'counted', data: { by } })
const trail: Trail = { at: '2026-03-02T09:00:00.000Z', by: 'officer-1', as: 'case-manager', offices: ['conakry'], action: 'case:correct' }
const everything: readonly DossierEvent[] = [
  opened(),
  { type: 'named', data: { name: 'Aïssatou 🌿 "Bah"', aliases: ['Aïcha', ''] } },
  { type: 'profiled', data: { profile: { origin: 'GN-LA', birth: '2001-02', remark: null } } },
  { type: 'found', data: { code: 'f1', finding: 'a finding' } },
  { type: 'found', data: { code: 'f2', finding: 'another' } },
]

/**
 * Runs the suite.
 * @param newStore a store of `dossiers` with nothing in it
 */
export function storeContract(newStore: () => Promise<Store<Dossier, DossierEvent>>): void {
  let store: Store<Dossier, DossierEvent>
  let marks = 0
  beforeEach(async () => {
    store = await newStore()
  })

  const appended = async (id: string, from: Stored<Dossier> | undefined, ...added: readonly DossierEvent[]): Promise<Stored<Dossier>> => {
    const state = fold(dossiers, from?.state, added)
    if (state === undefined) throw new Error('no events')
    const mark = String(++marks).padStart(16, '0')
    const result = await store.append({ id, from, state, events: added, trail, mark })
    if (!result.ok) throw new Error('conflict')
    return result.stored
  }
  const reloaded = async (id: string): Promise<Stored<Dossier>> => {
    const stored = await store.load(id, { fresh: true })
    if (stored === undefined) throw new Error('not there')
    return stored
  }
  const repository = () => ({ aggregate: dossiers, store })
  const count = (id: string, call: Call = dossierCall()) => execute(repository(), id, { type: 'count', add: 1, ...issued(call) }, call)

  describe('load and append', () => {
    test('what was stored is what is read, whatever kind of field it is', async () => {
      const stored = await appended('dossier-1', undefined, ...everything)
      expect(await reloaded('dossier-1')).toEqual(stored)
      expect(stored).toMatchObject({ id: 'dossier-1', version: 1, state: { name: 'Aïssatou 🌿 "Bah"', profile: { remark: null } } })
      expect(await store.load('dossier-2')).toBeUndefined()
    })

    test('each change is a version; what it leaves alone stays', async () => {
      const first = await appended('dossier-1', undefined, ...everything)
      const second = await appended('dossier-1', first, counted())
      const third = await appended('dossier-1', await reloaded('dossier-1'), { type: 'named', data: { name: null, aliases: [] } })
      expect(second.version).toBe(2)
      expect(await reloaded('dossier-1')).toEqual(third)
      expect(third.state).toEqual({ ...first.state, count: 1, name: null, aliases: [] })
    })

    test('a cold field changes, goes and comes back', async () => {
      const profile = { origin: 'GN-LA', birth: '2001', remark: 'shy' }
      await appended('dossier-1', undefined, opened(), { type: 'profiled', data: { profile } })
      await appended('dossier-1', await reloaded('dossier-1'), { type: 'profiled', data: { profile: { ...profile, remark: null } } })
      expect((await reloaded('dossier-1')).state.profile).toEqual({ ...profile, remark: null })
      await appended('dossier-1', await reloaded('dossier-1'), { type: 'profiled', data: {} })
      expect(await reloaded('dossier-1')).not.toHaveProperty('state.profile')
      await appended('dossier-1', await reloaded('dossier-1'), counted())
      expect(await reloaded('dossier-1')).not.toHaveProperty('state.profile')
      await appended('dossier-1', await reloaded('dossier-1'), { type: 'profiled', data: { profile } })
      expect((await reloaded('dossier-1')).state.profile).toEqual(profile)
    })

    test('a change may start from a copy of what was loaded', async () => {
      await appended('dossier-1', undefined, ...everything)
      const copy = { ...(await reloaded('dossier-1')) }
      const after = await appended('dossier-1', copy, { type: 'found', data: { code: 'f3', finding: 'third' } })
      expect(await reloaded('dossier-1')).toEqual(after)
      expect(await store.history('dossier-1')).toHaveLength(2)
    })

    test('what was loaded is the reader’s own', async () => {
      await appended('dossier-1', undefined, ...everything)
      const { state } = await reloaded('dossier-1')
      state.aliases.push('changed')
      expect((await reloaded('dossier-1')).state.aliases).toEqual(['Aïcha', ''])
    })

    test('a record of 200 KB', async () => {
      const finding = 'é'.repeat(100_000)
      const stored = await appended('dossier-1', undefined, opened(), { type: 'found', data: { code: 'long', finding } })
      expect(await reloaded('dossier-1')).toEqual(stored)
      expect((await store.history('dossier-1'))[0]?.events[1]).toEqual({ type: 'found', data: { code: 'long', finding } })
    })

    const sound: Dossier = { office: 'conakry', order: '1', assignees: [], count: 0, name: null, aliases: [], findings: [] }
    test.each([
      ['an event that is not declared', sound, JSON.parse('[{ "type": "burned", "data": {} }]')],
      ['an event that is not as declared', sound, JSON.parse('[{ "type": "counted", "data": { "by": "planted" } }]')],
      ['a state that is not as declared', { ...sound, count: 0.5 }, [opened()]],
    ])('%s is a fault, says nothing of the value, and stores nothing', async (_, state, events) => {
      const attempt = store.append({ id: 'dossier-1', from: undefined, state, events, trail, mark: 'x'.repeat(16) })
      await expect(attempt).rejects.toThrow(/declared/)
      await expect(attempt).rejects.not.toThrow(/planted|0\.5/)
      expect(await store.load('dossier-1', { fresh: true })).toBeUndefined()
      expect(await store.history('dossier-1')).toEqual([])
    })
  })

  describe('conflicts', () => {
    test('a record is created once', async () => {
      const first = await appended('dossier-1', undefined, opened())
      const again = await store.append({
        id: 'dossier-1',
        from: undefined,
        state: first.state,
        events: [opened('labe')],
        trail,
        mark: 'b'.repeat(16),
      })
      expect(again).toEqual({ ok: false })
      expect(await reloaded('dossier-1')).toEqual(first)
    })

    test('a change from an older version changes nothing', async () => {
      const first = await appended('dossier-1', undefined, opened())
      const second = await appended('dossier-1', first, counted(5))
      const late = await store.append({
        id: 'dossier-1',
        from: first,
        state: { ...first.state, count: 9 },
        events: [counted(9)],
        trail,
        mark: 'c'.repeat(16),
      })
      expect(late).toEqual({ ok: false })
      expect(await reloaded('dossier-1')).toEqual(second)
      expect(await store.history('dossier-1')).toHaveLength(2)
    })

    test('of many changes from one version exactly one wins', async () => {
      const first = await appended('dossier-1', undefined, opened())
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          store.append({
            id: 'dossier-1',
            from: first,
            state: { ...first.state, count: i + 1 },
            events: [counted(i + 1)],
            trail,
            mark: `m${String(i).padStart(15, '0')}`,
          }),
        ),
      )
      expect(results.filter(({ ok }) => ok)).toHaveLength(1)
      const { version, state } = await reloaded('dossier-1')
      expect(version).toBe(2)
      expect((await store.history('dossier-1'))[1]?.events).toEqual([counted(state.count)])
    })

    test('twenty commands at once on one record are each applied once', async () => {
      await appended('dossier-1', undefined, opened())
      const results = await Promise.all(Array.from({ length: 20 }, () => count('dossier-1')))
      expect(results.every(({ ok }) => ok)).toBe(true)
      const { state, version } = await reloaded('dossier-1')
      expect({ count: state.count, version }).toEqual({ count: 20, version: 21 })
      expect((await store.history('dossier-1')).map((commit) => commit.version)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1))
    })

    test('one command sent ten times at once is applied once, and answered ten times alike', async () => {
      await appended('dossier-1', undefined, opened())
      const results = await Promise.all(Array.from({ length: 10 }, () => count('dossier-1', dossierCall({ key: 'the-same-key' }))))
      expect(new Set(results.map((result) => JSON.stringify(result)))).toHaveProperty('size', 1)
      expect(results[0]).toMatchObject({ ok: true, value: { version: 2, state: { count: 1 } } })
      expect((await reloaded('dossier-1')).version).toBe(2)
    })

    test('one creation sent ten times at once is one record, and answered ten times alike', async () => {
      const results = await Promise.all(
        Array.from({ length: 10 }, () => {
          const call = dossierCall({ key: 'creation' })
          return create(repository(), 'dossier-9', { type: 'open', office: 'conakry', order: '1', ...issued(call) }, call)
        }),
      )
      expect(results.map((result) => result.ok && result.value.version)).toEqual(Array.from({ length: 10 }, () => 1))
      expect(await store.history('dossier-9')).toHaveLength(1)
    })

    test('events about a record that is not there yet are each applied once, in whatever order they come', async () => {
      const service: Principal = { kind: 'service', id: 'a-service' }
      const results = await Promise.all(
        Array.from({ length: 10 }, () => {
          const call = dossierCall({ by: service, action: 'case:record-need' })
          return createOrExecute(repository(), 'dossier-9', { type: 'count', add: 1, ...issued(call) }, call)
        }),
      )
      expect(results.every(({ ok }) => ok)).toBe(true)
      expect(await reloaded('dossier-9')).toMatchObject({ version: 10, state: { count: 10 } })
    })
  })

  describe('several records in one transaction', () => {
    const changed = (stored: Stored<Dossier>, by: number) => {
      const event = counted(by)
      const state = fold(dossiers, stored.state, [event]) ?? stored.state
      return { id: stored.id, from: stored, state, events: [event], trail, mark: String(++marks).padStart(16, '0') }
    }
    const prepared = async (stored: Stored<Dossier>, by: number) => {
      const write = await store.prepare(changed(stored, by))
      if (write === undefined) throw new Error('conflict')
      return write
    }
    const counts = async () => [(await reloaded('dossier-1')).state.count, (await reloaded('dossier-2')).state.count]
    let one: Stored<Dossier>
    let two: Stored<Dossier>
    beforeEach(async () => {
      one = await appended('dossier-1', undefined, opened())
      two = await appended('dossier-2', undefined, ...everything)
    })

    test('all are written, and each can be read and followed', async () => {
      expect(await store.append(changed(one, 1), [await prepared(two, 2)])).toMatchObject({ ok: true, stored: { version: 2 } })
      expect(await counts()).toEqual([1, 2])
      expect(verifyHistory(await store.chain('dossier-2'))).toBeUndefined()
      await appended('dossier-2', await reloaded('dossier-2'), counted())
      expect(await counts()).toEqual([1, 3])
    })

    test('none is written when one has changed meanwhile', async () => {
      const write = await prepared(two, 2)
      await appended('dossier-2', two, counted(10))
      expect(await store.append(changed(one, 1), [write])).toEqual({ ok: false })
      expect(await counts()).toEqual([0, 10])
      expect(await store.append(changed(await reloaded('dossier-1'), 1), [await prepared(await reloaded('dossier-2'), 2)])).toMatchObject({
        ok: true,
      })
      expect(await counts()).toEqual([1, 12])
    })

    test('a record that is only looked at must be as it was', async () => {
      expect(await store.append(changed(one, 1), [store.unchanged(two)])).toMatchObject({ ok: true })
      await appended('dossier-2', two, counted(10))
      expect(await store.append(changed(await reloaded('dossier-1'), 1), [store.unchanged(two)])).toEqual({ ok: false })
      expect(await counts()).toEqual([1, 10])
    })

    test('a record cannot change twice', async () => {
      await expect(store.append(changed(one, 1), [await prepared(one, 2)])).rejects.toThrow()
      expect(await counts()).toEqual([0, 0])
    })

    test('a write of elsewhere is a fault', async () => {
      await expect(store.append(changed(one, 1), [{ record: 'dossier#dossier-2' }])).rejects.toThrow('another kind of store')
    })
  })

  describe('history', () => {
    test('keeps order, events and trail, up to a version', async () => {
      let stored = await appended('dossier-1', undefined, ...everything)
      for (let i = 1; i <= 11; i++)
        stored = await appended('dossier-1', stored, counted(i), { type: 'named', data: { name: `n${i}`, aliases: [] } })
      const commits = await store.history('dossier-1')
      expect(commits.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      expect(commits[0]).toMatchObject({ trail, events: everything, previous: '' })
      expect(commits[11]?.events).toEqual([counted(11), { type: 'named', data: { name: 'n11', aliases: [] } }])
      expect((await store.history('dossier-1', 10)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      expect(await store.history('dossier-2')).toEqual([])
    })

    test('the state is what the events make of it', async () => {
      let stored = await appended('dossier-1', undefined, ...everything)
      stored = await appended('dossier-1', stored, { type: 'profiled', data: {} }, counted(3))
      const commits = await store.history('dossier-1')
      expect(
        fold(
          dossiers,
          undefined,
          commits.flatMap((commit) => commit.events),
        ),
      ).toEqual((await reloaded('dossier-1')).state)
    })

    test('is a chain that ends in the head of the record', async () => {
      let stored = await appended('dossier-1', undefined, ...everything)
      stored = await appended('dossier-1', stored, counted())
      const commits = await store.history('dossier-1')
      expect(commits[1]?.previous).toBe(commits[0]?.hash)
      expect(commits[1]?.hash).toBe(stored.head)
      const chain = await store.chain('dossier-1')
      expect(chain.head).toEqual({ version: 2, hash: stored.head })
      expect(verifyHistory(chain)).toBeUndefined()
      expect(chain.entries.map(({ text }) => JSON.parse(text).trail)).toEqual([trail, trail])
      expect(verifyHistory(await store.chain('dossier-2'))).toBeUndefined()
    })

    test('what was sealed of a record that is erased is read by nobody any more; the chain holds, and it goes on', async () => {
      const first = await appended('dossier-1', undefined, ...everything)
      const second = await appended('dossier-1', first, counted())
      const third = await appended('dossier-1', second, { type: 'erased', data: {} })
      expect(third.state).toEqual({ office: 'conakry', order: '1', assignees: [], count: 1, name: null, aliases: [], findings: [] })
      expect(await reloaded('dossier-1')).toEqual(third)
      expect((await store.history('dossier-1')).map(({ version }) => version)).toEqual([2, 3])
      expect(await store.history('dossier-1', 1)).toEqual([])
      expect(verifyHistory(await store.chain('dossier-1'))).toBeUndefined()
      const fourth = await appended('dossier-1', await reloaded('dossier-1'), counted(2))
      expect(await reloaded('dossier-1')).toEqual(fourth)
      expect(verifyHistory(await store.chain('dossier-1'))).toBeUndefined()
    })

    test('nothing is erased that would leave something sealed behind', async () => {
      const first = await appended('dossier-1', undefined, ...everything)
      const erased: DossierEvent = { type: 'erased', data: {} }
      await expect(appended('dossier-1', first, erased, { type: 'found', data: { code: 'f3', finding: 'third' } })).rejects.toThrow(
        'sealed',
      )
      expect(await reloaded('dossier-1')).toEqual(first)
    })

    test('the first of 140 commands is still known for a repeat', async () => {
      await appended('dossier-1', undefined, opened())
      const first = dossierCall({ key: 'the-first' })
      await count('dossier-1', first)
      let stored = await reloaded('dossier-1')
      for (let i = 0; i < 138; i++) stored = await appended('dossier-1', stored, counted())
      const loaded = await reloaded('dossier-1')
      expect(loaded).toEqual(stored)
      expect(loaded.applied).toHaveLength(140)
      expect(await count('dossier-1', first)).toMatchObject({ ok: true, value: { version: 2, state: { count: 1 } } })
      expect((await reloaded('dossier-1')).version).toBe(140)
    })
  })

  describe('lists', () => {
    const orders = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']
    beforeEach(async () => {
      for (const [i, order] of orders.entries()) await appended(`dossier-${i}`, undefined, opened('conakry', order))
      await appended('dossier-7', undefined, opened('labe', 'a4'))
    })
    const query = { index: 'gsi1', pk: 'office#conakry' } as const
    const after = ({ next }: ListPage) => (next === undefined ? {} : { after: next })
    const rowsOf = ({ rows }: { readonly rows: readonly unknown[] }): readonly unknown[] =>
      rows.map((row) => z.object({ order: z.string() }).parse(row).order)

    test('one partition, in order, either way, by prefix', async () => {
      expect(rowsOf(await store.list({ ...query, limit: 10 }))).toEqual(orders)
      expect(rowsOf(await store.list({ ...query, limit: 10, descending: true }))).toEqual(orders.toReversed())
      expect(rowsOf(await store.list({ ...query, limit: 10, prefix: 'b' }))).toEqual(['b1', 'b2', 'b3'])
      expect(rowsOf(await store.list({ ...query, limit: 10, prefix: 'c' }))).toEqual([])
    })

    test.each([false, true])(
      'pages that follow one another leave nothing out and promise no page that is not there (descending: %s)',
      async (descending) => {
        const expected = descending ? orders.toReversed() : orders
        for (const limit of [1, 2, 3, 4, 6]) {
          const seen: unknown[] = []
          let page = await store.list({ ...query, limit, descending })
          let pages = 1
          seen.push(...rowsOf(page))
          while (page.next !== undefined) {
            page = await store.list({ ...query, limit, descending, after: page.next })
            seen.push(...rowsOf(page))
            pages++
          }
          expect(seen).toEqual(expected)
          expect(pages).toBe(Math.ceil(orders.length / limit))
        }
      },
    )

    test('a page ends the same when the record at its end has gone elsewhere since', async () => {
      const page = await store.list({ ...query, limit: 2 })
      await appended('dossier-1', await reloaded('dossier-1'), { type: 'contract.dossier-moved.v1', data: { office: 'labe' } })
      expect(rowsOf(await store.list({ ...query, limit: 2, ...after(page) }))).toEqual(['a3', 'b1'])
      expect(rowsOf(await store.list({ index: 'gsi1', pk: 'office#labe', limit: 5 }))).toEqual(['a2', 'a4'])
    })

    test('a sparse index lists only what enters it, and rows follow their records', async () => {
      expect(rowsOf(await store.list({ index: 'gsi2', pk: 'assignee#x', limit: 5 }))).toEqual([])
      await appended('dossier-4', await reloaded('dossier-4'), { type: 'assigned', data: { assignees: ['x'] } }, counted(7))
      expect((await store.list({ index: 'gsi2', pk: 'assignee#x', limit: 5 })).rows).toEqual([{ order: 'b2', count: 7 }])
      await appended('dossier-4', await reloaded('dossier-4'), { type: 'assigned', data: { assignees: [] } })
      expect(rowsOf(await store.list({ index: 'gsi2', pk: 'assignee#x', limit: 5 }))).toEqual([])
    })
  })

  describe('accesses', () => {
    test('are kept with the record they were about, in order of time', async () => {
      const denied = { id: 'dossier-1', trail, decision: 'denied', denial: 'relation' } as const
      const read = {
        id: 'dossier-1',
        trail: { ...trail, at: '2026-03-02T10:00:00.000Z' },
        decision: 'allowed',
        classes: ['C3-medical'],
      } as const
      await store.recordAccess(read)
      await store.recordAccess(denied)
      await store.recordAccess({ trail, decision: 'denied', denial: 'role' })
      await store.recordAccess({ ...denied, id: 'dossier-2' })
      const accesses = await store.accesses('dossier-1')
      expect([...accesses].sort((a, b) => (a.trail.at < b.trail.at ? -1 : 1))).toEqual([denied, read])
      expect(await store.load('dossier-1', { fresh: true })).toBeUndefined()
      await appended('dossier-1', undefined, opened())
      expect(await store.accesses('dossier-1')).toHaveLength(2)
    })
  })
}
