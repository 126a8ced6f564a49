import type { Principal } from './access.ts'
import { type Call, issued } from './call.ts'
import { type Dossier, type DossierCommand, type DossierEvent, type DossierRefusal, dossierCall, dossiers } from './contract-record.ts'
import { also, alsoCreating, create, createOrExecute, execute, type Repository } from './execute.ts'
import { memoryStore } from './memory-store.ts'
import { read } from './read.ts'
import type { Store } from './store.ts'

type Distribute<T> = T extends unknown ? Omit<T, 'at' | 'by'> : never
const officer: Principal = { kind: 'staff', id: 'officer-1', roles: ['case-manager'], offices: ['conakry'] }
const doctor: Principal = { kind: 'staff', id: 'doctor-1', roles: ['medical-officer'], offices: ['conakry'] }
const guard: Principal = { kind: 'staff', id: 'guard-1', roles: ['protection-officer'], offices: ['conakry'] }
const analyst: Principal = { kind: 'staff', id: 'analyst-1', roles: ['analyst'], offices: ['conakry'] }
const id = 'dossier-1'

const created = (repository: Repository<Dossier, DossierCommand, DossierEvent, DossierRefusal>, command: DossierCommand, call: Call) =>
  create(repository, id, command, call)

function setup(store: Store<Dossier, DossierEvent> = memoryStore(dossiers)) {
  const repository = { aggregate: dossiers, store }
  type Options = NonNullable<Parameters<typeof dossierCall>[0]>
  type How = (
    to: typeof repository,
    id: string,
    command: DossierCommand,
    call: ReturnType<typeof dossierCall>,
  ) => ReturnType<typeof created>
  const run =
    (how: How) =>
    (command: Distribute<DossierCommand>, options: Options = {}) => {
      const call = dossierCall({ by: officer, ...options })
      return how(repository, id, { ...command, ...issued(call) }, call)
    }
  return {
    store,
    repository,
    execute: run(execute),
    create: run(create),
    createOrExecute: run(createOrExecute),
    read: (by: Principal) => read(repository, id, dossierCall({ by, action: 'case:read' })),
  }
}
const opening = { type: 'open', office: 'conakry', order: '1' } as const
async function opened(store?: Store<Dossier, DossierEvent>) {
  const made = setup(store)
  await made.create(opening)
  return made
}
const codeOf = (result: Awaited<ReturnType<ReturnType<typeof setup>['execute']>>): string => (result.ok ? 'ok' : result.refusal.code)

describe('execute', () => {
  test('applies a command and writes who, as what, where, why and on which trace', async () => {
    const { execute, store } = await opened()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const result = await execute({ type: 'count', add: 2, reason: 'recount' }, { traceparent })
    expect(result).toMatchObject({ ok: true, value: { id, version: 2, state: { count: 2 } } })
    expect((await store.history(id))[1]?.trail).toEqual({
      at: '2026-03-02T09:00:00.000Z',
      by: 'officer-1',
      as: 'case-manager',
      offices: ['conakry'],
      action: 'case:correct',
      reason: 'recount',
      traceparent,
    })
  })

  test('a refusal is a value and changes nothing', async () => {
    const { execute, store } = await opened()
    expect(await execute({ type: 'count', add: -1 })).toMatchObject({ ok: false, refusal: { kind: 'conflict', code: 'not-below-zero' } })
    expect(await store.history(id)).toHaveLength(1)
  })

  test('what is not there is not found', async () => {
    expect(codeOf(await setup().execute({ type: 'count', add: 1 }))).toBe('not-found')
  })

  test('a version that is not the one read is stale and told', async () => {
    const { execute } = await opened()
    expect(await execute({ type: 'count', add: 1 }, { ifMatch: 7 })).toMatchObject({ refusal: { kind: 'stale', version: 1 } })
    expect(codeOf(await execute({ type: 'count', add: 1 }, { ifMatch: 1 }))).toBe('ok')
  })

  test('a command may be made from the record, anew on each attempt', async () => {
    const { repository, store } = await opened()
    const seen: number[] = []
    const call = dossierCall({ by: officer })
    const result = await execute(
      repository,
      id,
      async ({ count }) => {
        seen.push(count)
        if (seen.length === 1) await execute(repository, id, { type: 'count', add: 10, ...issued(call) }, dossierCall({ by: officer }))
        return { type: 'count' as const, add: count + 1, ...issued(call) }
      },
      call,
    )
    expect(result).toMatchObject({ ok: true, value: { state: { count: 21 } } })
    expect(seen).toEqual([0, 10])
    expect(await store.history(id)).toHaveLength(3)
  })

  test('a conflict without end is a fault', async () => {
    const { execute, store } = await opened()
    store.append = async () => ({ ok: false })
    await expect(execute({ type: 'count', add: 1 })).rejects.toThrow(/conflict after \d+ attempts/)
  })
})

describe('along with another record', () => {
  const other = 'dossier-2'
  async function two() {
    const made = await opened()
    const { repository } = made
    const call = dossierCall({ by: officer })
    await create(repository, other, { type: 'open', office: 'conakry', order: '2', ...issued(call) }, call)
    const both = (add: number, addToOther: number, options: Parameters<typeof dossierCall>[0] = {}) => {
      const both = dossierCall({ by: officer, ...options })
      return execute(repository, id, { type: 'count', add, ...issued(both) }, both, [
        also(repository, other, { type: 'count', add: addToOther, ...issued(both) }),
      ])
    }
    const counts = async () => [(await repository.store.load(id))?.state.count, (await repository.store.load(other))?.state.count]
    return { ...made, both, counts }
  }

  test('both change, each with its own history', async () => {
    const { both, counts, store } = await two()
    expect(codeOf(await both(1, 5))).toBe('ok')
    expect(await counts()).toEqual([1, 5])
    expect((await store.history(other))[1]?.trail).toMatchObject({ by: 'officer-1', action: 'case:correct' })
  })

  test('what the other refuses is refused as a whole', async () => {
    const { both, counts } = await two()
    expect(codeOf(await both(1, -1))).toBe('not-below-zero')
    expect(await counts()).toEqual([0, 0])
  })

  test('a repeat is one change of both', async () => {
    const { both, counts } = await two()
    const first = await both(1, 5, { key: 'k' })
    expect(await both(1, 5, { key: 'k' })).toEqual(first)
    expect(await counts()).toEqual([1, 5])
  })

  test('a repeat that meets the first in the middle is answered as the first, and not refused for what that did to the other', async () => {
    const { both, counts, repository } = await two()
    await both(1, 1)
    const call = dossierCall({ by: officer, key: 'k' })
    const its = also(repository, other, { type: 'count', add: -1, ...issued(call) })
    const ask = (along: typeof its) => execute(repository, id, { type: 'count', add: 1, ...issued(call) }, call, [along])
    const answers: Awaited<ReturnType<typeof ask>>[] = []
    const second = await ask(async (given) => {
      if (answers.length === 0) answers.push(await ask(its))
      return its(given)
    })
    expect(second).toEqual(answers[0])
    expect(codeOf(second)).toBe('ok')
    expect(await counts()).toEqual([2, 0])
  })

  test('a command that changes nothing leaves the other alone', async () => {
    const { both, counts } = await two()
    expect(codeOf(await both(0, 5))).toBe('ok')
    expect(await counts()).toEqual([0, 0])
  })

  test('the other must still be as it was decided on, also when it does not change', async () => {
    const { repository, counts } = await two()
    const call = dossierCall({ by: officer })
    let asked = 0
    const result = await execute(repository, id, { type: 'count', add: 1, ...issued(call) }, call, [
      also(repository, other, async ({ count }) => {
        if (asked++ === 0) {
          const meanwhile = dossierCall({ by: officer })
          await execute(repository, other, { type: 'count', add: 10, ...issued(meanwhile) }, meanwhile)
        }
        return { type: 'count' as const, add: count === 0 ? 7 : 0, ...issued(call) }
      }),
    ])
    expect(codeOf(result)).toBe('ok')
    expect(asked).toBe(2)
    expect(await counts()).toEqual([1, 10])
  })

  test('another that is out of reach, or not there, is not found, unless the first record gives the right', async () => {
    const { repository, store } = await two()
    const away = dossierCall({ by: officer })
    await execute(repository, other, { type: 'move', office: 'labe', ...issued(away) }, away)
    const attempt = (name: string, needed?: 'nothing') => {
      const call = dossierCall({ by: officer })
      const count = { type: 'count', add: 1, ...issued(call) } as const
      return execute(repository, id, count, call, [also(repository, name, count, needed)])
    }
    expect(codeOf(await attempt(other))).toBe('not-found')
    expect(codeOf(await attempt('dossier-3'))).toBe('not-found')
    expect(await store.accesses(other)).toMatchObject([{ decision: 'denied' }])
    expect(codeOf(await attempt(other, 'nothing'))).toBe('ok')
  })

  test('another may begin with the change, once, and changes after that', async () => {
    const { repository, store } = await two()
    const [made, open] = ['dossier-3', { type: 'open', office: 'labe', order: '3' }] as const
    const attempt = (add: number, command: Distribute<DossierCommand>, key?: string) => {
      const call = dossierCall({ by: officer, ...(key === undefined ? {} : { key }) })
      return execute(repository, id, { type: 'count', add, ...issued(call) }, call, [
        alsoCreating(repository, made, { ...command, ...issued(call) }),
      ])
    }
    expect(codeOf(await attempt(-1, open))).toBe('not-below-zero')
    expect(await store.load(made)).toBeUndefined()
    const first = await attempt(1, open, 'k')
    expect(await attempt(1, open, 'k')).toEqual(first)
    expect(codeOf(await attempt(1, { type: 'count', add: 4 }))).toBe('ok')
    expect(codeOf(await attempt(1, { type: 'count', add: -9 }))).toBe('not-below-zero')
    expect((await store.load(made))?.state.count).toBe(4)
    expect((await store.load(id))?.state.count).toBe(2)
    expect((await store.history(made)).length).toBe(2)
  })

  test('of two changes that begin the same record at the same moment, one meets what the other made of it', async () => {
    const { repository, store, counts } = await two()
    const begin = (target: string) => {
      const call = dossierCall({ by: officer })
      return execute(repository, target, { type: 'count', add: 1, ...issued(call) }, call, [
        alsoCreating(repository, 'dossier-4', { type: 'open', office: 'labe', order: '4', ...issued(call) }),
      ])
    }
    const both = await Promise.all([begin(id), begin(other)])
    expect(both.map(codeOf).toSorted()).toEqual(['already-exists', 'ok'])
    expect((await store.history('dossier-4')).length).toBe(1)
    expect((await counts()).toSorted()).toEqual([0, 1])
  })

  test('many at once, each on both, are each applied once on both', async () => {
    const { both, counts } = await two()
    const results = await Promise.all(Array.from({ length: 8 }, () => both(1, 2)))
    expect(results.every(({ ok }) => ok)).toBe(true)
    expect(await counts()).toEqual([8, 16])
  })
})

describe('repeats', () => {
  test('the answer to a repeat speaks of the instant of the first, on whichever server and however late', async () => {
    const { execute } = await opened()
    const first = await execute({ type: 'count', add: 2 }, { key: 'k', at: '2026-03-02T10:00:00.000Z' })
    expect(first).toMatchObject({ ok: true, value: { at: '2026-03-02T10:00:00.000Z' } })
    for (const at of ['2026-03-02T09:59:59.990Z', '2026-03-03T10:00:00.000Z']) {
      expect(await execute({ type: 'count', add: 2 }, { key: 'k', at })).toEqual(first)
    }
    await execute({ type: 'count', add: 1 })
    expect(await execute({ type: 'count', add: 2 }, { key: 'k' })).toEqual(first)
  })

  test('are answered as the first time, whatever happened since', async () => {
    const { execute, store } = await opened()
    const first = await execute({ type: 'count', add: 5 }, { key: 'k', ifMatch: 1 })
    await execute({ type: 'count', add: -3 })
    await execute({ type: 'count', add: -2 })
    expect(await execute({ type: 'count', add: 5 }, { key: 'k', ifMatch: 1 })).toEqual(first)
    expect(await store.history(id)).toHaveLength(4)
  })

  test('also of a command that moved the record out of the caller’s reach', async () => {
    const { execute, store } = await opened()
    const first = await execute({ type: 'move', office: 'labe' }, { key: 'k' })
    expect(first).toMatchObject({ ok: true, value: { version: 2, classes: new Set(['C0', 'C1']) } })
    expect(await execute({ type: 'move', office: 'labe' }, { key: 'k' })).toEqual(first)
    expect(codeOf(await execute({ type: 'count', add: 1 }))).toBe('not-found')
    expect(await store.accesses(id)).toMatchObject([{ decision: 'denied', denial: 'relation' }])
  })

  test('but not for one who has lost the role', async () => {
    const { execute } = await opened()
    await execute({ type: 'count', add: 1 }, { key: 'k' })
    expect(codeOf(await execute({ type: 'count', add: 1 }, { key: 'k', by: { ...officer, roles: ['analyst'] } }))).toBe('not-permitted')
  })

  test('a key used for something else is refused; another caller’s key is another key', async () => {
    const { execute } = await opened()
    await execute({ type: 'count', add: 1 }, { key: 'k', content: 'one' })
    expect(await execute({ type: 'count', add: 1 }, { key: 'k', content: 'two' })).toMatchObject({
      refusal: { kind: 'unprocessable', code: 'idempotency-key-reused' },
    })
    expect(await execute({ type: 'count', add: 1 }, { key: 'k', content: 'one', by: { ...officer, id: 'officer-2' } })).toMatchObject({
      value: { state: { count: 2 } },
    })
  })

  test('a command without effect leaves no version', async () => {
    const { execute, store } = await opened()
    expect(await execute({ type: 'count', add: 0 })).toMatchObject({ ok: true, value: { version: 1 } })
    expect(await store.history(id)).toHaveLength(1)
  })

  test('an append whose answer is lost is found to be done', async () => {
    const { execute, store } = await opened()
    const { append } = store
    store.append = async (change) => {
      await append(change)
      store.append = append
      return { ok: false }
    }
    expect(await execute({ type: 'count', add: 1 }, { ifMatch: 1 })).toMatchObject({ ok: true, value: { version: 2, state: { count: 1 } } })
    expect(await store.history(id)).toHaveLength(2)
  })
})

describe('create', () => {
  test('once; the repeat is answered alike, another request is refused', async () => {
    const { create } = setup()
    const first = await create(opening, { key: 'k' })
    expect(first).toMatchObject({ ok: true, value: { version: 1 } })
    expect(await create(opening, { key: 'k' })).toEqual(first)
    expect(codeOf(await create(opening, { key: 'other' }))).toBe('already-exists')
    expect(codeOf(await create(opening, { key: 'k', content: 'other' }))).toBe('idempotency-key-reused')
  })

  test('one round trip: nothing is read first', async () => {
    const { create, store } = setup()
    store.load = async () => Promise.reject(new Error('read'))
    expect(codeOf(await create(opening))).toBe('ok')
  })

  test('a repeat is answered even if the day has made it refusable since', async () => {
    const { create } = setup()
    const early = { ...opening, notBefore: '2026-03-02T10:00:00.000Z' }
    const first = await create(early, { key: 'k' })
    const late = { key: 'k', at: '2026-03-03T00:00:00.000Z' }
    expect(await create(early, late)).toEqual(first)
    expect(codeOf(await create(early, { ...late, key: 'other' }))).toBe('too-early')
    expect(codeOf(await setup().create(early, late))).toBe('too-early')
  })

  test('at another office: as if it did not exist; without the role: refused; both are recorded', async () => {
    const { create, store } = setup()
    const recorded: unknown[] = []
    store.recordAccess = async (record) => void recorded.push(record)
    expect(codeOf(await create({ ...opening, office: 'kankan' }))).toBe('not-found')
    expect(codeOf(await create(opening, { by: analyst }))).toBe('not-permitted')
    expect(recorded).toMatchObject([
      { id: undefined, decision: 'denied', denial: 'relation', trail: { by: 'officer-1' } },
      { id: undefined, decision: 'denied', denial: 'role', trail: { by: 'analyst-1' } },
    ])
    expect(await store.load(id)).toBeUndefined()
  })

  test('a conflict with a transaction that then fails is tried again', async () => {
    const { create, store } = setup()
    const { append } = store
    store.append = async () => {
      store.append = append
      return { ok: false }
    }
    expect(codeOf(await create(opening))).toBe('ok')
    expect(await store.history(id)).toHaveLength(1)
  })
})

describe('createOrExecute', () => {
  const service = { by: { kind: 'service', id: 'a-service' }, action: 'case:record-need' } as const
  test('creates, then changes; a repeat does nothing', async () => {
    const { createOrExecute } = setup()
    expect(await createOrExecute({ type: 'count', add: 1 }, { ...service, key: 'e1' })).toMatchObject({ value: { version: 1 } })
    expect(await createOrExecute({ type: 'count', add: 1 }, { ...service, key: 'e2' })).toMatchObject({ value: { version: 2 } })
    expect(await createOrExecute({ type: 'count', add: 1 }, { ...service, key: 'e1' })).toMatchObject({
      value: { version: 1, state: { count: 1 } },
    })
  })

  test('is never answered as not found because another creation is under way', async () => {
    const { createOrExecute, store } = setup()
    const { append } = store
    store.append = async () => {
      store.append = append
      return { ok: false }
    }
    expect(await createOrExecute({ type: 'count', add: 1 }, service)).toMatchObject({ ok: true, value: { version: 1 } })
  })

  test('what has no effect on what is not there is refused, not a fault', async () => {
    expect(codeOf(await setup().createOrExecute({ type: 'count', add: 0 }, service))).toBe('not-found')
  })
})

describe('audit of reads', () => {
  async function withFindings() {
    const made = await opened()
    await made.execute({ type: 'assign', assignees: ['doctor-1', 'guard-1'] })
    await made.execute({ type: 'find', code: 'f', finding: 'F' })
    return made
  }
  test('special-category data shown is recorded, by class; other reads are not', async () => {
    const { read, store } = await withFindings()
    await read(officer)
    expect(await store.accesses(id)).toEqual([])
    await read(doctor)
    await read(guard)
    expect(await store.accesses(id)).toMatchObject([
      { decision: 'allowed', classes: ['C3-medical'], trail: { by: 'doctor-1', as: 'medical-officer', action: 'case:read' } },
    ])
  })

  test('also when a repeat or a command without effect shows it', async () => {
    const { execute, store } = await withFindings()
    const by: Principal = { kind: 'staff', id: 'doctor-1', roles: ['medical-officer', 'case-manager'], offices: ['conakry'] }
    await execute({ type: 'count', add: 1 }, { by, key: 'k' })
    expect(await store.accesses(id)).toHaveLength(0)
    await execute({ type: 'count', add: 1 }, { by, key: 'k' })
    await execute({ type: 'count', add: 0 }, { by })
    expect(await store.accesses(id)).toMatchObject([{ classes: ['C3-medical'] }, { classes: ['C3-medical'] }])
  })

  test('a denied attempt is recorded', async () => {
    const { read, store } = await withFindings()
    expect(await read({ ...officer, offices: ['kankan'] })).toMatchObject({ ok: false, refusal: { code: 'not-found' } })
    expect(await read(analyst)).toMatchObject({ ok: false, refusal: { code: 'not-permitted' } })
    expect(await store.accesses(id)).toMatchObject([
      { decision: 'denied', denial: 'relation' },
      { decision: 'denied', denial: 'role' },
    ])
  })

  test('when the entry cannot be written nothing is shown, and no refusal is given', async () => {
    const { read, execute, store } = await withFindings()
    store.recordAccess = async () => Promise.reject(new Error('the table is gone'))
    await expect(read(doctor)).rejects.toThrow('the table is gone')
    await expect(read(analyst)).rejects.toThrow('the table is gone')
    await expect(execute({ type: 'count', add: 1 }, { by: analyst })).rejects.toThrow('the table is gone')
    expect(await read(officer)).toMatchObject({ ok: true })
  })
})
