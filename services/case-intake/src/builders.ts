import type { Principal, Role } from '@wontanara/core'
import * as z from 'zod'
import { cases } from './case.ts'
import type { CaseCommand, CommandOf } from './commands.ts'
import { DeclarationTerms } from './declaration.ts'
import type { CaseEvent } from './events.ts'
import { bodies } from './examples.ts'
import { Registration } from './registration.ts'
import { Findings } from './screening.ts'
import { type CaseState, isChildAt } from './state.ts'

/*
 * For tests: people, and cases as far along as a test wants them. Each takes what differs from a grown man whose papers are in order.
 */
export const now = '2026-03-02T09:00:00.000Z'
export const caseId = 'case-26k47qx9tm2r'

const officer = (id: string, ...roles: readonly Role[]): Principal => ({ kind: 'staff', id, roles, offices: ['niger'] })
export const intake = officer('staff-0001', 'intake-officer')
export const supervisor = officer('staff-0002', 'supervisor')
export const manager = officer('staff-0003', 'case-manager')
export const protector = officer('staff-0007', 'protection-officer')

/** What is asked, without when and by whom. */
type AskedOf<T extends CaseCommand['type']> = Omit<CommandOf<T>, 'at' | 'by'>
export type Asked = CaseCommand extends infer C ? (C extends unknown ? Omit<C, 'at' | 'by'> : never) : never
export const ask = (asked: Asked, by: Principal = protector, at: string = now): CaseCommand => ({ ...asked, by, at })

const { office, duplicates, ...registration } = bodies.registration
export const adult = Registration.parse(registration)
/** A girl of about twelve; a judge's decision stands for her consent. */
export const child = Registration.parse({
  ...registration,
  person: { ...registration.person, birthDate: '2013', sex: 'female' },
  processing: { basis: 'legal-obligation', legalReference: 'Code de l’enfant L/2019/0059/AN' },
})

export const findings = (differs: Partial<z.input<typeof Findings>> = {}): Findings => Findings.parse({ ...bodies.screening, ...differs })

export const register = (person: Registration = adult): AskedOf<'register'> => ({
  ...registerUndecided(person),
  duplicates: { outcome: duplicates.outcome },
  found: [],
})
/** As above, but the search for an earlier registration has not ended. */
export const registerUndecided = (person: Registration = adult): AskedOf<'register'> => ({
  type: 'register',
  caseId,
  office,
  registration: person,
})
/** The service in its own name. */
export const searcher: Principal = { kind: 'service', id: 'case-intake' }
export const screen = (differs: Partial<z.input<typeof Findings>> = {}): Asked => ({ type: 'screen', findings: findings(differs) })

export const counsel: AskedOf<'record-session'> = {
  type: 'record-session',
  terms: {
    ...bodies.session,
    subjects: ['return', 'reintegration'],
    topics: [...bodies.session.topics],
    optionsShown: [...bodies.session.optionsShown],
  },
}
export const recordNeed = (needId = 'need-9q4r8t3m2k7x'): Asked => ({ type: 'record-need', needId, terms: bodies.need })

/** A declaration that fits the person: a guardian signs for a child. */
export const declare = (state: CaseState, at: string = now): AskedOf<'declare'> => ({
  type: 'declare',
  terms: z.object(DeclarationTerms).parse({
    ...bodies.declaration,
    signatory: isChildAt(state, at)
      ? { kind: 'guardian', name: 'Mamadou Tuteur-Exemple', relation: 'appointed-guardian', childAssents: true }
      : { kind: 'self' },
    language: state.registration.person.languages[0],
  }),
})

/** Every safeguard of state machine 2b and D13, each in favour of a return. */
export const safeguards: readonly Asked[] = [
  {
    type: 'record-safeguard',
    terms: {
      kind: 'guardian-named',
      authority: 'juvenile-judge',
      date: '2026-02-20',
      reference: 'EX-J-1',
      guardian: 'Mamadou Tuteur-Exemple',
    },
  },
  {
    type: 'record-safeguard',
    terms: { kind: 'child-views', authority: 'psychosocial-officer', date: '2026-02-21', reference: 'EX-V-1', outcome: 'agrees' },
  },
  {
    type: 'record-safeguard',
    terms: {
      kind: 'best-interests-determination',
      authority: 'best-interests-panel',
      date: '2026-02-24',
      reference: 'EX-B-1',
      compared: ['return', 'local-integration'],
      outcome: 'return',
    },
  },
  {
    type: 'record-safeguard',
    terms: { kind: 'safe-return-assessment', authority: 'programme', date: '2026-02-25', reference: 'EX-S-1', outcome: 'positive' },
  },
]

/** The history and the state after commands that must all be accepted. @throws naming the command that was refused */
export function after(...commands: readonly CaseCommand[]): { readonly state: CaseState; readonly history: readonly CaseEvent[] } {
  let state: CaseState | undefined
  const history: CaseEvent[] = []
  for (const command of commands) {
    const decided = cases.decide(state, command)
    if (!decided.ok)
      throw new Error(`${command.type}: ${decided.refusal.code} ${decided.refusal.reasons.map(({ code }) => code).join(' ')}`)
    for (const event of decided.value) {
      history.push(event)
      state = cases.evolve(state, event)
    }
  }
  if (state === undefined) throw new Error('nothing happened')
  return { state, history }
}

/** The codes of a refusal; none when the command is accepted. */
export function refusedBy(state: CaseState | undefined, command: CaseCommand): readonly string[] {
  const decided = cases.decide(state, command)
  if (decided.ok) return []
  const { code, reasons } = decided.refusal
  return reasons.length === 0 ? [code] : reasons.map((reason) => reason.code)
}

const toDeclaration = [ask(register(), intake), ask(screen()), ask(counsel, manager)]
/** A case at each forward state. */
export const atStage = {
  registered: () => after(ask(register(), intake)).state,
  screened: () => after(...toDeclaration.slice(0, 2)).state,
  counselled: () => after(...toDeclaration).state,
  'voluntary-confirmed': () => after(...toDeclaration, ask(declare(after(...toDeclaration).state), manager)).state,
} satisfies Readonly<Record<CaseState['stage'], () => CaseState>>
