import { fold } from '@wontanara/core'
import { hoursLater, now, scenario, serviceNamed, staff } from '@wontanara/testing'
import fc from 'fast-check'
import type * as z from 'zod'
import { airTravelFindings, boardingWindow, airTravelRules as rules } from './air-travel.ts'
import { fitness } from './fitness.ts'
import { decidedFit, guardsOf, lapsed, missing, steps } from './guards.ts'
import { type Clinical, type Fitness, type FitnessCommand, type FitnessEvent, FitnessSchema } from './state.ts'

const caseId = 'case-26k47qx9tm2r'
const office = 'conakry'
const doctor = { at: now, by: staff('medical-officer', { id: 'doctor-1' }) }
const service = { at: now, by: serviceNamed('medical-coordination') }
const departureAt = '2026-03-20T11:30:00Z'
const facts = { fitnessId: 'fit-26k47qx9tm2r', caseId, office } as const

const followed = (standing: Fitness['standing'], caseVersion: number): FitnessEvent => ({
  type: 'case-followed',
  data: { caseId, office, standing, caseVersion },
})
const consented: FitnessEvent = {
  type: 'consent-noted',
  data: { caseId, consentId: 'consent-26k47qx9tm2r', withdrawn: false, validFrom: '2026-03-01T00:00:00Z' },
}
const known = [followed('open', 1), consented]
const requested = [
  ...known,
  { type: 'assessment-opened', data: { requestedAt: now, caseVersion: 1 } },
] as const satisfies readonly FitnessEvent[]
const travelling: FitnessEvent = { type: 'travel-set', data: { date: '2026-03-20', departureAt } }
const scheduled: readonly FitnessEvent[] = [
  ...requested,
  travelling,
  { type: 'appointment-set', data: { appointmentAt: now, place: 'Matam', officer: 'doctor-1' } },
]
type Findings = z.output<typeof Clinical>
const well: Findings = { findings: 'Synthetic finding.', diagnoses: [], medications: [], pregnancy: { status: 'not-pregnant' } }
const pregnancy34 = { status: 'pregnant', age: { weeks: 34, days: 0 }, measuredOn: '2026-03-02', expecting: 'single' } as const
const pregnant: Findings = { ...well, pregnancy: pregnancy34 }
const examinedAs = (clinical: Findings): readonly FitnessEvent[] => [
  ...scheduled,
  { type: 'examination-recorded', data: { ...clinical, examinedAt: now, by: 'doctor-1' } },
]
const examined = examinedAs(well)
const decidedAs = (decision: 'fit' | 'temporarily-unfit' | 'unfit', validUntil?: string): readonly FitnessEvent[] => [
  ...examined,
  { type: 'decision-recorded', data: { decision, conditions: [], validUntil, decidedAt: now, by: 'doctor-1' } },
]
const fit = decidedAs('fit', '2026-03-31')
const cleared: readonly FitnessEvent[] = [
  ...fit,
  { type: 'boarding-checked', data: { checkedAt: hoursLater(-48, departureAt), by: 'doctor-1', departureAt } },
]
const revoked: readonly FitnessEvent[] = [...fit, { type: 'medical-coordination.fitness-revoked.v1', data: facts }]
const cancelled: readonly FitnessEvent[] = [
  ...fit,
  followed('return-withdrawn', 9),
  { type: 'medical-coordination.fitness-cancelled.v1', data: facts },
]

const request: FitnessCommand = { type: 'request-assessment', reason: 'health-need', ...doctor }
const schedule: FitnessCommand = { type: 'set-appointment', appointmentAt: hoursLater(2), place: 'Matam', officer: 'doctor-2', ...doctor }
const examine: Extract<FitnessCommand, { type: 'record-examination' }> = { type: 'record-examination', clinical: well, ...doctor }
const decideFit: Extract<FitnessCommand, { type: 'decide-fitness' }> = {
  type: 'decide-fitness',
  decision: 'fit',
  conditions: [],
  validUntil: '2026-03-31',
  rules,
  ...doctor,
}
const check: Extract<FitnessCommand, { type: 'check-before-boarding' }> = {
  type: 'check-before-boarding',
  outcome: 'confirmed',
  rules,
  ...doctor,
  at: hoursLater(-48, departureAt),
}
const revoke: FitnessCommand = { type: 'revoke-decision', reason: 'new-condition', ...doctor }
const lapse = (day: string) => ({ type: 'lapse-decision', day, ...service }) satisfies FitnessCommand
const setTravel: FitnessCommand = { type: 'set-travel', date: '2026-03-21', rules, ...doctor }

/** Codes of what happened: event types in short, or the refusal and every failed guard. */
const outcome = (events: readonly FitnessEvent[], command: FitnessCommand): readonly string[] => {
  const { events: caused, refused } = scenario(fitness)
    .given(...events)
    .when(command)
  return refused.length > 0 ? refused : caused.map(({ type }) => type.replace(/^medical-coordination\.|\.v1$/g, ''))
}
const reopened = ['revocation-noted', 'fitness-revoked', 'assessment-opened', 'fitness-requested']

describe('every step from every status', () => {
  const gf = 'guards-failed'
  test.each<[string, readonly FitnessEvent[], Readonly<Record<string, readonly string[]>>]>([
    [
      'not-requested',
      known,
      {
        request: ['assessment-opened', 'fitness-requested'],
        setTravel: [gf, 'not-requested'],
        schedule: [gf, 'not-requested'],
        examine: [gf, 'not-scheduled'],
        decideFit: [gf, 'not-examined', 'travel-date-missing'],
        check: [gf, 'not-decided-fit', 'departure-unknown'],
        revoke: [gf, 'not-decided'],
      },
    ],
    [
      'requested',
      requested,
      {
        request: [gf, 'already-open'],
        setTravel: ['travel-set'],
        schedule: ['appointment-set'],
        examine: [gf, 'not-scheduled'],
        decideFit: [gf, 'not-examined', 'travel-date-missing'],
        check: [gf, 'not-decided-fit', 'departure-unknown'],
        revoke: [gf, 'not-decided'],
      },
    ],
    [
      'scheduled',
      scheduled,
      {
        request: [gf, 'already-open'],
        setTravel: ['travel-set'],
        schedule: ['appointment-set'],
        examine: ['examination-recorded'],
        decideFit: [gf, 'not-examined'],
        check: [gf, 'not-decided-fit'],
        revoke: [gf, 'not-decided'],
      },
    ],
    [
      'examined',
      examined,
      {
        request: [gf, 'already-open'],
        setTravel: ['travel-set'],
        schedule: ['appointment-set'],
        examine: ['examination-recorded'],
        decideFit: ['decision-recorded', 'fitness-decided'],
        check: [gf, 'not-decided-fit'],
        revoke: [gf, 'not-decided'],
      },
    ],
    [
      'decided fit',
      fit,
      {
        request: [gf, 'already-open'],
        setTravel: ['travel-set'],
        schedule: ['appointment-set'],
        examine: [gf, 'not-scheduled'],
        decideFit: [gf, 'not-examined'],
        check: ['boarding-checked', 'fitness-cleared'],
        revoke: reopened,
      },
    ],
    [
      'decided unfit',
      decidedAs('unfit'),
      {
        request: ['assessment-opened', 'fitness-requested'],
        setTravel: ['travel-set'],
        schedule: ['appointment-set'],
        examine: [gf, 'not-scheduled'],
        decideFit: [gf, 'not-examined'],
        check: [gf, 'not-decided-fit'],
        revoke: reopened,
      },
    ],
    [
      'cleared',
      cleared,
      {
        request: [gf, 'already-open'],
        setTravel: ['travel-set', 'fitness-clearance-lapsed'],
        schedule: ['appointment-set'],
        examine: [gf, 'not-scheduled'],
        decideFit: [gf, 'not-examined'],
        check: [gf, 'already-cleared'],
        revoke: reopened,
      },
    ],
    [
      'revoked',
      revoked,
      {
        request: ['assessment-opened', 'fitness-requested'],
        setTravel: [gf, 'not-requested'],
        schedule: [gf, 'not-requested'],
        examine: [gf, 'not-scheduled'],
        decideFit: [gf, 'not-examined'],
        check: [gf, 'not-decided-fit'],
        revoke: [gf, 'not-decided'],
      },
    ],
    [
      'cancelled by the withdrawal of the return',
      cancelled,
      {
        request: [gf, 'return-withdrawn'],
        setTravel: [gf, 'return-withdrawn', 'not-requested'],
        schedule: [gf, 'return-withdrawn', 'not-requested'],
        examine: [gf, 'return-withdrawn', 'not-scheduled'],
        decideFit: [gf, 'return-withdrawn', 'not-examined', 'travel-date-missing'],
        check: [gf, 'return-withdrawn', 'not-decided-fit', 'departure-unknown'],
        revoke: [gf, 'not-decided'],
      },
    ],
  ])('%s', (_, events, expected) => {
    const commands = { request, setTravel, schedule, examine, decideFit, check, revoke }
    expect(Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, outcome(events, command)]))).toEqual(expected)
  })

  test('nothing can be done to a case that is not known here', () => {
    for (const command of [request, setTravel, schedule, examine, decideFit, check, revoke, lapse('2026-04-01')])
      expect(outcome([], command)).toEqual(['not-found'])
  })
})

describe('the decision', () => {
  const decide = (data: object): FitnessCommand => ({ ...decideFit, conditions: [], validUntil: undefined, ...data })
  test.each<[object, readonly string[]]>([
    [{ decision: 'fit' }, ['valid-until-required']],
    [{ decision: 'fit', validUntil: '2026-03-31', conditions: ['oxygen'] }, ['conditions-not-allowed']],
    [{ decision: 'fit-with-conditions' }, ['conditions-required', 'valid-until-required']],
    [{ decision: 'temporarily-unfit', conditions: ['oxygen'] }, ['conditions-not-allowed', 'valid-until-required']],
    [{ decision: 'temporarily-unfit', validUntil: '2026-03-01' }, ['in-the-past']],
    [{ decision: 'unfit', validUntil: '2026-03-31' }, ['valid-until-not-allowed']],
  ])('%j contradicts itself', (data, reasons) => {
    expect(outcome(examined, decide(data))).toEqual(['contradictory-content', ...reasons])
  })

  test.each<[object]>([
    [{ decision: 'fit', validUntil: '2026-03-20' }],
    [{ decision: 'fit-with-conditions', validUntil: '2026-03-31', conditions: ['oxygen', 'medical-escort'] }],
    [{ decision: 'temporarily-unfit', validUntil: '2026-03-02' }],
    [{ decision: 'unfit' }],
  ])('%j is accepted', (data) => {
    expect(outcome(examined, decide(data))).toEqual(['decision-recorded', 'fitness-decided'])
  })

  test('covers the day of travel', () => {
    expect(outcome(examined, decide({ decision: 'fit', validUntil: '2026-03-19' }))).toEqual([
      'guards-failed',
      'validity-ends-before-travel',
    ])
  })

  test('that a person is unfit rests on no rule of travel', () => {
    expect(outcome(examinedAs(pregnant), decide({ decision: 'unfit' }))).toEqual(['decision-recorded', 'fitness-decided'])
    expect(outcome(examinedAs(pregnant), decide({ decision: 'temporarily-unfit', validUntil: '2026-06-30' }))).toEqual([
      'decision-recorded',
      'fitness-decided',
    ])
  })

  test('is never fit, with or without conditions, against a rule of air travel on the day of travel', () => {
    const integer = (min: number, max: number) => fc.integer({ min, max })
    fc.assert(
      fc.property(
        integer(0, 43),
        integer(0, 6),
        fc.constantFrom('single' as const, 'multiple' as const),
        fc.boolean(),
        integer(0, 120),
        fc.constantFrom('fit' as const, 'fit-with-conditions' as const),
        (weeks, days, expecting, withLetter, ahead, decision) => {
          const letter = withLetter ? { letter: { issuedOn: '2026-03-02', dueDate: '2026-06-01' } } : {}
          const pregnancy = { status: 'pregnant', age: { weeks, days }, measuredOn: '2026-03-02', expecting, ...letter } as const
          const date = hoursLater(24 * ahead).slice(0, 10)
          const given: readonly FitnessEvent[] = [
            ...scheduled,
            { type: 'travel-set', data: { date } },
            { type: 'examination-recorded', data: { ...well, pregnancy, examinedAt: now, by: 'doctor-1' } },
          ]
          const conditions = decision === 'fit' ? [] : (['aisle-seat'] as const)
          const result = outcome(given, decide({ decision, conditions, validUntil: '2027-01-31' }))
          // Counted by hand here, in days since conception was dated, to depend on nothing of the rule's own code.
          // The letter says 27 weeks on 2 March: 91 days before the date on which the child is due.
          const total = Math.max(weeks * 7 + days, withLetter ? 27 * 7 : 0) + ahead
          const tooLate = total >= (expecting === 'single' ? 37 : 33) * 7
          const letterMissing = total >= 28 * 7 && !withLetter
          expect(result[0]).toBe(tooLate || letterMissing ? 'guards-failed' : 'decision-recorded')
          expect(result.includes('pregnancy-letter-missing')).toBe(letterMissing)
          expect(result.some((code) => code.endsWith('-too-late'))).toBe(tooLate)
        },
      ),
    )
  })

  test('heeds the advice on newborns without being bound by it', () => {
    const newborn = { bornAt: '2026-03-17T11:30:00Z' }
    const given: readonly FitnessEvent[] = [
      ...scheduled,
      {
        type: 'examination-recorded',
        data: { ...well, pregnancy: { status: 'not-applicable' }, newborn, examinedAt: now, by: 'doctor-1' },
      },
    ]
    expect(airTravelFindings({ newborn }, { date: '2026-03-20', departureAt }, rules.standard)).toHaveLength(1)
    expect(outcome(given, decideFit)).toEqual(['decision-recorded', 'fitness-decided'])
  })
})

describe('an examination', () => {
  test.each<[object, readonly string[]]>([
    [{ pregnancy: { ...pregnancy34, measuredOn: '2026-03-04' } }, ['in-the-future']],
    [{ pregnancy: { ...pregnancy34, letter: { issuedOn: '2026-03-04', dueDate: '2026-05-01' } } }, ['in-the-future']],
    [{ newborn: { bornAt: '2026-03-02T09:00:00.001Z' } }, ['in-the-future']],
  ])('of %j cannot be', (data, reasons) => {
    expect(outcome(scheduled, { ...examine, clinical: { ...well, ...data } })).toEqual(['contradictory-content', ...reasons])
  })
})

describe('consent to be examined', () => {
  const without = (...events: readonly FitnessEvent[]) => [followed('open', 1), ...events, ...scheduled.slice(2)]
  const withdrawn: FitnessEvent = {
    type: 'consent-noted',
    data: { caseId, consentId: 'consent-26k47qx9tm2r', withdrawn: true },
  }
  const consentOf = (validFrom: string, validUntil?: string): FitnessEvent => ({
    type: 'consent-noted',
    data: { caseId, consentId: 'consent-26k47qx9tm2r', withdrawn: false, validFrom, validUntil },
  })
  test.each<[string, readonly FitnessEvent[], boolean]>([
    ['never given', [], false],
    ['given', [consented], true],
    ['given this very instant', [consentOf(now)], true],
    ['given this very instant, written without milliseconds', [consentOf('2026-03-02T09:00:00Z')], true],
    ['not yet in force', [consentOf(hoursLater(1))], false],
    ['ended this very instant', [consentOf('2026-03-01T00:00:00Z', now)], false],
    ['still in force', [consentOf('2026-03-01T00:00:00Z', hoursLater(1))], true],
    ['withdrawn', [consented, withdrawn], false],
  ])('%s', (_, events, holds) => {
    expect(outcome(without(...events), examine)).toEqual(holds ? ['examination-recorded'] : ['guards-failed', 'consent-missing'])
  })

  test('a withdrawal stays, whichever message comes first', () => {
    const give: FitnessCommand = { type: 'note-consent', ...service, ...consentData }
    const take: FitnessCommand = { type: 'note-consent', ...service, caseId, consentId: consentData.consentId, withdrawn: true }
    expect(outcome([withdrawn], give)).toEqual([])
    expect(outcome([consented, withdrawn], give)).toEqual([])
    expect(outcome([consented], give)).toEqual([])
    expect(outcome([consented], take)).toEqual(['consent-noted'])
  })

  test('is not needed in the vital interest of the person, for the examination and the decision on it', () => {
    const override = { basis: 'vital-interest', justification: 'Unconscious on arrival, nobody to ask.' } as const
    const given: readonly FitnessEvent[] = [
      ...without(),
      { type: 'examination-recorded', data: { ...well, override, examinedAt: now, by: 'doctor-1' } },
    ]
    expect(outcome(without(), { ...examine, override })).toEqual(['examination-recorded'])
    expect(outcome(given, decideFit)).toEqual(['decision-recorded', 'fitness-decided'])
  })

  test('leaves no room for the vital interest while it is in force, or its withdrawal would stop nothing', () => {
    const override = { basis: 'vital-interest', justification: 'Unconscious on arrival, nobody to ask.' } as const
    expect(outcome(scheduled, { ...examine, override })).toEqual(['contradictory-content', 'override-not-needed'])
  })

  test('is needed still when the decision is taken and when boarding is checked', () => {
    expect(outcome([...examined, withdrawn], decideFit)).toEqual(['guards-failed', 'consent-missing'])
    expect(outcome([...fit, withdrawn], check)).toEqual(['guards-failed', 'consent-missing'])
  })
})
const consentData = { caseId, consentId: 'consent-26k47qx9tm2r', withdrawn: false, validFrom: '2026-03-01T00:00:00Z' }

describe('the check before boarding', () => {
  const ms = (n: number, instant: string): string => new Date(Date.parse(instant) + n).toISOString()
  const { opensAt, closesAt } = boardingWindow(departureAt)
  test.each<[string, string, readonly string[]]>([
    ['a millisecond before 72 hours', ms(-1, opensAt), ['guards-failed', 'too-early-before-departure']],
    ['72 hours', opensAt, ['boarding-checked', 'fitness-cleared']],
    ['24 hours', closesAt, ['boarding-checked', 'fitness-cleared']],
    ['a millisecond after 24 hours', ms(1, closesAt), ['guards-failed', 'too-late-before-departure']],
    ['the departure', departureAt, ['guards-failed', 'too-late-before-departure']],
  ])('at %s', (_, at, expected) => {
    expect(outcome(fit, { ...check, at })).toEqual(expected)
  })

  test('clears inside the window and nowhere else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 * 3600 }), (seconds) => {
        const result = outcome(fit, { ...check, at: ms(-seconds * 1000, departureAt) })
        expect(result.includes('fitness-cleared')).toBe(seconds >= 24 * 3600 && seconds <= 72 * 3600)
      }),
    )
  })

  test('looks at the rules of air travel again', () => {
    const given: readonly FitnessEvent[] = [
      ...fit,
      { type: 'examination-recorded', data: { ...pregnant, examinedAt: now, by: 'doctor-1' } },
    ]
    const decided: readonly FitnessEvent[] = [
      ...given,
      { type: 'decision-recorded', data: { decision: 'fit', conditions: [], validUntil: '2026-03-31', decidedAt: now, by: 'doctor-1' } },
    ]
    expect(outcome(decided, check)).toEqual(['guards-failed', 'pregnancy-letter-missing'])
  })

  test('that does not confirm takes the decision back at any time', () => {
    const notConfirmed: FitnessCommand = { ...check, outcome: 'not-confirmed', at: hoursLater(-1, departureAt) }
    expect(outcome(fit, notConfirmed)).toEqual(['revocation-noted', 'fitness-revoked'])
    expect(outcome(cleared, notConfirmed)).toEqual(['revocation-noted', 'fitness-revoked'])
    expect(outcome(decidedAs('unfit'), notConfirmed)).toEqual(['guards-failed', 'not-decided-fit'])
  })
})

describe('revocation', () => {
  const because = (reason: 'new-condition' | 'validity-passed' | 'decision-in-error', at: string = now): FitnessCommand => ({
    type: 'revoke-decision',
    reason,
    ...doctor,
    at,
  })
  test.each<[FitnessCommand, readonly string[]]>([
    [because('decision-in-error'), ['revocation-noted', 'fitness-revoked']],
    [because('new-condition'), reopened],
    [because('validity-passed', '2026-03-31T23:59:59.999Z'), ['guards-failed', 'still-valid']],
    [because('validity-passed', '2026-04-01T00:00:00.000Z'), reopened],
  ])('%j', (command, expected) => {
    expect(outcome(fit, command)).toEqual(expected)
  })
})

describe('a passed validity', () => {
  const dayAfter = '2026-04-01T00:00:00.000Z'
  test('is asked about again by anybody who may ask, and revokes the decision', () => {
    expect(outcome(fit, { ...request, at: '2026-03-31T23:59:59.999Z' })).toEqual(['guards-failed', 'already-open'])
    expect(outcome(fit, { ...request, at: dayAfter })).toEqual(reopened)
    expect(outcome(decidedAs('temporarily-unfit', '2026-03-31'), { ...request, at: dayAfter })).toEqual([
      'assessment-opened',
      'fitness-requested',
    ])
  })

  test('clears nobody, and leaves nothing to do but to ask again', () => {
    expect(outcome(fit, { ...check, at: dayAfter })).toContain('validity-passed')
    const state = fold(fitness, undefined, fit)
    expect(state && missing(state, dayAfter)).toEqual([])
    expect(state && guardsOf('request', state, dayAfter)).toEqual([])
  })
})

describe('a day that begins', () => {
  const asked = ['assessment-opened', 'fitness-requested']
  test.each<[string, readonly FitnessEvent[], string, readonly string[]]>([
    ['fit, on the last day', fit, '2026-03-31', []],
    ['fit, on the day after', fit, '2026-04-01', reopened],
    ['fit, long after', fit, '2026-12-31', reopened],
    ['fit, of a case that is suspended', [...fit, followed('suspended', 9)], '2026-04-01', reopened],
    ['temporarily unfit, on the last day', decidedAs('temporarily-unfit', '2026-03-31'), '2026-03-31', []],
    ['temporarily unfit, on the day after', decidedAs('temporarily-unfit', '2026-03-31'), '2026-04-01', asked],
    ['unfit', decidedAs('unfit'), '2100-01-01', []],
    ['cleared', cleared, '2026-04-01', []],
    ['fit, decided anew', [...fit, ...decidedAs('fit', '2026-04-15').slice(-1)], '2026-04-01', []],
    ['not requested', known, '2100-01-01', []],
    ['requested', requested, '2100-01-01', []],
    ['scheduled', scheduled, '2100-01-01', []],
    ['examined', examined, '2100-01-01', []],
    ['revoked', revoked, '2100-01-01', []],
    ['cancelled', cancelled, '2100-01-01', []],
  ])('%s', (_, events, day, expected) => {
    expect(outcome(events, lapse(day))).toEqual(expected)
  })

  test('leaves the journey and the doctor as they were, for the next examination', () => {
    const { state } = scenario(fitness)
      .given(...fit)
      .when(lapse('2026-04-01'))
    expect(state).toMatchObject({ status: 'requested', requestedAt: now, officer: 'doctor-1', travel: { date: '2026-03-20' } })
    expect(state).toMatchObject({ revocation: { reason: 'validity-passed' } })
    expect(state).not.toHaveProperty('decision')
  })
})

describe('a new travel date', () => {
  const travel = (date: string, more: object = {}, at: string = now): FitnessCommand => ({
    type: 'set-travel',
    date,
    rules,
    ...doctor,
    at,
    ...more,
  })
  test.each<[string, readonly FitnessEvent[], FitnessCommand, readonly string[]]>([
    ['the same again', fit, travel('2026-03-20', { departureAt }), []],
    ['within the validity', fit, travel('2026-03-31'), ['travel-set']],
    ['beyond the validity', fit, travel('2026-04-01'), ['travel-set', ...reopened]],
    ['another departure, after the check', cleared, travel('2026-03-20'), ['travel-set', 'fitness-clearance-lapsed']],
    ['beyond the validity, after the check', cleared, travel('2026-04-01'), ['travel-set', ...reopened]],
    ['in the past', requested, travel('2026-03-01'), ['contradictory-content', 'in-the-past']],
    ['today', requested, travel('2026-03-02'), ['travel-set']],
    [
      'with a departure on another day',
      requested,
      travel('2026-03-20', { departureAt: '2026-03-21T15:00:00Z' }),
      ['contradictory-content', 'departure-on-another-day'],
    ],
    [
      'with a departure that is still that day somewhere',
      requested,
      travel('2026-03-20', { departureAt: '2026-03-21T09:00:00Z' }),
      ['travel-set'],
    ],
    [
      'with a departure that is the next day already where the validity ends',
      decidedAs('fit', '2026-03-20'),
      travel('2026-03-20', { departureAt: '2026-03-21T09:00:00Z' }),
      ['travel-set', ...reopened],
    ],
  ])('%s', (_, events, command, expected) => {
    expect(outcome(events, command)).toEqual(expected)
  })

  test('on which a rule of air travel speaks against it takes the decision back', () => {
    const letter = { issuedOn: '2026-03-02', dueDate: '2026-05-01' }
    const given: readonly FitnessEvent[] = [
      ...examinedAs(pregnant).slice(0, -1),
      {
        type: 'examination-recorded',
        data: { ...pregnant, pregnancy: { ...pregnancy34, letter }, examinedAt: now, by: 'doctor-1' },
      },
      { type: 'decision-recorded', data: { decision: 'fit', conditions: [], validUntil: '2026-05-31', decidedAt: now, by: 'doctor-1' } },
    ]
    expect(outcome(given, travel('2026-03-22'))).toEqual(['travel-set'])
    expect(outcome(given, travel('2026-03-23'))).toEqual(['travel-set', ...reopened])
    expect(outcome(given, travel('2026-03-22', { departureAt: '2026-03-23T09:00:00Z' }))).toEqual(['travel-set', ...reopened])
  })
})

describe('what happens to the case', () => {
  const event = (standing: Fitness['standing'], caseVersion: number, more: object = {}): FitnessCommand => ({
    type: 'follow-case',
    caseId,
    office,
    standing,
    caseVersion,
    ...service,
    ...more,
  })
  test.each<[string, readonly FitnessEvent[], FitnessCommand, readonly string[]]>([
    [
      'a return confirmed before anything else',
      [],
      event('return-confirmed', 5),
      ['case-followed', 'assessment-opened', 'fitness-requested'],
    ],
    [
      'a return confirmed with a date',
      known,
      event('return-confirmed', 5, { intendedTravelDate: '2026-04-02' }),
      ['case-followed', 'assessment-opened', 'fitness-requested', 'travel-set'],
    ],
    [
      'a return confirmed while an assessment is under way',
      fit,
      event('return-confirmed', 5, { intendedTravelDate: '2026-04-02' }),
      ['case-followed'],
    ],
    ['a return withdrawn', fit, event('return-withdrawn', 5), ['case-followed', 'fitness-cancelled']],
    ['a return withdrawn after a revocation', revoked, event('return-withdrawn', 5), ['case-followed', 'fitness-cancelled']],
    ['a return withdrawn before any assessment', known, event('return-withdrawn', 5), ['case-followed']],
    ['a case closed', requested, event('closed', 5), ['case-followed', 'fitness-cancelled']],
    ['a case closed in the change that withdrew the return', cancelled, event('closed', 9), ['case-followed']],
    ['a return confirmed that was withdrawn since', cancelled, event('return-confirmed', 8), []],
    ['a return confirmed again', cancelled, event('return-confirmed', 10), ['case-followed', 'assessment-opened', 'fitness-requested']],
    ['the same again', known, event('open', 1), []],
  ])('%s', (_, events, command, expected) => {
    expect(outcome(events, command)).toEqual(expected)
  })

  /** The state after messages, delivered one by one, each twice. */
  const arrive = (commands: readonly FitnessCommand[]): Fitness | undefined =>
    [...commands, ...commands].reduce<Fitness | undefined>((state, command) => {
      const decided = fitness.decide(state, command)
      return decided.ok ? fold(fitness, state, decided.value) : state
    }, undefined)
  const seen = (state: Fitness | undefined) =>
    state && [state.standing, state.caseVersion, state.status === 'requested', state.consents.map(({ withdrawn }) => withdrawn)]

  test('comes to the same in whatever order the messages arrive', () => {
    const standing = fc.constantFrom<Fitness['standing'][]>('open', 'return-confirmed', 'suspended', 'return-withdrawn', 'closed')
    const given: FitnessCommand = { type: 'note-consent', ...service, ...consentData }
    const withdrawn: FitnessCommand = { type: 'note-consent', ...service, caseId, consentId: consentData.consentId, withdrawn: true }
    const cases = fc
      .array(standing, { maxLength: 8 })
      .map((changes): readonly FitnessCommand[] => [
        event('open', 1),
        given,
        withdrawn,
        ...changes.map((change, i) => event(change, i + 2)),
      ])
      .chain((messages) => fc.tuple(fc.constant(messages), fc.shuffledSubarray([...messages], { minLength: messages.length })))
    fc.assert(
      fc.property(cases, ([messages, shuffled]) => {
        expect(seen(arrive(shuffled))).toEqual(seen(arrive(messages)))
      }),
      { numRuns: 1000 },
    )
  })

  test('lies at the office that the latest version of the case names, in whatever order the messages arrive', () => {
    const places = fc.constantFrom('labe' as const, 'kankan' as const, 'boke' as const)
    const change = fc.oneof(
      places.map((to) => ({ to })),
      fc.constantFrom<Fitness['standing'][]>('open', 'return-confirmed', 'suspended', 'return-withdrawn').map((standing) => ({ standing })),
    )
    const messages = fc
      .array(change, { maxLength: 8 })
      .map((changes) => {
        let holder: NonNullable<Fitness['office']> = office
        const told = changes.map((one, i): FitnessCommand => {
          const caseVersion = i + 2
          if ('standing' in one) return event(one.standing, caseVersion, { office: holder })
          holder = one.to
          return { type: 'follow-office', caseId, office: holder, caseVersion, ...service }
        })
        return { told: [event('open', 1), ...told], holder }
      })
      .chain(({ told, holder }) =>
        fc.record({
          holder: fc.constant(holder),
          told: fc.constant(told),
          shuffled: fc.shuffledSubarray(told, { minLength: told.length }),
        }),
      )
    fc.assert(
      fc.property(messages, ({ told, shuffled, holder }) => {
        const [inOrder, state] = [arrive(told), arrive(shuffled)]
        expect([inOrder?.office, state?.office]).toEqual([holder, holder])
        expect(seen(state)).toEqual(seen(inOrder))
      }),
      { numRuns: 500 },
    )
  })

  test.each<[string, readonly FitnessCommand[], boolean]>([
    ['a suspension overtakes the confirmation', [event('suspended', 6), event('return-confirmed', 5), event('open', 1)], true],
    ['a reopening overtakes the closure', [event('return-confirmed', 5), event('open', 9), event('closed', 8)], false],
    [
      'a new confirmation overtakes the withdrawal',
      [event('return-confirmed', 5), event('return-confirmed', 7), event('return-withdrawn', 6)],
      true,
    ],
  ])('%s', (_, messages, open) => {
    expect(arrive(messages)?.status === 'requested').toBe(open)
  })

  test('a closure that comes late does not stop what somebody asked for after the reopening', () => {
    const opened: FitnessEvent = { type: 'assessment-opened', data: { requestedAt: now, caseVersion: 9 } }
    expect(outcome([followed('open', 9), opened], event('closed', 8))).toEqual(['case-followed'])
    expect(outcome([followed('open', 9), opened], event('closed', 10))).toEqual(['case-followed', 'fitness-cancelled'])
  })

  test('a suspension, which may be medical, holds back boarding only', () => {
    const suspended = followed('suspended', 5)
    expect(outcome([...scheduled, suspended], examine)).toEqual(['examination-recorded'])
    expect(outcome([...examined, suspended], decideFit)).toEqual(['decision-recorded', 'fitness-decided'])
    expect(outcome([...fit, suspended], check)).toEqual(['guards-failed', 'case-suspended'])
    expect(outcome([...fit, suspended, followed('open', 6)], check)).toEqual(['boarding-checked', 'fitness-cleared'])
  })

  test('at another office takes it out of the hands of its doctor', () => {
    const state = fold(fitness, undefined, [
      ...scheduled,
      { type: 'case-followed', data: { caseId, office: 'labe', standing: 'open', caseVersion: 2 } },
    ])
    expect(state).toMatchObject({ office: 'labe', status: 'requested' })
    expect(state && fitness.resource(state)).toEqual({ offices: ['labe'], assignees: [] })
  })

  test('handed over to another office, too, and what was decided stands', () => {
    const moved: FitnessEvent = { type: 'case-moved', data: { caseId, office: 'labe', caseVersion: 12 } }
    const state = fold(fitness, undefined, [...fit, moved])
    expect(state).toMatchObject({ office: 'labe', status: 'decided' })
    expect(state && fitness.resource(state)).toEqual({ offices: ['labe'], assignees: [] })
    expect(fold(fitness, undefined, [...scheduled, moved])).toMatchObject({ office: 'labe', status: 'requested' })
  })
})

describe('whatever is asked for, in whatever order', () => {
  const commands: readonly FitnessCommand[] = [
    request,
    schedule,
    examine,
    decideFit,
    { ...decideFit, decision: 'unfit', validUntil: undefined },
    { ...decideFit, decision: 'temporarily-unfit', validUntil: '2026-03-05' },
    check,
    { ...check, outcome: 'not-confirmed' },
    revoke,
    { type: 'revoke-decision', reason: 'decision-in-error', ...doctor },
    setTravel,
    { type: 'set-travel', date: '2026-03-20', departureAt, rules, ...doctor },
    { ...examine, clinical: pregnant },
    lapse('2026-03-06'),
    lapse('2026-04-01'),
  ]
  const asksAgain: readonly FitnessCommand['type'][] = ['request-assessment', 'lapse-decision']
  test('a state is whole, a decision stands only in its statuses, and nobody is cleared without one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...commands), { maxLength: 40 }), (sequence) => {
        let events: readonly FitnessEvent[] = known
        for (const command of sequence) {
          const before = fold(fitness, undefined, events)
          const result = scenario(fitness)
            .given(...events)
            .when(command)
          events = [...events, ...result.events]
          const { state } = result
          if (state === undefined) throw new Error('no state')
          expect(FitnessSchema.safeParse(state).error).toBeUndefined()
          expect(state.decision !== undefined).toBe(['decided', 'cleared'].includes(state.status))
          expect(state.clearance !== undefined).toBe(state.status === 'cleared')
          if (state.status === 'cleared') {
            expect(['fit', 'fit-with-conditions']).toContain(state.decision?.decision)
            // Why a day that begins leaves the cleared alone.
            expect((state.travel?.date ?? '~') <= (state.decision?.validUntil ?? '')).toBe(true)
          }
          if (command.type === 'lapse-decision') expect(state.status === 'decided' && lapsed(state, command.day)).toBe(false)
          expect(fitness.index?.(state).gsi1 === undefined).toBe(['not-requested', 'cancelled'].includes(state.status))
          const published = result.events.map(({ type }) => type)
          if (before?.decision !== undefined && state.decision === undefined && (decidedFit(before) || !asksAgain.includes(command.type)))
            expect(published).toContain('medical-coordination.fitness-revoked.v1')
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('what is missing', () => {
  test.each<[string, readonly FitnessEvent[], readonly string[]]>([
    ['not-requested', known, []],
    [
      'requested',
      [followed('open', 1), ...requested.slice(2)],
      [
        'examine not-scheduled',
        'examine consent-missing',
        'decide not-examined',
        'decide consent-missing',
        'decide travel-date-missing',
        'clear not-decided-fit',
        'clear consent-missing',
        'clear departure-unknown',
      ],
    ],
    ['examined', examined, ['clear not-decided-fit', 'clear too-early-before-departure']],
    ['decided fit', fit, ['clear too-early-before-departure']],
    ['decided unfit', decidedAs('unfit'), []],
    ['cleared', cleared, []],
  ])('%s', (_, events, expected) => {
    const state = fold(fitness, undefined, events)
    expect(state && missing(state, now).map(({ step, code }) => `${step} ${code}`)).toEqual(expected)
  })

  test('is what the step is refused with', () => {
    const state = fold(fitness, undefined, cancelled)
    if (state === undefined) throw new Error('no state')
    const commands = {
      request,
      schedule,
      examine,
      decide: { ...decideFit, decision: 'unfit', validUntil: undefined },
      clear: { ...check, at: now },
    } as const
    for (const step of steps)
      expect(outcome(cancelled, commands[step])).toEqual(['guards-failed', ...guardsOf(step, state, now).map(({ code }) => code)])
  })
})
