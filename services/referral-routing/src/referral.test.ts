import { fold } from '@wontanara/core'
import { dataScopes } from '@wontanara/events'
import { hoursLater, now, partnerOf, scenario, serviceNamed, staff } from '@wontanara/testing'
import * as fc from 'fast-check'
import type { CaseFile } from './case-file.ts'
import type { Organisation } from './organisation.ts'
import { type Referral, type ReferralCommand, type ReferralEvent, referrals, type Status, statuses } from './referral.ts'
import type { Service } from './service.ts'
import { type Snapshot, scopesOf } from './snapshot.ts'
import { forPartner } from './views.ts'

const organisationId = 'org-avocats-sans-rive'
const caseId = 'case-26k47qx9tm2r'
const snapshot: Snapshot = {
  name: { given: 'Mariama' },
  birthDate: '1998-04',
  sex: 'female',
  contact: { phones: ['+224620000001'] },
  documents: [{ type: 'passport', number: 'X0000001' }],
  household: { size: 4 },
  needs: { situation: 'Synthetic situation.' },
  languages: ['sus'],
}
const referralId = 'ref-26k47qx9tm2r'
const subject = {
  caseId,
  needId: 'need-7h2m9c4x1v6b',
  office: 'conakry',
  organisationId,
  serviceId: 'svc-legal-aid',
} as const
const drafted = (
  changes: Partial<{ snapshot: Snapshot; priority: Referral['facts']['priority']; forReturn: boolean }> = {},
): ReferralEvent => {
  const facts = {
    ...subject,
    priority: 'urgent',
    place: 'GN-C',
    forReturn: false,
    service: 'legal-assistance',
    draftedBy: 'referral-coordinator-1',
    draftedAt: now,
    languages: ['sus'],
    snapshot: { name: { given: 'Mariama' } },
    ...changes,
  } as const satisfies Referral['facts']
  return { type: 'referral-drafted', data: { referralId, facts } }
}
const consentId = 'consent-8j3n5d2w9q7z'
const file: CaseFile = {
  caseId,
  consents: [{ consentId, given: { purpose: 'referral', recipient: organisationId, scopes: [...dataScopes.codes], validFrom: now } }],
  needs: [{ needId: subject.needId, office: subject.office }],
  referrals: [],
}
const withdrawn: CaseFile = { ...file, consents: file.consents.map((consent) => ({ ...consent, withdrawnAt: hoursLater(1) })) }
const service: Service = {
  serviceId: subject.serviceId,
  organisationId,
  name: 'Legal aid',
  type: 'legal-assistance',
  status: 'active',
  serviceAreas: ['GN'],
  languages: [],
  requiredDocuments: [],
}
const organisation: Organisation = { organisationId, name: 'Avocats', type: 'legal-service', status: 'active' }

const byStaff = { at: now, by: staff('referral-coordinator') }
const byPartner = { at: now, by: partnerOf(organisationId) }
const send: ReferralCommand = { type: 'send', file, service, organisation, ...byStaff }
const accept: ReferralCommand = { type: 'accept', file, organisation, ...byPartner }
const decline: ReferralCommand = { type: 'decline', why: 'no-capacity', ...byPartner }
const complete: ReferralCommand = { type: 'complete', outcome: 'fully-served', ...byPartner }
const fail: ReferralCommand = { type: 'fail', outcome: 'person-not-reached', ...byPartner }
const recall: ReferralCommand = { type: 'recall', why: 'no-longer-needed', ...byStaff }
const error: ReferralCommand = { type: 'enter-in-error', ...byStaff }
const simple = (type: 'receive' | 'start' | 'hold'): ReferralCommand => ({ type, ...byPartner })
const review = (known: CaseFile | undefined): ReferralCommand => ({
  type: 'review',
  file: known,
  at: hoursLater(1),
  by: serviceNamed('referral-routing'),
})

/** The clock, so many hours after `now`. */
const keepTime = (hours: number): ReferralCommand => ({
  type: 'keep-time',
  upTo: hoursLater(hours),
  at: hoursLater(hours),
  by: serviceNamed('referral-routing'),
})

/** The events of accepted commands, one after the other. */
function history(first: ReferralEvent, ...commands: readonly ReferralCommand[]): readonly ReferralEvent[] {
  const events = [first]
  for (const command of commands) {
    const decided = referrals.decide(fold(referrals, undefined, events), command)
    if (!decided.ok) throw new Error(`${command.type}: ${decided.refusal.code}`)
    events.push(...decided.value)
  }
  return events
}
const paths: Readonly<Record<Status, readonly ReferralCommand[]>> = {
  draft: [],
  sent: [send],
  received: [send, simple('receive')],
  accepted: [send, accept],
  declined: [send, decline],
  'in-progress': [send, accept, simple('start')],
  'on-hold': [send, accept, simple('hold')],
  completed: [send, accept, simple('start'), complete],
  failed: [send, accept, fail],
  recalled: [send, recall],
  expired: [send, keepTime(72)],
  'entered-in-error': [error],
}

/** State by command: the state it leads to, `=` for no change, or the refusal. */
const table: Readonly<Record<Status, Readonly<Record<string, string>>>> = {
  draft: {
    send: 'sent',
    receive: 'not-sent',
    accept: 'not-sent',
    decline: 'not-sent',
    start: 'not-sent',
    hold: 'not-sent',
    complete: 'not-sent',
    fail: 'not-sent',
    recall: 'not-sent',
    error: 'entered-in-error',
  },
  sent: {
    send: 'not-draft',
    receive: 'received',
    accept: 'accepted',
    decline: 'declined',
    start: 'not-accepted',
    hold: 'not-accepted',
    complete: 'not-accepted',
    fail: 'not-accepted',
    recall: 'recalled',
    error: 'entered-in-error',
  },
  received: {
    send: 'not-draft',
    receive: '=',
    accept: 'accepted',
    decline: 'declined',
    start: 'not-accepted',
    hold: 'not-accepted',
    complete: 'not-accepted',
    fail: 'not-accepted',
    recall: 'recalled',
    error: 'entered-in-error',
  },
  accepted: {
    send: 'not-draft',
    receive: '=',
    accept: 'already-accepted',
    decline: 'already-accepted',
    start: 'in-progress',
    hold: 'on-hold',
    complete: 'not-started',
    fail: 'failed',
    recall: 'recalled',
    error: 'entered-in-error',
  },
  declined: {
    send: 'not-draft',
    receive: 'already-ended',
    accept: 'already-ended',
    decline: '=',
    start: 'already-ended',
    hold: 'already-ended',
    complete: 'already-ended',
    fail: 'already-ended',
    recall: 'already-ended',
    error: 'entered-in-error',
  },
  'in-progress': {
    send: 'not-draft',
    receive: '=',
    accept: 'already-accepted',
    decline: 'already-accepted',
    start: '=',
    hold: 'on-hold',
    complete: 'completed',
    fail: 'failed',
    recall: 'recalled',
    error: 'entered-in-error',
  },
  'on-hold': {
    send: 'not-draft',
    receive: '=',
    accept: 'already-accepted',
    decline: 'already-accepted',
    start: 'in-progress',
    hold: '=',
    complete: 'completed',
    fail: 'failed',
    recall: 'recalled',
    error: 'entered-in-error',
  },
  completed: {
    send: 'not-draft',
    receive: 'already-ended',
    accept: 'already-ended',
    decline: 'already-ended',
    start: 'already-ended',
    hold: 'already-ended',
    complete: '=',
    fail: 'already-ended',
    recall: 'already-ended',
    error: 'entered-in-error',
  },
  failed: {
    send: 'not-draft',
    receive: 'already-ended',
    accept: 'already-ended',
    decline: 'already-ended',
    start: 'already-ended',
    hold: 'already-ended',
    complete: 'already-ended',
    fail: '=',
    recall: 'already-ended',
    error: 'entered-in-error',
  },
  recalled: {
    send: 'not-draft',
    receive: 'recalled!',
    accept: 'recalled!',
    decline: 'recalled!',
    start: 'recalled!',
    hold: 'recalled!',
    complete: 'recalled!',
    fail: 'recalled!',
    recall: '=',
    error: 'entered-in-error',
  },
  expired: {
    send: 'not-draft',
    receive: 'expired!',
    accept: 'expired!',
    decline: 'expired!',
    start: 'expired!',
    hold: 'expired!',
    complete: 'expired!',
    fail: 'expired!',
    recall: 'expired!',
    error: 'entered-in-error',
  },
  'entered-in-error': {
    send: 'not-draft',
    receive: 'recalled!',
    accept: 'recalled!',
    decline: 'recalled!',
    start: 'recalled!',
    hold: 'recalled!',
    complete: 'recalled!',
    fail: 'recalled!',
    recall: '=',
    error: '=',
  },
}
const commands: Readonly<Record<string, ReferralCommand>> = {
  send,
  receive: simple('receive'),
  accept,
  decline,
  start: simple('start'),
  hold: simple('hold'),
  complete,
  fail,
  recall,
  error,
}

describe('state machine 2c', () => {
  test.each(statuses.codes)('from %s', (status) => {
    const { given } = scenario(referrals)
    const found = Object.fromEntries(
      Object.entries(commands).map(([name, command]) => {
        const outcome = given(...history(drafted(), ...paths[status])).when(command)
        const [code] = outcome.refused
        if (code !== undefined) return [name, code === 'recalled' || code === 'expired' ? `${code}!` : code]
        return [name, outcome.events.length === 0 ? '=' : outcome.state?.status]
      }),
    )
    expect(found).toEqual(table[status])
  })

  test.each([
    ['emergency', hoursLater(24)],
    ['urgent', hoursLater(72)],
    ['normal', hoursLater(14 * 24)],
  ] as const)('%s must be acknowledged by %s', (priority, dueAt) => {
    expect(fold(referrals, undefined, history(drafted({ priority }), send))).toMatchObject({ dueAt, sentAt: now })
  })

  test('a completed referral with another outcome is a conflict, not a repeat', () => {
    const { given } = scenario(referrals)
    const other: ReferralCommand = { ...complete, outcome: 'partly-served' }
    expect(given(...history(drafted(), ...paths.completed)).when(other).refused).toEqual(['already-ended'])
  })

  test.each(statuses.codes)('%s and entered in error: what was ever sent is taken back first, so that the partner deletes', (status) => {
    const outcome = scenario(referrals)
      .given(...history(drafted(), ...paths[status]))
      .when(error)
    const taken = outcome.events.map(({ type }) => type)
    if (status === 'draft') expect(taken).toEqual(['entered-in-error'])
    else if (status === 'recalled') expect(taken).toEqual(['entered-in-error'])
    else if (status === 'entered-in-error') expect(taken).toEqual([])
    else expect(taken).toEqual(['referral-routing.referral-recalled.v1', 'entered-in-error'])
  })

  test('the same end with other words is a conflict, not a repeat that loses them', () => {
    const { given } = scenario(referrals)
    for (const [status, command] of [
      ['declined', decline],
      ['completed', complete],
      ['failed', fail],
    ] as const) {
      const past = history(drafted(), ...paths[status].slice(0, -1), { ...command, feedback: 'Synthetic.' })
      expect(given(...past).when({ ...command, feedback: 'Synthetic.' })).toMatchObject({ events: [], refused: [] })
      expect(given(...past).when({ ...command, feedback: 'Other words.' }).refused).toEqual(['already-ended'])
    }
  })
})

describe('consent', () => {
  const { given } = scenario(referrals)
  test('is checked when sending, for every scope of the data', () => {
    const narrow: CaseFile = {
      ...file,
      consents: file.consents.map((consent) => ({ ...consent, given: { ...consent.given!, scopes: ['name'] } })),
    }
    expect(given(drafted({ snapshot })).when({ ...send, file: narrow }).refused).toEqual(['guards-failed', 'consent-missing'])
    expect(given(drafted()).when({ ...send, file: narrow }).refused).toEqual([])
  })
  test('is checked again when accepting', () => {
    for (const known of [withdrawn, undefined])
      expect(given(...history(drafted(), send)).when({ ...accept, file: known }).refused).toEqual(['guards-failed', 'consent-missing'])
  })
  test('an organisation that is no longer active accepts nothing', () => {
    for (const partner of [{ ...organisation, status: 'inactive' } as const, undefined])
      expect(given(...history(drafted(), send)).when({ ...accept, organisation: partner }).refused).toEqual([
        'guards-failed',
        'partner-inactive',
      ])
  })
  test('what was disclosed, to whom, on which consent and when is in the history', () => {
    expect(history(drafted(), send, accept)).toContainEqual({
      type: 'consent-checked',
      data: { step: 'acceptance', at: now, recipient: organisationId, scopes: ['name'], consents: [consentId] },
    })
  })
  test.each(['vital-interest', 'legal-obligation'] as const)('what the case holds on %s is no consent, and allows no referral', (basis) => {
    const consents = file.consents.map((consent) => ({ ...consent, given: { ...consent.given!, basis } }))
    expect(given(drafted()).when({ ...send, file: { ...file, consents } }).refused).toEqual(['guards-failed', 'consent-missing'])
  })
  test('an exception opens the referral that it names, and is named as what it rests on', () => {
    const excepted = (referralId: string): CaseFile => ({
      ...file,
      consents: [],
      exceptions: [{ referralId, basis: 'vital-interest', confirmedAt: now, until: hoursLater(72) }],
    })
    expect(given(drafted()).when({ ...send, file: excepted('ref-000000000000') }).refused).toEqual(['guards-failed', 'consent-missing'])
    expect(given(drafted()).when({ ...send, file: excepted(referralId) }).events[0]).toMatchObject({
      type: 'consent-checked',
      data: { consents: [], exception: { basis: 'vital-interest', confirmedAt: now } },
    })
  })
  test.each([
    ['suspended', true],
    ['lost-contact', true],
    ['ineligible', true],
    ['deceased', false],
  ] as const)('%s: nothing is sent for the return, and for the dead nothing at all', (now, forReturn) => {
    const interrupted: CaseFile = { ...file, course: { now, version: 3 } }
    expect(given(drafted({ forReturn })).when({ ...send, file: interrupted }).refused).toEqual(['guards-failed', 'case-interrupted'])
    if (forReturn) expect(given(drafted()).when({ ...send, file: interrupted }).refused).toEqual([])
  })
  test.each<[string, CaseFile['needs']]>([
    ['which nobody recorded', []],
    ['of another person', [{ needId: 'need-0000000000zz', office: 'conakry' }]],
    ['of another office', [{ needId: subject.needId, office: 'labe' }]],
  ])('a need %s is referred nowhere', (_, needs) => {
    expect(given(drafted()).when({ ...send, file: { ...file, needs } }).refused).toEqual(['guards-failed', 'need-unknown'])
  })
  test('every guard that fails is listed', () => {
    const refused = given(drafted({ forReturn: true })).when({
      ...send,
      file: { ...withdrawn, needs: [], course: { now: 'closed', version: 3 }, returnWithdrawn: { holds: true, version: 2 } },
      service: { ...service, status: 'inactive', serviceAreas: ['GN-N'] },
      organisation: undefined,
    }).refused
    expect(refused).toEqual([
      'guards-failed',
      'need-unknown',
      'consent-missing',
      'case-closed',
      'return-withdrawn',
      'partner-inactive',
      'service-not-open',
      'out-of-area',
    ])
  })
})

describe('a case that no longer allows it', () => {
  const returnWithdrawn: CaseFile = { ...file, returnWithdrawn: { holds: true, version: 2 } }
  const onCourse = (now: NonNullable<CaseFile['course']>['now']): CaseFile => ({ ...file, course: { now, version: 3 } })
  const closed = onCourse('closed')
  const replaced: CaseFile = {
    ...withdrawn,
    consents: [...withdrawn.consents, { ...file.consents[0]!, consentId: 'consent-0000000000zz' }],
  }
  test.each<[string, CaseFile | undefined, boolean, string | undefined]>([
    ['nothing changed', file, true, undefined],
    ['consent withdrawn', withdrawn, false, 'consent-withdrawn'],
    ['consent withdrawn, but another one covers the same', replaced, false, undefined],
    ['return withdrawn, referral serves the return', returnWithdrawn, true, 'return-withdrawn'],
    ['return withdrawn, referral does not serve the return', returnWithdrawn, false, undefined],
    ['case closed', closed, false, 'case-closed'],
    ['case open again', onCourse('open'), true, undefined],
    ['person dead', onCourse('deceased'), false, 'case-interrupted'],
    ['not eligible for the return it serves', onCourse('ineligible'), true, 'case-interrupted'],
    ['not eligible for return, which it does not serve', onCourse('ineligible'), false, undefined],
    ['suspended: it waits', onCourse('suspended'), true, undefined],
    ['out of contact: it waits', onCourse('lost-contact'), true, undefined],
  ])('%s', (_, known, forReturn, reason) => {
    for (const status of ['sent', 'received', 'accepted', 'in-progress', 'on-hold'] as const) {
      const outcome = scenario(referrals)
        .given(...history(drafted({ forReturn }), ...paths[status]))
        .when(review(known))
      expect(outcome.state).toMatchObject(reason === undefined ? { status } : { status: 'recalled', recallReason: reason })
    }
  })
  test('a consent that took the place of one that expired is withdrawn: what rested on it since is taken back', () => {
    const expired = { ...file.consents[0]!, given: { ...file.consents[0]!.given!, validUntil: hoursLater(2) } }
    const successor = { ...file.consents[0]!, consentId: 'consent-0000000000zz' }
    const later = (consents: CaseFile['consents']): ReferralCommand => ({ ...review({ ...file, consents }), at: hoursLater(4) })
    const begun = scenario(referrals).given(...history(drafted(), ...paths['in-progress']))
    expect(begun.when(later([expired, successor])).events).toEqual([])
    expect(begun.when(later([expired, { ...successor, withdrawnAt: hoursLater(3) }])).state).toMatchObject({
      status: 'recalled',
      recallReason: 'consent-withdrawn',
    })
    // Withdrawn before the referral was sent, or for somebody else: it never carried this one.
    for (const other of [
      { ...successor, withdrawnAt: hoursLater(-1) },
      { ...successor, given: { ...successor.given!, recipient: 'org-autre-association' }, withdrawnAt: hoursLater(3) },
    ])
      expect(begun.when(later([expired, other])).events).toEqual([])
  })
  test.each(['draft', 'declined', 'recalled', 'entered-in-error'] as const)('leaves %s as it is', (status) => {
    expect(
      scenario(referrals)
        .given(...history(drafted(), ...paths[status]))
        .when(review(withdrawn)).events,
    ).toEqual([])
  })
  test.each(['completed', 'failed'] as const)('a %s referral stays so, and the partner is told once to delete', (status) => {
    const { given } = scenario(referrals)
    const past = history(drafted(), ...paths[status])
    const { events, state } = given(...past).when(review(withdrawn))
    expect(events).toEqual([{ type: 'referral-routing.referral-consent-withdrawn.v1', data: { ...subject, referralId, status } }])
    expect(given(...past, ...events).when(review(withdrawn)).events).toEqual([])
    expect(forPartner(state!, { file, organisation }, now)).toMatchObject({ status, obligation: 'stop-and-delete' })
    for (const known of [file, replaced, closed, undefined]) expect(given(...past).when(review(known)).events).toEqual([])
  })
})

const minimum = [
  'referralId',
  'status',
  'organisationId',
  'serviceId',
  'service',
  'priority',
  'place',
  'sentAt',
  'dueAt',
  'answerDueAt',
  'declineReason',
  'outcome',
  'hold',
  'appointment',
]
const hour = fc.integer({ min: 0, max: 48 })
const files: fc.Arbitrary<CaseFile> = fc
  .array(
    fc.record({
      // Mostly what allows a disclosure: a property about disclosures needs many.
      recipient: fc.constantFrom(organisationId, organisationId, organisationId, 'org-autre-association', undefined),
      purpose: fc.constantFrom('referral' as const, 'referral' as const, 'follow-up' as const),
      scopes: fc.boolean().chain((all) => fc.subarray([...dataScopes.codes], { minLength: all ? dataScopes.codes.length : 0 })),
      from: hour,
      until: fc.option(hour, { nil: undefined }),
      withdrawn: fc.option(hour, { nil: undefined }),
    }),
    { maxLength: 4 },
  )
  .map((consents) => ({
    caseId,
    needs: [],
    referrals: [],
    consents: consents.map(({ recipient, purpose, scopes, from, until, withdrawn: at }, i) => ({
      consentId: `consent-00000000000${i}`,
      given: { purpose, recipient, scopes, validFrom: hoursLater(from), validUntil: until === undefined ? undefined : hoursLater(until) },
      withdrawnAt: at === undefined ? undefined : hoursLater(at),
    })),
  }))
const snapshots: fc.Arbitrary<Snapshot> = fc
  .subarray(Object.keys(snapshot), { minLength: 1 })
  .map((kept) => Object.fromEntries(Object.entries(snapshot).filter(([name]) => kept.includes(name))))

const partners = [organisation, organisation, { ...organisation, status: 'inactive' }, undefined] as const

test('whatever the state and the consents, a partner sees no field outside of what is consented at that instant', () => {
  void fc.assert(
    fc.property(
      fc.constantFrom(...statuses.codes),
      snapshots,
      files,
      hour,
      fc.constantFrom(...partners),
      (status, disclosed, known, at, partner) => {
        const state = fold(referrals, undefined, history(drafted({ snapshot: disclosed }), ...paths[status]))
        if (state === undefined) throw new Error('no state')
        const view = forPartner(
          { ...state, feedback: 'Synthetic.', facts: { ...state.facts, follows: 'ref-000000000000' } },
          { file: known, organisation: partner },
          hoursLater(at),
        )
        const shown = Object.entries(view).flatMap(([name, value]) => (value === undefined ? [] : [name]))
        if (['recalled', 'entered-in-error'].includes(status)) return expect(shown).toEqual(['referralId', 'status', 'obligation'])
        expect([...minimum, 'disclosedAt', 'snapshot', 'obligations', 'obligation']).toEqual(expect.arrayContaining(shown))
        const consented = known.consents
          .filter(({ given, withdrawnAt }) => {
            const inTime = given !== undefined && given.validFrom <= hoursLater(at) && hoursLater(at) < (given.validUntil ?? '9')
            return inTime && withdrawnAt === undefined && given.purpose === 'referral' && given.recipient === organisationId
          })
          .flatMap(({ given }) => given?.scopes ?? [])
        const open = ['accepted', 'in-progress', 'on-hold'].includes(status) && partner?.status === 'active'
        expect(view.obligations !== undefined).toBe(view.snapshot !== undefined)
        const mayKnow = partner?.status === 'active' && scopesOf(disclosed).every((scope) => consented.includes(scope))
        if (!mayKnow) expect(['referralId', 'status', 'obligation']).toEqual(expect.arrayContaining(shown))
        if (view.snapshot !== undefined) expect(consented).toEqual(expect.arrayContaining([...scopesOf(view.snapshot)]))
        expect(view.snapshot !== undefined).toBe(open && scopesOf(disclosed).every((scope) => consented.includes(scope)))
      },
    ),
    { numRuns: 500 },
  )
})

test.each(statuses.codes)('the data of a %s referral is open to the partner from acceptance to the end only', (status) => {
  const state = fold(referrals, undefined, history(drafted(), ...paths[status]))
  if (state === undefined) throw new Error('no state')
  const open = ['accepted', 'in-progress', 'on-hold'].includes(status)
  expect(forPartner(state, { file, organisation }, now).snapshot !== undefined).toBe(open)
  // Of two locks: the view, and the class of the fields, which the relation opens.
  expect(referrals.resource(state).disclosedTo).toEqual(open ? [organisationId] : [])
})

test('in any sequence of steps: no consent check after the withdrawal, and no end is ever left', () => {
  const steps = fc.array(fc.constantFrom(...Object.keys(commands), 'withdraw', 'review'), { maxLength: 14 })
  void fc.assert(
    fc.property(steps, (names) => {
      let events: readonly ReferralEvent[] = [drafted({ snapshot })]
      let known = file
      for (const name of names) {
        if (name === 'withdraw') {
          known = withdrawn
          continue
        }
        const command = name === 'review' ? review(known) : commands[name]
        if (command === undefined) throw new Error(name)
        const before = fold(referrals, undefined, events)
        const current = command.type === 'send' || command.type === 'accept' ? { ...command, file: known } : command
        const decided = referrals.decide(before, current)
        if (!decided.ok) continue
        if (known === withdrawn) expect(decided.value.map(({ type }) => type)).not.toContain('consent-checked')
        if (before !== undefined && ['declined', 'completed', 'failed', 'recalled'].includes(before.status))
          expect(fold(referrals, before, decided.value)?.status).toBe(name === 'error' ? 'entered-in-error' : before.status)
        events = [...events, ...decided.value]
      }
    }),
  )
})

describe('the clock', () => {
  const { given } = scenario(referrals)
  const hold = (until?: string): ReferralCommand => ({ type: 'hold', hold: { reason: 'person-asked', until }, ...byPartner })
  const types = (events: readonly ReferralEvent[]) => events.map(({ type }) => type.replace(/^referral-routing\.referral-|\.v1$/g, ''))

  test.each<[string, readonly ReferralCommand[], number, readonly string[]]>([
    ['a draft waits for nobody', [], 9999, []],
    ['not acknowledged, but in time', [send], 71, []],
    ['not acknowledged in time', [send], 72, ['expired']],
    ['received: the same time again for the answer, from the receipt on', [send, { ...simple('receive'), at: hoursLater(50) }], 121, []],
    ['received, and not answered in time', [send, { ...simple('receive'), at: hoursLater(50) }], 122, ['escalated']],
    ['escalated already', [send, simple('receive'), keepTime(72)], 200, []],
    ['accepted: the partner has it in hand', [send, accept], 9999, []],
    ['on hold without an end', [send, accept, simple('hold')], 9999, []],
    ['on hold, on the last day', [send, accept, hold('2026-03-04')], 62, []],
    ['on hold longer than was said', [send, accept, hold('2026-03-04')], 63, ['escalated']],
    ['resumed', [send, accept, hold('2026-03-04'), keepTime(63), simple('start')], 9999, []],
    ['ended', [send, decline], 9999, []],
    ['expired already', [send, keepTime(72)], 9999, []],
  ])('%s', (_, before, hours, expected) => {
    const outcome = given(...history(drafted(), ...before)).when(keepTime(hours))
    expect([types(outcome.events), outcome.refused]).toEqual([expected, []])
  })

  test('what was escalated is so until the next step', () => {
    const escalated = history(drafted(), send, simple('receive'), keepTime(72))
    expect(fold(referrals, undefined, escalated)).toMatchObject({ status: 'received', escalated: 'not-answered' })
    for (const [command, status] of [
      [accept, 'accepted'],
      [decline, 'declined'],
      [recall, 'recalled'],
    ] as const) {
      const { state } = given(...escalated).when(command)
      expect(state).toMatchObject({ status })
      expect(state).not.toHaveProperty('escalated')
    }
  })

  test('an expired referral is listed until it is taken up, settled, or its case asks for nothing more', () => {
    const stranded = history(drafted(), ...paths.expired)
    const listed = (events: readonly ReferralEvent[]): string | undefined => {
      const state = fold(referrals, undefined, events)
      return state && referrals.index?.(state).gsi2?.pk
    }
    const takeUp: ReferralCommand = { type: 'take-up', nextReferralId: 'ref-0000000000zz', ...byStaff }
    const settle: ReferralCommand = { type: 'settle', ...byStaff }
    expect(listed(stranded)).toBe('stranded#conakry')
    expect(listed([...stranded, ...given(...stranded).when({ type: 'escalate', ...byStaff }).events])).toBe('stranded#conakry')
    const closed: CaseFile = { ...file, course: { now: 'closed', version: 3 } }
    for (const command of [takeUp, settle, review(closed), error]) {
      const done = [...stranded, ...given(...stranded).when(command).events]
      expect(listed(done)).toBeUndefined()
      for (const again of [command, { type: 'escalate', ...byStaff } as const])
        expect(given(...done).when(again)).toMatchObject({ events: [], refused: [] })
    }
    expect(types(given(...stranded).when(review(file)).events)).toEqual([])
    expect(given(...history(drafted(), send)).when(settle).refused).toEqual(['not-expired'])
  })
})

describe('appointments', () => {
  const { given } = scenario(referrals)
  const appointmentAt = hoursLater(48)
  const set: ReferralCommand = { type: 'set-appointment', appointmentAt, ...byPartner }
  const attendance = (how: 'attended' | 'missed' | 'cancelled', hours = 48): ReferralCommand => ({
    type: 'record-attendance',
    attendance: how,
    ...byPartner,
    at: hoursLater(hours),
  })
  const open = ['accepted', 'in-progress', 'on-hold'] as const

  test.each(statuses.codes)('%s: made only where the partner has accepted and not ended', (status) => {
    const outcome = given(...history(drafted(), ...paths[status])).when(set)
    if (open.some((code) => code === status)) {
      expect(outcome.state).toMatchObject({ status, appointment: { at: appointmentAt } })
      expect(given(...history(drafted(), ...paths[status], set)).when(set)).toMatchObject({ events: [], refused: [] })
    } else expect(outcome.refused).toHaveLength(1)
  })

  test.each(open)('%s: who has come is served', (status) => {
    const { state } = given(...history(drafted(), ...paths[status], set)).when(attendance('attended'))
    expect(state).toMatchObject({ status: 'in-progress', appointment: { at: appointmentAt, attendance: 'attended' } })
    for (const how of ['missed', 'cancelled'] as const)
      expect(given(...history(drafted(), ...paths[status], set)).when(attendance(how)).state).toMatchObject({ status })
  })

  test('nobody attends what was not made, or is still to come; a day that has passed is no appointment', () => {
    const accepted = history(drafted(), ...paths.accepted)
    expect(given(...accepted).when(attendance('missed')).refused).toEqual(['no-appointment'])
    const made = history(drafted(), ...paths.accepted, set)
    expect(given(...made).when(attendance('attended', 38)).refused).toEqual(['appointment-ahead'])
    // On the day, but before the hour: people come early.
    expect(given(...made).when(attendance('attended', 40)).refused).toEqual([])
    expect(given(...made).when(attendance('cancelled', 1)).refused).toEqual([])
    expect(given(...accepted).when({ ...set, at: hoursLater(72) }).refused).toEqual(['date-passed'])
    const hold: ReferralCommand = { type: 'hold', hold: { reason: 'other', until: '2026-03-01' }, ...byPartner }
    expect(given(...accepted).when(hold).refused).toEqual(['date-passed'])
  })

  test('a new appointment leaves the one that was missed behind; the same attendance again changes nothing', () => {
    const missed = history(drafted(), ...paths.accepted, set, attendance('missed'))
    expect(given(...missed).when(attendance('missed'))).toMatchObject({ events: [], refused: [] })
    const next = given(...missed).when({ ...set, appointmentAt: hoursLater(96), at: hoursLater(50) })
    expect(next.state?.appointment).toEqual({ at: hoursLater(96) })
  })
})

test('from whatever sequence of steps, an end told again changes nothing, and only a completion completes', () => {
  const more: Readonly<Record<string, ReferralCommand>> = {
    ...commands,
    appointment: { type: 'set-appointment', appointmentAt: hoursLater(1), ...byPartner },
    attended: { type: 'record-attendance', attendance: 'attended', ...byPartner },
    'on-time': keepTime(1),
    'too-late': keepTime(9999),
    escalate: { type: 'escalate', ...byStaff },
    settle: { type: 'settle', ...byStaff },
    'take-up': { type: 'take-up', nextReferralId: 'ref-0000000000zz', ...byStaff },
    'take-up by another': { type: 'take-up', nextReferralId: 'ref-0000000000yy', ...byStaff },
    review: review(file),
  }
  const ends: readonly Status[] = ['declined', 'completed', 'failed', 'recalled', 'expired', 'entered-in-error']
  void fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(more)), { maxLength: 20 }), (names) => {
      let state = fold(referrals, undefined, [drafted()])
      for (const name of names) {
        const command = more[name]
        if (command === undefined) throw new Error(name)
        const decided = referrals.decide(state, command)
        if (!decided.ok) continue
        const after = fold(referrals, state, decided.value)
        const completes = decided.value.some(({ type }) => type === 'referral-routing.referral-completed.v1')
        expect(completes).toBe(after?.status === 'completed' && state?.status !== 'completed')
        if (completes) expect(name).toBe('complete')
        if (state !== undefined && ends.includes(state.status)) expect([state.status, 'entered-in-error']).toContain(after?.status)
        if (state?.nextReferralId !== undefined) expect(after?.nextReferralId).toBe(state.nextReferralId)
        const again = referrals.decide(after, command)
        if (after !== undefined && ends.includes(after.status)) expect(again).toEqual({ ok: true, value: [] })
        state = after
      }
    }),
    { numRuns: 500 },
  )
})
