import {
  type Call,
  cloudEvent,
  decide,
  defineApi,
  execute,
  fold,
  memoryFindIndex,
  memoryStore,
  type Principal,
  type Role,
  referenceOf,
  verifyHistory,
} from '@wontanara/core'
import {
  CaseMerged,
  CaseUnmerged,
  ConsentGiven,
  ConsentWithdrawn,
  type EventDefinition,
  ReferralCompleted,
  ReferralSent,
} from '@wontanara/events'
import { callBy, client } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { consumers, registrations } from './app.ts'
import { adult, child, counsel, declare, findings, intake, now, register } from './builders.ts'
import { cases, mergedPartition, officePartition } from './case.ts'
import { isLower } from './child-classification.ts'
import type { CaseCommand } from './commands.ts'
import { dayOf } from './consent.ts'
import { bodies } from './examples.ts'
import { linksOf } from './links.ts'
import { memoryPorts } from './memory-ports.ts'
import { mergeRoutes } from './merge.api.ts'
import { merging } from './merge.app.ts'
import { guardsOf } from './missing.ts'
import { needStatus } from './needs.ts'
import { catalogue } from './refusals.ts'
import type { Registration } from './registration.ts'
import { classificationOf, lowers } from './screening.ts'
import { searchRoutes } from './search.api.ts'
import { searching } from './search.app.ts'
import { type CaseState, consentsAt, isChildAt, ledgerOf } from './state.ts'
import { suspectsOf } from './suspects.ts'

const one = 'case-000000000001'
const other = 'case-000000000002'
const boss: Principal = { kind: 'staff', id: 'staff-0002', roles: ['supervisor'], offices: ['niger', 'kankan', 'labe'] }
const everybody: Principal = {
  kind: 'staff',
  id: 'staff-0099',
  roles: ['supervisor', 'case-manager', 'protection-officer', 'intake-officer'],
  offices: ['niger', 'kankan', 'labe'],
}
const hour = (n: number): string => new Date(Date.parse(now) + n * 3_600_000).toISOString()

/** Two cases in one store, and what may be done with them. */
function pair(
  first: Registration = adult,
  second: Registration = adult,
  offices: readonly [CaseState['office'], CaseState['office']] = ['niger', 'niger'],
) {
  const store = memoryStore(cases)
  const repo = { aggregate: cases, store }
  const api = defineApi('case-intake', { en: 'Merging', fr: 'Fusion' }, { ...mergeRoutes, ...searchRoutes })
  const index = memoryFindIndex()
  const ports = { cases: repo, index }
  const { as } = client(api, { ...merging(ports), ...searching(ports) }, { refusals: catalogue, recordAccess: store.recordAccess })
  const load = async (id: string) => {
    const stored = await store.load(id)
    if (stored === undefined) throw new Error(`${id} is not there`)
    return stored
  }
  /** Does something in the name of somebody who may do all of it; a refusal changes nothing. */
  const act = async (id: string, asked: Asked, at: string = now, by: Principal = everybody) => {
    const call = callBy({ kind: 'service', id: 'test' }, 'case:note-candidates', { at })
    return execute(repo, id, { ...asked, at, by }, call)
  }
  const begin = async (...more: readonly string[]) => {
    for (const [id, person, office] of [
      [one, first, offices[0]] as const,
      [other, second, offices[1]] as const,
      ...more.map((id) => [id, first, offices[0]] as const),
    ]) {
      const decided = cases.decide(undefined, { ...register(person), caseId: id, office, at: now, by: intake })
      if (!decided.ok) throw new Error(decided.refusal.code)
      const state = fold(cases, undefined, decided.value)
      if (state === undefined) throw new Error('nothing registered')
      const trail = { at: now, by: intake.id, as: 'intake-officer', offices: [office], action: 'case:register' }
      await store.append({ id, from: undefined, state, events: decided.value, trail, mark: `register-${id.slice(-4)}` })
    }
  }
  const samePerson = async () => {
    await act(one, { type: 'decide-duplicates', duplicates: { outcome: 'same-person', comparedWith: [other] } })
    await act(other, { type: 'decide-duplicates', duplicates: { outcome: 'same-person', comparedWith: [one] } })
  }
  const merge = async (id = one, into = other, by: Principal = boss, at = now) =>
    as(by)('POST /v1/cases/{caseId}/merge', { caseId: id }, { body: { into }, ifMatch: (await load(id)).version, at })
  const unmerge = async (body: object = { reason: 'another-person' }, by: Principal = boss, at = now) =>
    as(by)('POST /v1/cases/{caseId}/unmerge', { caseId: one }, { body, ifMatch: (await load(one)).version, at })
  const state = async (id: string) => (await load(id)).state
  /** What the table's stream brings about. */
  const follow = async (...ids: readonly string[]) => {
    for (const caseId of ids) await registrations(ports)(caseId, (action) => callBy({ kind: 'service', id: 'case-intake' }, action))
  }
  return { store, repo, index, as, load, state, act, begin, samePerson, merge, unmerge, follow }
}

type Asked = CaseCommand extends infer C ? (C extends unknown ? Omit<C, 'at' | 'by'> : never) : never

/** What somebody does to a case; what it is done to is picked among what is there. */
type Deed = (state: CaseState, serial: number) => Asked
const scopes = ['name', 'contact', 'needs'] as const
const recipients = ['org-exemple-un', 'org-exemple-deux'] as const
const id = (prefix: string, serial: number) => `${prefix}-${String(serial).padStart(12, '0')}`
const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)]

const guardian = { kind: 'guardian', name: 'Mamadou Tuteur-Exemple', relation: 'appointed-guardian', childAssents: true } as const
const screening = fc
  .record({
    trafficking: fc.constantFrom('yes', 'no', 'not-asked'),
    asylumClaim: fc.constantFrom('none', 'pending', 'withdrawn', 'decided'),
    accompaniment: fc.constantFrom('parent', 'other-relative', 'nobody'),
    ageInDoubt: fc.boolean(),
    birthDate: fc.option(fc.constantFrom('2010', '2009-05', '1990'), { nil: undefined }),
    override: fc.option(
      fc.record({
        classification: fc.constantFrom('adult', 'separated-child', 'unaccompanied-child'),
        reason: fc.constant('Exemple: as the officer found it to be.'),
      }),
      { nil: undefined },
    ),
    household: fc.subarray(['debt', 'single-parent-household'] as const).map((list) => list.filter((factor) => factor === 'debt')),
  })
  .map(
    ({ household, birthDate, override, ...found }): Deed =>
      () => ({
        type: 'screen',
        findings: findings({
          ...found,
          ...(birthDate === undefined ? {} : { birthDate }),
          ...(override === undefined ? {} : { override }),
          factors: { individual: [], household, community: [], structural: [] },
          loweredBecause: 'Exemple: a screening after another one, at random.',
        }),
      }),
  )
const counselling = fc
  .record({ day: fc.constantFrom('2026-02-27', '2026-03-01'), outcome: fc.constantFrom('wishes-to-return', 'does-not-wish-to-return') })
  .map(
    ({ day, outcome }): Deed =>
      () => ({
        type: 'record-session',
        terms: {
          ...bodies.session,
          subjects: ['return', 'reintegration'],
          topics: [...bodies.session.topics],
          optionsShown: [...bodies.session.optionsShown],
          heldOn: day,
          outcome,
        },
      }),
  )
const need = fc.constant<Deed>((_, serial) => ({ type: 'record-need', needId: id('need', serial), terms: bodies.need }))
const answer = fc.nat(9).map(
  (n): Deed =>
    ({ needs = [] }) => ({
      type: 'answer-need',
      needId: pick(needs, n)?.needId ?? 'need-000000000000',
      answer: { kind: 'service', provider: 'programme', on: '2026-03-02' },
    }),
)
const referral = fc.nat(9).map(
  (n): Deed =>
    ({ needs = [] }, serial) => ({
      type: 'note-referral',
      needId: pick(needs, n)?.needId ?? 'need-000000000000',
      link: { referralId: id('ref', serial), sequence: serial, state: 'sent' },
    }),
)
const giving = fc
  .record({
    recipient: fc.constantFrom(...recipients),
    scopes: fc.subarray([...scopes], { minLength: 1 }),
    byGuardian: fc.boolean(),
    until: fc.option(fc.constantFrom(hour(3), hour(400)), { nil: undefined }),
    basis: fc.constantFrom('consent', 'consent', 'consent', 'legal-obligation'),
  })
  .map(
    ({ byGuardian, until, basis, ...terms }): Deed =>
      (_, serial) => ({
        type: 'give-consent',
        consentId: id('consent', serial),
        terms: {
          purpose: 'referral',
          ...terms,
          grounds:
            basis === 'consent'
              ? { ...bodies.consent.grounds, signatory: byGuardian ? guardian : { kind: 'self' } }
              : { basis: 'legal-obligation', legalReference: 'Exemple L/2016' },
          ...(until === undefined ? {} : { validUntil: until }),
        },
      }),
  )
const takingBack = fc.nat(9).map(
  (n): Deed =>
    (state) => ({
      type: 'withdraw-consent',
      consentId:
        pick(
          ledgerOf(state).filter(({ kind }) => kind === 'given'),
          n,
        )?.consentId ?? 'consent-000000000000',
      withdrawnBy: 'person',
    }),
)
const paper = { date: '2026-02-20', reference: 'EX-1' }
const safeguard = fc
  .constantFrom(
    { kind: 'guardian-named', authority: 'juvenile-judge', ...paper, guardian: 'Mamadou Tuteur-Exemple' } as const,
    { kind: 'guardianship-ended', authority: 'juvenile-judge', ...paper } as const,
    { kind: 'child-views', authority: 'programme', ...paper, outcome: 'agrees' } as const,
    { kind: 'child-views', authority: 'programme', ...paper, outcome: 'objects' } as const,
    { kind: 'safe-return-assessment', authority: 'programme', ...paper, outcome: 'positive' } as const,
    { kind: 'safe-return-assessment', authority: 'programme', ...paper, outcome: 'negative' } as const,
  )
  .map(
    (terms): Deed =>
      () => ({ type: 'record-safeguard', terms }),
  )
const assignment = fc.subarray(['staff-0011', 'staff-0012', 'staff-0013']).map(
  (team): Deed =>
    () => ({ type: 'assign', lead: 'staff-0010', team }),
)
const correction = fc.constantFrom('2011', '1990-05', '1998-04').map(
  (birthDate): Deed =>
    ({ registration: { presentIn, person } }) => ({
      type: 'correct',
      reason: 'typing-error',
      facts: { presentIn, person: { ...person, birthDate } },
    }),
)
const declaration = fc.boolean().map(
  (byGuardian): Deed =>
    () => ({
      type: 'declare',
      terms: { ...bodies.declaration, signatory: byGuardian ? guardian : { kind: 'self' }, language: 'emk' },
    }),
)
const link = fc.tuple(fc.nat(3), fc.constantFrom('sibling', 'travelling-with', 'separated-from', 'guardian', 'parent')).map(
  ([n, relation]): Deed =>
    (_, serial) => ({
      type: 'link',
      leads: true,
      link: { linkId: id('link', serial), other: id('case', 90 + n), relation, at: now, recordedBy: everybody.id },
    }),
)
const deed: fc.Arbitrary<Deed> = fc.oneof(
  screening,
  counselling,
  need,
  need,
  answer,
  referral,
  giving,
  giving,
  giving,
  takingBack,
  safeguard,
  assignment,
  correction,
  declaration,
  link,
)
const deeds = fc.array(fc.tuple(fc.constantFrom(one, other), deed), { minLength: 3, maxLength: 16 })
const people = fc.constantFrom(adult, adult, child)

/** Every entry of a case, by what makes it one. */
function entries(state: CaseState): readonly string[] {
  const { sessions = [], needs = [], safeguards = [] } = state
  return [
    ...linksOf(state).map(({ from: _, ...link }) => `linked ${JSON.stringify(link)}`),
    ...sessions.map(({ from: _, ...session }) => `session ${JSON.stringify(session)}`),
    ...needs.map(({ needId }) => needId),
    ...safeguards.map(({ from: _, ...entry }) => `safeguard ${JSON.stringify(entry)}`),
    ...ledgerOf(state).flatMap((line) => (line.kind === 'given' ? [line.consentId] : [])),
  ].sort()
}
const together = (...states: readonly CaseState[]): readonly string[] => states.flatMap(entries).sort()
const minus = (all: readonly string[], some: readonly string[]): readonly string[] => {
  const left = [...all]
  for (const entry of some) {
    const at = left.indexOf(entry)
    if (at < 0) throw new Error(`${entry} is missing`)
    left.splice(at, 1)
  }
  return left
}

/** What a case allows at an instant: purpose, recipient and field group, by consent. */
const allowed = (state: CaseState, at: string, basis: 'consent' | 'any' = 'any'): ReadonlySet<string> =>
  new Set(
    consentsAt(state, at)
      .filter(({ grounds }) => basis === 'any' || grounds.basis === 'consent')
      .flatMap(({ purpose, recipient, scopes: groups }) =>
        (groups.length === 0 ? [''] : groups).map((scope) => `${purpose} ${recipient} ${scope}`),
      ),
  )
const spokeOf = (state: CaseState): ReadonlySet<string> =>
  new Set(
    ledgerOf(state).flatMap((line) =>
      line.kind === 'given' && line.grounds.basis === 'consent' ? [`${line.purpose} ${line.recipient}`] : [],
    ),
  )
const isWithin = (inner: ReadonlySet<string>, outer: ReadonlySet<string>): boolean => [...inner].every((entry) => outer.has(entry))
const bothOf = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> => new Set([...a, ...b])

type Case = ReturnType<typeof pair>
// Ids of their own, far from those of the two cases.
let serial = 1000
async function play(it: Case, list: readonly (readonly [string, Deed])[], at: string, only?: string): Promise<void> {
  for (const [target, make] of list) {
    const where = only ?? target
    await it.act(where, make(await it.state(where), ++serial), at)
  }
}
async function verified({ store, state }: Case): Promise<void> {
  for (const caseId of [one, other]) {
    expect(verifyHistory(await store.chain(caseId))).toBeUndefined()
    const history = (await store.history(caseId)).flatMap(({ events }) => events)
    expect(JSON.parse(JSON.stringify(fold(cases, undefined, history)))).toEqual(JSON.parse(JSON.stringify(await state(caseId))))
  }
}

describe('whatever happened before, between and after', () => {
  const runs = { numRuns: 60 }

  test('nothing is lost, nothing is in both cases, and what goes back is what came', async () => {
    await fc.assert(
      fc.asyncProperty(
        people,
        people,
        deeds,
        deeds,
        deeds,
        fc.infiniteStream(fc.boolean()),
        async (first, second, before, between, after, coin) => {
          const it = pair(first, second)
          await it.begin()
          await it.samePerson()
          await play(it, before, now)
          const [under, on] = [await it.state(one), await it.state(other)]
          const merged = await it.merge(one, other, boss, hour(1))
          if (merged.status !== 200) return
          expect(entries(await it.state(one))).toEqual([])
          expect(entries(await it.state(other))).toEqual(together(under, on))

          await play(it, between, hour(2), other)
          const held = await it.state(other)
          const added = minus(entries(held), together(under, on))
          const movable = added.filter((entry) => /^(need|consent)-/.test(entry))
          const move = movable.filter(() => coin.next().value)
          expect((await it.unmerge({ reason: 'another-person', move }, boss, hour(3))).status).toBe(200)

          const [again, stays] = [await it.state(one), await it.state(other)]
          expect(entries(again)).toEqual([...entries(under), ...move].sort())
          expect(entries(stays)).toEqual([...entries(on), ...minus(added, move)].sort())
          expect(JSON.stringify([again, stays])).not.toContain('"from"')
          // With what became of it meanwhile.
          for (const need of again.needs ?? []) expect(need).toEqual(withoutFrom(held.needs?.find(({ needId }) => needId === need.needId)))
          await play(it, after, hour(4))
          await verified(it)
        },
      ),
      runs,
    )
  })

  test('consents never become wider', async () => {
    await fc.assert(
      fc.asyncProperty(people, people, deeds, deeds, async (first, second, before, between) => {
        const it = pair(first, second)
        await it.begin()
        await it.samePerson()
        await play(it, before, now)
        const [under, on] = [await it.state(one), await it.state(other)]
        if ((await it.merge(one, other, boss, hour(1))).status !== 200) return
        const merged = await it.state(other)
        const taken = ledgerOf(merged).flatMap((line) => (line.kind === 'withdrawn' ? [line.consentId] : []))
        expect(new Set(taken).size).toBe(taken.length)
        for (const at of [hour(1), hour(2), hour(4), hour(500)]) {
          for (const entry of allowed(merged, at, 'consent')) {
            const matter = entry.split(' ').slice(0, 2).join(' ')
            const asked = [under, on].filter((side) => spokeOf(side).has(matter))
            expect(asked.length).toBeGreaterThan(0)
            // Both spoke: both allow it, each by its own lights when they were merged.
            for (const side of asked) expect(bothOf(allowed(side, hour(1), 'consent'), new Set())).toContain(entry)
          }
          expect(isWithin(allowed(merged, at), bothOf(allowed(under, at), allowed(on, at)))).toBe(true)
        }
        await play(it, between, hour(2), other)
        const held = await it.state(other)
        await it.unmerge({ reason: 'another-person' }, boss, hour(3))
        const [again, stays] = [await it.state(one), await it.state(other)]
        for (const at of [hour(3), hour(4), hour(500)]) {
          expect(isWithin(allowed(again, at), allowed(under, at))).toBe(true)
          // Who is found to be a child, or an adult after all, is by a correction meanwhile: it decides who may have signed at registration.
          const corrected = isChildAt(on, at) === isChildAt(stays, at) ? [] : ['data-processing undefined ']
          expect(isWithin(allowed(stays, at), new Set([...allowed(on, at), ...givenSince(on, held), ...corrected]))).toBe(true)
        }
      }),
      runs,
    )
  })

  test('need of protection is never found less by it', async () => {
    await fc.assert(
      fc.asyncProperty(people, people, deeds, async (first, second, before) => {
        const it = pair(first, second)
        await it.begin()
        await it.samePerson()
        await play(it, before, now)
        const [under, on] = [await it.state(one), await it.state(other)]
        if ((await it.merge(one, other, boss, hour(1))).status !== 200) return
        const merged = await it.state(other)
        const at = hour(1)
        expect(isChildAt(merged, at)).toBe(isChildAt(under, at) || isChildAt(on, at))
        for (const side of [under, on]) {
          if (side.screening === undefined) continue
          expect(merged.screening).toBeDefined()
          if (merged.screening === undefined) continue
          const { loweredBecause: _, ...found } = merged.screening
          expect(lowers(merged.registration, side.screening, found, dayOf(at))).toBe(false)
          const before = classificationOf(side.registration, side.screening, dayOf(at)).classification
          expect(isLower(classificationOf(merged.registration, merged.screening, dayOf(at)).classification, before)).toBe(false)
        }
        const adverse = ['child-objects', 'return-not-safe', 'best-interests-elsewhere', 'asylum-claim-pending'] as const
        const codes = (state: CaseState) => guardsOf(state, 'voluntary-confirmed', at).map(({ code }) => code)
        for (const side of [under, on])
          for (const code of codes(side).filter((found) => adverse.some((bad) => bad === found))) expect(codes(merged)).toContain(code)
      }),
      runs,
    )
  })

  test('nobody sees more of a person than before', async () => {
    const principal = fc.record({
      id: fc.constantFrom('staff-0010', 'staff-0011', 'staff-0012', 'staff-0013', 'staff-0099'),
      roles: fc.subarray<Role>(
        ['supervisor', 'case-manager', 'protection-officer', 'child-protection-officer', 'medical-officer', 'intake-officer'],
        {
          minLength: 1,
        },
      ),
      offices: fc.subarray(['labe', 'kankan', 'niger']),
    })
    await fc.assert(
      fc.asyncProperty(
        people,
        people,
        deeds,
        fc.array(principal, { minLength: 1, maxLength: 8 }),
        async (first, second, before, readers) => {
          const it = pair(first, second, ['labe', 'kankan'])
          await it.begin()
          await it.samePerson()
          await play(it, before, now)
          const [under, on] = [await it.state(one), await it.state(other)]
          if ((await it.merge(one, other, boss, hour(1))).status !== 200) return
          const [gone, merged] = [await it.state(one), await it.state(other)]
          const sees = (reader: Principal, state: CaseState) => decide(reader, 'case:read', cases.resource(state))
          const protects = (reader: Principal, state: CaseState): boolean => {
            const access = sees(reader, state)
            return access.allow && access.classes.has('C3-protection')
          }
          for (const reader of readers.map((staff): Principal => ({ kind: 'staff', ...staff }))) {
            for (const state of [gone, merged])
              if (sees(reader, state).allow) expect(sees(reader, on).allow || sees(reader, under).allow).toBe(true)
            if (sees(reader, gone).allow) expect(sees(reader, merged).allow).toBe(true)
            const secret = under.screening !== undefined || under.safeguards !== undefined
            for (const state of [gone, merged])
              if (secret && protects(reader, state)) expect([protects(reader, under), protects(reader, on)]).toEqual([true, true])
          }
        },
      ),
      runs,
    )
  })
})

const View = z.looseObject({ code: z.string().optional(), errors: z.array(z.looseObject({ code: z.string() })).optional() })
const codesOf = (body: unknown): readonly string[] => {
  const { code, errors = [] } = View.parse(body)
  return [...(code === undefined ? [] : [code]), ...errors.map((error) => error.code)]
}

describe('a merge is refused', () => {
  const elsewhere: Registration = { ...adult, person: { ...adult.person, name: { given: 'Naby', family: 'Sampil' } } }
  const third = 'case-000000000003'
  const withdraw: Asked = { type: 'withdraw', withdrawnBy: 'person' }
  const died: Asked = {
    type: 'interrupt',
    interruption: { status: 'deceased', on: '2026-03-01', source: 'Exemple: the hospital' },
  }
  const suspend: Asked = { type: 'interrupt', interruption: { status: 'suspended', reason: 'document' } }
  const close: readonly Asked[] = [
    { type: 'request-closure', reason: 'registered-twice' },
    { type: 'decide-closure', decision: 'approved' },
  ]
  const second = { ...everybody, id: 'staff-0098' }
  const linkTo = (whom: string, relation: 'sibling' | 'child' | 'travelling-with'): Asked => ({
    type: 'link',
    leads: true,
    link: { linkId: 'link-000000000001', other: whom, relation, at: now, recordedBy: everybody.id },
  })

  test.each<readonly [string, readonly Asked[], readonly Asked[], readonly string[]]>([
    ['after nothing but the decision that they are one', [], [], []],
    ['when the one that goes under was withdrawn', [withdraw], [], ['merge-states-differ']],
    ['not when both were withdrawn', [withdraw], [withdraw], []],
    ['not when the one that goes on was withdrawn', [], [withdraw], []],
    ['when the person died by one of them', [died], [], ['merge-states-differ']],
    ['when the person died by the other', [], [died], ['merge-states-differ']],
    ['not when the person died by both', [died], [died], []],
    ['when the one that goes under is suspended', [suspend], [], ['merge-states-differ']],
    ['not when the one that goes on is', [], [suspend], []],
    ['when the one that goes under is closed', close, [], ['merge-states-differ']],
    ['when the one that goes on is', [], close, ['merge-states-differ']],
    ['not when both are closed', close, close, []],
    ['while a closure waits', [], close.slice(0, 1), ['closure-pending']],
    ['not when it is linked to others', [linkTo(third, 'sibling')], [], []],
    ['not when both are linked to one and the same', [linkTo(third, 'sibling')], [linkTo(third, 'travelling-with')], []],
    ['when they are linked to each other', [linkTo(other, 'travelling-with')], [], ['merge-linked']],
    [
      'when a third is said to be a child of one and a brother of the other',
      [linkTo(third, 'child')],
      [linkTo(third, 'sibling')],
      ['merge-linked'],
    ],
  ])('%s', async (_, ofFirst, ofOther, wanted) => {
    const it = pair(adult, elsewhere)
    await it.begin()
    await it.samePerson()
    for (const [caseId, list] of [
      [one, ofFirst],
      [other, ofOther],
    ] as const)
      for (const asked of list)
        expect((await it.act(caseId, asked, now, asked.type === 'decide-closure' ? second : everybody)).ok).toBe(true)
    const { body } = await it.as(boss)('GET /v1/cases/{caseId}/merge', { caseId: one }, { query: { into: other } })
    expect(
      z
        .object({ missing: z.array(z.looseObject({ code: z.string() })) })
        .parse(body)
        .missing.map(({ code }) => code),
    ).toEqual(wanted)
    const merged = await it.merge()
    expect([merged.status, ...codesOf(merged.body)]).toEqual(wanted.length === 0 ? [200] : [409, 'guards-failed', ...wanted])
  })

  test('until somebody decided, and by a decision to the contrary', async () => {
    const it = pair()
    await it.begin()
    expect(codesOf((await it.merge()).body)).toEqual(['guards-failed', 'same-person-undecided'])
    await it.samePerson()
    await it.act(other, { type: 'decide-duplicates', duplicates: { outcome: 'another-person', comparedWith: [one] } })
    expect(codesOf((await it.merge()).body)).toEqual(['guards-failed', 'same-person-undecided'])
    expect(codesOf((await it.merge(one, one)).body)).toEqual(['guards-failed', 'merge-into-itself'])
  })

  test('across the border of a mission, which a file crosses by a transfer only', async () => {
    const it = pair(adult, adult, ['niger', 'kankan'])
    await it.begin()
    await it.samePerson()
    expect(codesOf((await it.merge()).body)).toEqual(['guards-failed', 'merge-across-missions'])
  })

  test('into a case that is out of reach, as if it did not exist; and to whoever may not merge', async () => {
    const it = pair(adult, adult, ['niger', 'kankan'])
    await it.begin()
    await it.samePerson()
    const here: Principal = { kind: 'staff', id: 'staff-0002', roles: ['supervisor'], offices: ['niger'] }
    const answers = [await it.merge(one, other, here), await it.merge(one, third, here)]
    expect(answers.map(({ status, body }) => [status, ...codesOf(body)])).toEqual([
      [404, 'not-found'],
      [404, 'not-found'],
    ])
    expect((await it.merge(one, other, { ...here, roles: ['case-manager'] })).status).toBe(403)
    expect((await it.state(one)).status).toBe('registered')
  })

  test('by whoever has not read it as it is, and of two at once one is', async () => {
    const it = pair()
    await it.begin()
    await it.samePerson()
    const stale = await it.as(boss)('POST /v1/cases/{caseId}/merge', { caseId: one }, { body: { into: other }, ifMatch: 1 })
    expect(stale.status).toBe(412)
    const both = await Promise.all([it.merge(one, other), it.merge(other, one)])
    // The other has changed meanwhile, and is to be read again.
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    const statuses = [await it.state(one), await it.state(other)].map(({ status }) => status).sort()
    expect(statuses).toEqual(['merged', 'registered'])
  })
})

/** Any consumer's function, written as a method: each was checked against its own event. */
interface AnyConsumer {
  run(event: unknown, call: (action: Call['action']) => Call): Promise<readonly { readonly ok: boolean }[]>
}

describe('a merged case', () => {
  const phone = '+22790000777'
  const document = { type: 'passport', number: 'EX-777', issuedBy: 'GN' } as const
  const otherwise: Registration = {
    ...adult,
    person: {
      ...adult.person,
      name: { given: 'Naby', family: 'Sampil' },
      birthDate: '1971',
      origin: 'GN-B',
      contacts: [{ phone, owner: 'self', safe: true }],
      documents: [document],
    },
  }
  async function merged(...before: readonly (readonly [string, Asked])[]) {
    const it = pair(otherwise, adult)
    await it.begin()
    await it.samePerson()
    for (const [caseId, asked] of before) expect((await it.act(caseId, asked)).ok).toBe(true)
    await it.follow(one, other)
    expect((await it.merge()).status).toBe(200)
    await it.follow(one, other)
    const search = async (question: object) => {
      const { body } = await it.as(boss)('POST /v1/case-searches', {}, { body: { office: 'niger', ...question } })
      return z
        .object({ items: z.array(z.looseObject({ caseId: z.string() })) })
        .parse(body)
        .items.map(({ caseId }) => caseId)
    }
    const list = async (partition: string) => (await it.store.list({ index: 'gsi1', pk: partition, limit: 10 })).rows.length
    const published = async (caseId: string) =>
      (await it.store.history(caseId)).flatMap(({ events }) => events.filter(({ type }) => type.includes('.')))
    return { ...it, search, list, published }
  }
  const need: Asked = { type: 'record-need', needId: 'need-000000000001', terms: bodies.need }
  const consent = (consentId: string, differs: object = {}): Asked => ({
    type: 'give-consent',
    consentId,
    terms: { purpose: 'referral', recipient: 'org-exemple', scopes: ['name'], grounds: bodies.consent.grounds, ...differs },
  })

  test('takes no command, and says where to go on', async () => {
    const it = await merged([one, need])
    const commands: readonly Asked[] = [
      need,
      consent('consent-000000000009'),
      { type: 'withdraw', withdrawnBy: 'person' },
      { type: 'assign', lead: 'staff-0003', team: [] },
      { type: 'reopen', reason: 'new-facts' },
      { type: 'note-referral', needId: 'need-000000000001', link: { referralId: 'ref-000000000001', sequence: 1, state: 'sent' } },
    ]
    for (const asked of commands) {
      const outcome = await it.act(one, asked)
      expect(outcome.ok ? 'accepted' : outcome.refusal).toMatchObject({ code: 'case-merged', params: { reference: referenceOf(other) } })
    }
    expect(codesOf((await it.merge(one, other)).body)).toEqual(['case-merged'])
    // What the stream or a decision elsewhere says of it holds nobody up.
    for (const asked of [
      { type: 'note-candidates', found: [] },
      { type: 'settle-candidate', other: 'case-000000000003', outcome: 'same-person' },
    ] as const)
      expect((await it.act(one, asked)).ok).toBe(true)
  })

  test('is found no more, but what is known of the person leads to the case that goes on', async () => {
    const it = await merged()
    for (const question of [
      { name: 'Sampil' },
      { phone },
      { document: { number: 'ex 777', issuedBy: 'GN' } },
      { birthYear: 1971 },
      { name: 'Camara' },
    ])
      expect(await it.search(question)).toEqual([other])
    // By its own reference only, with the way to the other.
    expect(await it.search({ reference: referenceOf(one) })).toEqual([one])
    expect([await it.list(officePartition('niger')), await it.list(mergedPartition('niger'))]).toEqual([1, 1])
    const again = await suspectsOf(it.store, it.index, otherwise.person, 'case-000000000004', true)
    expect(again.map(({ caseId }) => caseId)).toEqual([other])
    expect((await it.state(other)).candidates?.map(({ caseId }) => caseId) ?? []).not.toContain(one)

    await it.unmerge()
    expect(guardsOf(await it.state(one), 'screened', now).map(({ code }) => code)).toContain('duplicates-pending')
    await it.follow(one, other)
    expect(await it.search({ phone })).toEqual([one])
    expect(await it.search({ name: 'Camara' })).toEqual([other])
    for (const caseId of [one, other])
      expect(guardsOf(await it.state(caseId), 'screened', now).map(({ code }) => code)).toEqual(['screening-missing'])
  })

  test('tells the other services, in its own name and in that of the other where they do not follow', async () => {
    const it = await merged(
      [one, consent('consent-000000000011')],
      [one, consent('consent-000000000012', { recipient: 'org-autre', scopes: ['name', 'contact'] })],
      [other, consent('consent-000000000013', { recipient: 'org-autre' })],
      [one, consent('consent-000000000014', { purpose: 'medical-examination', recipient: undefined, scopes: [] })],
    )
    const at = await it.published(one)
    expect(at.at(-1)).toEqual({ type: CaseMerged.type, data: { caseId: one, into: other, office: 'niger' } })
    const told = (await it.published(other)).slice(2).map(({ type, data }) => [type, data])
    const wider = { consentId: 'consent-000000000012', purpose: 'referral', recipient: 'org-autre' }
    expect(told).toMatchObject([
      [ConsentWithdrawn.type, { ...wider, caseId: other }],
      [ConsentWithdrawn.type, { ...wider, caseId: one }],
      [ConsentGiven.type, { caseId: other, consentId: 'consent-000000000014', purpose: 'medical-examination' }],
    ])
    // What the person takes back is told under both names: others know it by either.
    await it.act(other, { type: 'withdraw-consent', consentId: 'consent-000000000011', withdrawnBy: 'person' })
    const back = (await it.published(other)).slice(5).map(({ data }) => data)
    expect(back).toMatchObject([{ caseId: other }, { caseId: one }])
    await it.unmerge()
    expect((await it.published(one)).at(-1)).toEqual({ type: CaseUnmerged.type, data: { caseId: one, into: other, office: 'niger' } })
    expect((await it.published(other)).slice(7)).toMatchObject([
      { type: ConsentWithdrawn.type, data: { caseId: other, consentId: 'consent-000000000014' } },
    ])
  })

  test('what an adult signed who is a child by the other case lapses, and everybody is told', async () => {
    const it = pair(adult, child)
    await it.begin()
    await it.samePerson()
    expect((await it.act(one, consent('consent-000000000011'))).ok).toBe(true)
    expect((await it.merge()).status).toBe(200)
    const state = await it.state(other)
    expect(ledgerOf(state)).toContainEqual(
      expect.objectContaining({ kind: 'withdrawn', consentId: 'consent-000000000011', by: 'programme' }),
    )
    const told = (await it.store.history(other)).flatMap(({ events }) => events.filter(({ type }) => type === ConsentWithdrawn.type))
    expect(told.map(({ data }) => data)).toMatchObject([
      { caseId: other, consentId: 'consent-000000000011' },
      { caseId: one, consentId: 'consent-000000000011' },
    ])
  })

  test('has the news of its referrals told to the case that goes on, and to itself again', async () => {
    const it = await merged([one, need])
    const table: Readonly<Record<string, AnyConsumer['run']>> = consumers({ ...memoryPorts(), cases: it.repo })
    const deliver = (definition: EventDefinition, caseId: string, version: number, needId: string, more: object) => {
      const data = {
        referralId: 'ref-000000000001',
        caseId,
        needId,
        office: 'niger',
        organisationId: 'org-exemple',
        serviceId: 'svc-exemple',
      }
      const trail = { at: now, by: 'somebody', as: 'service', offices: [], action: 'referral:send' }
      const event = definition.parse(cloudEvent(data.referralId, version, 0, trail, { type: definition.type, data: { ...data, ...more } }))
      return table[definition.type]?.(event, (action) => callBy({ kind: 'service', id: 'case-intake' }, action))
    }
    const [sent, completed] = [{ service: 'psychosocial', priority: 'urgent', dueAt: hour(24) }, { outcome: 'fully-served' }]
    expect(await deliver(ReferralSent, one, 2, 'need-000000000001', sent)).toMatchObject([{ ok: true }])
    expect((await it.state(other)).needs?.map(needStatus)).toEqual(['referred'])
    await it.unmerge()
    // Sent in the name of the case that went on, for a need that has gone back.
    expect(await deliver(ReferralCompleted, other, 5, 'need-000000000001', completed)).toMatchObject([{ ok: true }])
    expect((await it.state(one)).needs?.map(needStatus)).toEqual(['met'])
    expect(await deliver(ReferralCompleted, other, 6, 'need-000000000009', completed)).toMatchObject([{ ok: false }])
  })

  test('comes back as it was, before the declaration, with those who worked on it', async () => {
    const it = pair()
    await it.begin()
    for (const asked of [
      { type: 'assign', lead: 'staff-0003', team: ['staff-0007'] },
      { type: 'screen', findings: findings({ trafficking: 'no' }) },
      counsel,
    ] satisfies readonly Asked[])
      expect((await it.act(one, asked)).ok).toBe(true)
    expect((await it.act(one, declare(await it.state(one)))).ok).toBe(true)
    await it.act(other, { type: 'assign', lead: 'staff-0010', team: ['staff-0007', 'staff-0011'] })
    const before = await it.state(one)
    expect(before.status).toBe('voluntary-confirmed')
    await it.samePerson()
    await it.merge()
    // What it held for protection reaches nobody who could not see it: only who was assigned to both is still.
    expect(await it.state(other)).toMatchObject({ team: ['staff-0007'], status: 'counselled' })
    expect((await it.state(other)).lead).toBeUndefined()
    expect((await it.state(other)).declaration).toBeUndefined()
    await it.unmerge()
    const { lead, team, office, screening, sessions } = before
    expect(await it.state(one)).toMatchObject({ status: 'counselled', stage: 'counselled', lead, team, office, screening, sessions })
    expect((await it.state(one)).declaration).toBeUndefined()
    expect(await it.state(other)).toMatchObject({ lead: 'staff-0010', team: ['staff-0007', 'staff-0011'] })
    expect((await it.state(other)).screening).toBeUndefined()
  })

  test('leaves its graver words: the last of a safeguard, a doubt about the age, a wish denied on the same day', async () => {
    const safe = (outcome: 'positive' | 'negative'): Asked => ({
      type: 'record-safeguard',
      terms: { kind: 'safe-return-assessment', authority: 'programme', ...paper, outcome },
    })
    const denied: Asked = { ...counsel, terms: { ...counsel.terms, outcome: 'does-not-wish-to-return' } }
    const doubted: Asked = { type: 'screen', findings: findings({ ageInDoubt: true }) }
    const screened: Asked = { type: 'screen', findings: findings() }
    for (const [grave, light, code] of [
      [safe('negative'), safe('positive'), 'return-not-safe'],
      [denied, counsel, 'wish-to-return-denied'],
    ] as const)
      for (const [first, last] of [
        [one, other],
        [other, one],
      ] as const) {
        const it = await merged([one, screened], [first, grave], [last, light])
        expect(guardsOf(await it.state(other), 'voluntary-confirmed', now).map((guard) => guard.code)).toContain(code)
      }
    for (const [sure, unsure] of [
      [one, other],
      [other, one],
    ] as const) {
      const it = await merged([sure, screened], [unsure, doubted])
      expect(isChildAt(await it.state(other), now)).toBe(true)
    }
  })

  test('is decided to be of another person, or to be the one that goes on', async () => {
    const it = await merged()
    await it.unmerge({ reason: 'other-case-goes-on' })
    expect(codesOf((await it.merge(other, one)).body)).toEqual([])
    expect((await it.state(other)).registration.mergedInto).toBe(one)
    const more = await merged()
    await more.unmerge({ reason: 'another-person' })
    expect(codesOf((await more.merge()).body)).toEqual(['guards-failed', 'same-person-undecided'])
    expect(codesOf((await more.unmerge()).body)).toEqual(['not-merged'])
  })

  test('stays with the office that a transfer brought it to, and with nobody of the one that had it', async () => {
    const it = pair()
    await it.begin()
    await it.act(one, { type: 'assign', lead: 'staff-0003', team: ['staff-0007'] })
    await it.act(one, { type: 'screen', findings: findings() })
    await it.act(other, { type: 'assign', lead: 'staff-0010', team: ['staff-0007', 'staff-0011'] })
    await it.samePerson()
    await it.merge()
    const transferId = 'transfer-000000000001'
    for (const [caseId, asked] of [
      [other, { type: 'offer-transfer', transferId, from: 'niger', to: 'kankan' }],
      [other, { type: 'hand-over', transferId }],
      [one, { type: 'move-along', transferId, to: 'kankan' }],
    ] satisfies readonly (readonly [string, Asked])[])
      expect((await it.act(caseId, asked)).ok).toBe(true)
    expect((await it.unmerge()).status).toBe(200)
    for (const caseId of [one, other]) {
      expect(await it.state(caseId)).toMatchObject({ office: 'kankan', team: [] })
      expect((await it.state(caseId)).lead).toBeUndefined()
    }
  })

  test('is one of several: each goes back for itself, and a case that holds others does not go under', async () => {
    const third = 'case-000000000003'
    const it = pair()
    await it.begin(third)
    const found = (household: readonly ['debt'] | readonly []) => ({
      individual: [],
      household: [...household],
      community: [],
      structural: [],
    })
    for (const [caseId, asked] of [
      [one, { type: 'screen', findings: findings({ trafficking: 'yes', factors: found([]) }) }],
      [third, { type: 'screen', findings: findings({ asylumClaim: 'pending', factors: found(['debt']) }) }],
      [other, { type: 'screen', findings: findings({ factors: found([]) }) }],
      [one, { type: 'record-need', needId: 'need-000000000011', terms: bodies.need }],
      [third, { type: 'record-need', needId: 'need-000000000013', terms: bodies.need }],
    ] satisfies readonly (readonly [string, Asked])[])
      expect((await it.act(caseId, asked)).ok).toBe(true)
    const before = await it.state(other)
    for (const caseId of [one, third]) {
      await it.act(caseId, { type: 'decide-duplicates', duplicates: { outcome: 'same-person', comparedWith: [other] } })
      expect((await it.merge(caseId, other)).status).toBe(200)
    }
    expect((await it.state(other)).screening).toMatchObject({
      trafficking: 'yes',
      asylumClaim: 'pending',
      factors: { household: ['debt'] },
    })
    await it.act(other, { type: 'decide-duplicates', duplicates: { outcome: 'same-person', comparedWith: [one] } })
    expect(codesOf((await it.merge(other, one)).body)).toContain('merge-holds-others')

    // What the one had found goes with it; what the other had stays.
    await it.unmerge()
    expect((await it.state(other)).screening).toMatchObject({ trafficking: 'no', asylumClaim: 'pending', factors: { household: ['debt'] } })
    expect((await it.state(other)).needs?.map(({ needId }) => needId)).toEqual(['need-000000000013'])
    expect((await it.state(other)).registration.formerly?.map(({ caseId }) => caseId)).toEqual([third])
    const parting = { body: { reason: 'another-person' }, ifMatch: (await it.load(third)).version }
    expect((await it.as(boss)('POST /v1/cases/{caseId}/unmerge', { caseId: third }, parting)).status).toBe(200)
    const { version: _, ...own } = before.screening ?? { version: 0 }
    expect((await it.state(other)).screening).toMatchObject(own)
    expect((await it.state(other)).joined?.cases ?? []).toEqual([])
    expect((await it.state(third)).screening).toMatchObject({ asylumClaim: 'pending' })
  })

  test('takes along only what came since', async () => {
    const it = await merged([other, need])
    expect(codesOf((await it.unmerge({ reason: 'another-person', move: ['need-000000000002'] })).body)).toEqual(['not-to-be-moved'])
    expect((await it.unmerge({ reason: 'another-person', move: ['need-000000000001'] })).status).toBe(200)
  })

  test('answers a repeated request as the first time', async () => {
    const it = pair()
    await it.begin()
    await it.samePerson()
    const request = { body: { into: other }, ifMatch: (await it.load(one)).version, key: 'merge-once-1' }
    const answers = [1, 2].map(() => it.as(boss)('POST /v1/cases/{caseId}/merge', { caseId: one }, request))
    const [first, again] = [await answers[0], await answers[1]]
    expect(first?.status).toBe(200)
    expect(again).toEqual(first)
  })
})

const withoutFrom = <E extends { readonly from?: unknown }>(entry: E | undefined) => {
  if (entry === undefined) return undefined
  const { from: _, ...rest } = entry
  return rest
}
/** What was allowed anew since. */
const givenSince = (before: CaseState, held: CaseState): ReadonlySet<string> => {
  const known = new Set(ledgerOf(before).map(({ consentId }) => consentId))
  return new Set(
    ledgerOf(held).flatMap((line) =>
      line.kind === 'given' && line.from === undefined && !known.has(line.consentId)
        ? line.scopes.map((scope) => `${line.purpose} ${line.recipient} ${scope}`)
        : [],
    ),
  )
}
