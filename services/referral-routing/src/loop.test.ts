import { type Call, create, createOrExecute, execute, issued, memoryStore } from '@wontanara/core'
import { callBy, hoursLater, now, partnerOf, serviceNamed, staff } from '@wontanara/testing'
import * as fc from 'fast-check'
import { caseFiles, fileOf } from './case-file.ts'
import { isOvertaken, keepTime, overdue } from './deadlines.ts'
import { organisations } from './organisation.ts'
import { isOpen, isUnserved, type Referral, referrals } from './referral.ts'
import { reroute, takingUp } from './reroute.ts'
import { services } from './service.ts'
import { memoryTallies } from './tally.ts'

const caseId = 'case-26k47qx9tm2r'
const needId = 'need-7h2m9c4x1v6b'
const scopes = ['name' as const]
const service = serviceNamed('referral-routing')
const coordinator = staff('referral-coordinator')
const orgOf = (n: number): string => `org-partner-${n}`
const svcOf = (n: number): string => `svc-partner-${n}`
const idOf = (n: number): string => `ref-${String(n).padStart(12, '0')}`
const keeping = (at: string): Call => callBy(service, 'referral:keep-time', { at })

/** Partners with one service each, and a person who consented to some of them. */
async function world(partners: number, consented: readonly number[]) {
  const ports = {
    referrals: { aggregate: referrals, store: memoryStore(referrals) },
    caseFiles: { aggregate: caseFiles, store: memoryStore(caseFiles) },
    organisations: { aggregate: organisations, store: memoryStore(organisations) },
    services: { aggregate: services, store: memoryStore(services) },
    tallies: memoryTallies(),
  }
  const editing = callBy(coordinator, 'directory:edit')
  for (let n = 0; n < partners; n++) {
    const organisation = { organisationId: orgOf(n), name: `Partner ${n}`, type: 'ngo', status: 'active' } as const
    await create(ports.organisations, orgOf(n), { type: 'add', organisation, ...issued(editing) }, editing)
    const offered = {
      serviceId: svcOf(n),
      organisationId: orgOf(n),
      name: `Service ${n}`,
      type: 'psychosocial' as const,
      status: 'active' as const,
      serviceAreas: ['GN' as const],
      languages: [],
      requiredDocuments: [],
    }
    await create(ports.services, svcOf(n), { type: 'add', service: offered, ...issued(editing) }, editing)
  }
  const learn = () => callBy(service, 'referral:record-consent')
  await createOrExecute(ports.caseFiles, caseId, { type: 'note-need', caseId, needId, office: 'conakry', ...issued(learn()) }, learn())
  const about = (n: number) => ({ caseId, consentId: `consent-00000000000${n}` })
  for (const n of consented) {
    const given = { purpose: 'referral' as const, recipient: orgOf(n), scopes, validFrom: now }
    await createOrExecute(ports.caseFiles, caseId, { type: 'record-consent', ...about(n), given, ...issued(learn()) }, learn())
  }
  let drafted = 0
  const load = async (referralId: string): Promise<Referral> => {
    const stored = await ports.referrals.store.load(referralId)
    if (stored === undefined) throw new Error(referralId)
    return stored.state
  }
  return {
    ...ports,
    load,
    withdraw: (n: number) =>
      createOrExecute(ports.caseFiles, caseId, { type: 'record-withdrawal', ...about(n), withdrawnAt: now, ...issued(learn()) }, learn()),
    /** Drafts and sends, as staff do. @returns its id, and whether it was sent */
    send: async (n: number, at: string, follows?: string) => {
      const referralId = idOf(++drafted)
      const draft = {
        caseId,
        needId,
        office: 'conakry' as const,
        organisationId: orgOf(n),
        serviceId: svcOf(n),
        service: 'psychosocial' as const,
        priority: 'urgent' as const,
        place: 'GN-C',
        forReturn: false,
        languages: [],
        snapshot: { name: { given: 'Mariama' } },
        ...(follows === undefined ? {} : { follows }),
      }
      const drafting = callBy(coordinator, 'referral:draft', { at })
      await create(ports.referrals, referralId, { type: 'draft', referralId, draft, ...issued(drafting) }, drafting)
      const call = callBy(coordinator, 'referral:send', { at })
      const command = async () => {
        const [known, partner, file] = await Promise.all([
          ports.services.store.load(svcOf(n)),
          ports.organisations.store.load(orgOf(n)),
          fileOf(ports.caseFiles.store, caseId),
        ])
        return { type: 'send', service: known?.state, organisation: partner?.state, file, ...issued(call) } as const
      }
      const along = follows === undefined ? [] : [(made: Call) => takingUp(ports.referrals, follows, referralId, made)]
      const { ok } = await execute(ports.referrals, referralId, command, call, along)
      return { referralId, ok }
    },
    /** The chain of referrals that begins with one. */
    chain: async (first: string): Promise<readonly Referral[]> => {
      const chain: Referral[] = []
      for (let id: string | undefined = first; id !== undefined && chain.length < 50; ) {
        const state: Referral = await load(id)
        chain.push(state)
        id = state.nextReferralId
      }
      return chain
    },
  }
}
type World = Awaited<ReturnType<typeof world>>

/** The hour begins, and what expires is sent on, each told twice. */
async function hourBegins(w: World, at: string, last: string): Promise<void> {
  for (let told = 0; told < 2; told++) {
    await keepTime(w.referrals, at, keeping(at))
    await Promise.all([reroute(w, last, keeping(at)), reroute(w, last, keeping(at))])
  }
}

describe('the chain', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ type: 'let-pass' as const }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('decline' as const), next: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('withdraw' as const), of: fc.nat(4) }) },
  )

  test('whatever partners do and however often the clock is told: no branch, no cycle, and nobody is asked again by the clock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }), fc.array(step, { maxLength: 8 }), async (consented, steps) => {
        const w = await world(5, consented)
        const first = await w.send(consented[0] ?? 0, now)
        const withdrawn = new Set<number>()
        let hours = 0
        for (const taken of steps) {
          hours += 73
          const at = hoursLater(hours)
          const last = (await w.chain(first.referralId)).at(-1)
          if (last === undefined) throw new Error('no chain')
          const { organisationId } = last.facts
          if (taken.type === 'withdraw') {
            await w.withdraw(taken.of)
            withdrawn.add(taken.of)
          } else if (taken.type === 'let-pass') {
            const before = await w.chain(first.referralId)
            await hourBegins(w, at, last.referralId)
            const next = (await w.chain(first.referralId)).slice(before.length)
            // One at most, to somebody new whom the person allows to know of it.
            expect(next.length).toBeLessThanOrEqual(1)
            for (const { facts, status } of next) {
              expect(before.map((passed) => passed.facts.organisationId)).not.toContain(facts.organisationId)
              expect(consented.filter((n) => !withdrawn.has(n)).map(orgOf)).toContain(facts.organisationId)
              expect(status).toBe('sent')
            }
          } else if (isOpen(last)) {
            const call = callBy(partnerOf(organisationId), 'referral:answer', { at })
            await execute(w.referrals, last.referralId, { type: 'decline', why: 'no-capacity', ...issued(call) }, call)
            await w.send(taken.next, at, last.referralId)
          }
        }
        const chain = await w.chain(first.referralId)
        expect(new Set(chain.map(({ referralId }) => referralId)).size).toBe(chain.length)
        for (const [i, { facts, nextReferralId, status }] of chain.entries()) {
          expect(facts.follows).toBe(chain[i - 1]?.referralId)
          expect(nextReferralId).toBe(chain[i + 1]?.referralId)
          // Before the person's need only one partner at a time has it.
          if (i < chain.length - 1) expect(isUnserved({ status })).toBe(true)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('two take the place of one at once: one is sent, the other stays a draft', async () => {
    const w = await world(3, [0, 1, 2])
    const { referralId } = await w.send(0, now)
    const call = callBy(partnerOf(orgOf(0)), 'referral:answer')
    await execute(w.referrals, referralId, { type: 'decline', why: 'no-capacity', ...issued(call) }, call)
    const both = await Promise.all([w.send(1, now, referralId), w.send(2, now, referralId)])
    expect(both.map(({ ok }) => ok).toSorted()).toEqual([false, true])
    const winner = both.find(({ ok }) => ok)
    expect((await w.load(referralId)).nextReferralId).toBe(winner?.referralId)
    for (const { referralId: id, ok } of both) expect((await w.load(id)).status).toBe(ok ? 'sent' : 'draft')
  })

  test('nobody else may know of it: the coordinator is told once', async () => {
    const w = await world(3, [0])
    const { referralId } = await w.send(0, now)
    await hourBegins(w, hoursLater(72), referralId)
    expect(await w.load(referralId)).toMatchObject({ status: 'expired', escalated: 'no-next-partner' })
    const told = (await w.referrals.store.history(referralId)).flatMap(({ events }) => events.map(({ type }) => type))
    expect(told.filter((type) => type.includes('escalated'))).toHaveLength(1)
  })

  test('who wrote the first works on the next, which is sent from the office that holds the case', async () => {
    const w = await world(2, [0, 1])
    const { referralId } = await w.send(0, now)
    const learnt = callBy(service, 'referral:record-consent')
    await createOrExecute(w.caseFiles, caseId, { type: 'record-holder', caseId, office: 'labe', version: 9, ...issued(learnt) }, learnt)
    const call = callBy(service, 'referral:recall')
    const file = await fileOf(w.caseFiles.store, caseId)
    await execute(w.referrals, referralId, { type: 'review', file, ...issued(call) }, call)
    await hourBegins(w, hoursLater(72), referralId)
    const [, next] = await w.chain(referralId)
    expect(next && referrals.resource(next)).toMatchObject({ offices: ['labe'], assignees: [service.id] })
  })
})

test('of any number who accept at once, one wins', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 6 }), async (people) => {
      const w = await world(1, [0])
      const { referralId } = await w.send(0, now)
      const file = await fileOf(w.caseFiles.store, caseId)
      const organisation = (await w.organisations.store.load(orgOf(0)))?.state
      const outcomes = await Promise.all(
        Array.from({ length: people }, () => {
          const call = callBy(partnerOf(orgOf(0)), 'referral:answer')
          return execute(w.referrals, referralId, { type: 'accept', file, organisation, ...issued(call) }, call)
        }),
      )
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
      for (const outcome of outcomes) if (!outcome.ok) expect(outcome.refusal.code).toBe('already-accepted')
    }),
    { numRuns: 20 },
  )
})

describe('an hour that begins', () => {
  /** A store that counts what is asked of it. */
  function counted(w: World) {
    const asked = { lists: 0, rows: 0, loads: 0 }
    const { store } = w.referrals
    const repository: World['referrals'] = {
      aggregate: referrals,
      store: {
        ...store,
        list: async (query) => {
          const page = await store.list(query)
          asked.lists++
          asked.rows += page.rows.length
          return page
        },
        load: (id, options) => {
          asked.loads++
          return store.load(id, options)
        },
      },
    }
    return { repository, asked }
  }

  test('reads what is due, whatever else waits', async () => {
    const w = await world(1, [0])
    await w.send(0, now)
    for (let n = 0; n < 60; n++) await w.send(0, hoursLater(100))
    const { repository, asked } = counted(w)
    await keepTime(repository, hoursLater(71), keeping(hoursLater(71)))
    const idle = { ...asked }
    expect(idle.loads).toBe(0)
    await keepTime(repository, hoursLater(72), keeping(hoursLater(72)))
    // The same lists, and the one that is due.
    expect(asked).toEqual({ lists: 2 * idle.lists, rows: 2 * idle.rows, loads: 1 })
    expect(idle.rows).toBeLessThanOrEqual(25)
  })

  test('finds everything that is due, however many, and once only', async () => {
    const w = await world(1, [0])
    for (let n = 0; n < 30; n++) await w.send(0, hoursLater(n % 3))
    expect(await keepTime(w.referrals, hoursLater(80), keeping(hoursLater(80)))).toHaveLength(30)
    expect(await keepTime(w.referrals, hoursLater(81), keeping(hoursLater(81)))).toEqual([])
  })

  test('one record that fails keeps nobody else waiting, and is told of', async () => {
    const w = await world(1, [0])
    const ids: string[] = []
    for (let n = 0; n < 3; n++) ids.push((await w.send(0, now)).referralId)
    const failing: World['referrals'] = {
      aggregate: referrals,
      store: {
        ...w.referrals.store,
        load: (id, options) => (id === ids[1] ? Promise.reject(new TypeError('down')) : w.referrals.store.load(id, options)),
      },
    }
    await expect(keepTime(failing, hoursLater(72), keeping(hoursLater(72)))).rejects.toThrow('1 of 3 deadlines were not kept: TypeError')
    expect(await Promise.all(ids.map(async (id) => (await w.load(id)).status))).toEqual(['expired', 'sent', 'expired'])
  })

  test('is left to the next when that has begun, and finds all then', async () => {
    expect(isOvertaken('2026-03-05T10:00:00Z', '2026-03-05T10:59:59.999Z')).toBe(false)
    expect(isOvertaken('2026-03-05T10:00:00Z', '2026-03-05T11:00:00.000Z')).toBe(true)
    const w = await world(1, [0])
    const { referralId } = await w.send(0, now)
    const { repository, asked } = counted(w)
    expect(await keepTime(repository, hoursLater(72), keeping(hoursLater(73)))).toEqual([])
    expect(asked.lists).toBe(0)
    await keepTime(repository, hoursLater(73), keeping(hoursLater(73)))
    expect((await w.load(referralId)).status).toBe('expired')
  })
})

test('what is overdue is listed with what has waited longest first, from every state', async () => {
  const w = await world(2, [0])
  const acknowledge = async (referralId: string, hours: number) => {
    const call = callBy(partnerOf(orgOf(0)), 'referral:answer', { at: hoursLater(hours) })
    await execute(w.referrals, referralId, { type: 'receive', ...issued(call) }, call)
  }
  const { referralId: expired } = await w.send(0, now)
  const { referralId: received } = await w.send(0, now)
  const { referralId: sent } = await w.send(0, hoursLater(30))
  await w.send(0, hoursLater(90))
  await acknowledge(received, 10)
  await keepTime(w.referrals, hoursLater(72), keeping(hoursLater(72)))
  const listed = async (limit: number) =>
    (await overdue(w.referrals, 'conakry', hoursLater(103), limit)).map(({ referralId }) => referralId)
  expect(await listed(10)).toEqual([expired, received, sent])
  expect(await listed(2)).toEqual([expired, received])
  expect(await overdue(w.referrals, 'labe', hoursLater(103), 10)).toEqual([])
})
