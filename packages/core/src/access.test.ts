import { type DataClass, dataClasses } from '@wontanara/events'
import fc from 'fast-check'
import { type Action, actions, classAccess, decide, mayEver, type Principal, type Resource, type Role, roles } from './access.ts'

const allActions = Object.keys(actions) as Action[]
type Who = Role | 'partner' | 'service' | 'applicant'
const everyone: readonly Who[] = [...roles, 'partner', 'service', 'applicant']

const principalOf = (who: Who): Principal => {
  if (who === 'partner') return { kind: 'partner', id: 'client', organisation: 'org-one' }
  if (who === 'applicant') return { kind: 'applicant', id: 'applicant' }
  return who === 'service' ? { kind: 'service', id: 'a-service' } : { kind: 'staff', id: 'me', roles: [who], offices: ['conakry'] }
}
const far: Resource = { offices: ['labe'], assignees: ['other'], addressedTo: ['org-two'], disclosedTo: ['org-two'] }
/** How a record may stand to the principal, from farthest to closest. */
const situations = {
  stranger: far,
  office: { ...far, offices: ['labe', 'conakry'] },
  assigned: { ...far, assignees: ['other', 'me'] },
  'office and assigned': { ...far, offices: ['conakry'], assignees: ['me'] },
  addressed: { ...far, addressedTo: ['org-one', 'org-two'] },
  disclosed: { ...far, addressedTo: ['org-one'], disclosedTo: ['org-one'] },
} as const satisfies Record<string, Resource>
type Situation = keyof typeof situations
const situationsOf: Readonly<Record<Principal['kind'], readonly Situation[]>> = {
  staff: ['stranger', 'office', 'assigned', 'office and assigned'],
  partner: ['stranger', 'addressed', 'disclosed'],
  service: ['stranger'],
  applicant: ['stranger'],
}
const all = Object.keys(situations) as Situation[]
const allowed = (who: Who, action: Action, situation: Situation): boolean => decide(principalOf(who), action, situations[situation]).allow

/** The farthest situation in which an action is allowed, as a word for the table. */
function reach(who: Who, action: Action): string {
  const own = situationsOf[principalOf(who).kind].filter((situation) => allowed(who, action, situation))
  if (own.length === 0) return '·'
  return own[0] === 'stranger' ? 'any' : (own[0] ?? '')
}
const table = (head: readonly string[], lines: readonly (readonly string[])[]): string => {
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => (line[i] ?? '').length)))
  const row = (line: readonly string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return ['', row(head), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row), ''].join('\n')
}

describe('the whole matrix, for review', () => {
  test('how close each must stand to do what', () => {
    expect(
      table(
        ['action', ...everyone],
        allActions.map((action) => [action, ...everyone.map((who) => reach(who, action))]),
      ),
    ).toMatchSnapshot()
  })

  test('which classes each sees of a record, in every situation', () => {
    const rows = everyone.flatMap((who) =>
      situationsOf[principalOf(who).kind].map((situation) => {
        const way = allActions.find((action) => allowed(who, action, situation))
        const decision = way === undefined ? undefined : decide(principalOf(who), way, situations[situation])
        const classes =
          decision?.allow === true ? dataClasses.filter((dataClass) => decision.classes.has(dataClass)).join(' ') : 'no way in'
        return [who, situation, classes]
      }),
    )
    expect(table(['who', 'record', 'sees'], rows)).toMatchSnapshot()
  })
})

describe('every role, action and situation', () => {
  const cells = everyone.flatMap((who) => allActions.flatMap((action) => all.map((situation) => [who, action, situation] as const)))

  test('a closer relation never allows less', () => {
    const closer: readonly (readonly [Situation, Situation])[] = [
      ['stranger', 'office'],
      ['office', 'office and assigned'],
      ['assigned', 'office and assigned'],
      ['stranger', 'addressed'],
      ['addressed', 'disclosed'],
    ]
    for (const who of everyone)
      for (const action of allActions)
        for (const [from, to] of closer)
          if (allowed(who, action, from)) expect([who, action, to, allowed(who, action, to)]).toEqual([who, action, to, true])
  })

  test('a relation of partners gives nothing to staff, nor one of staff to partners', () => {
    for (const [who, action, situation] of cells)
      if (!situationsOf[principalOf(who).kind].includes(situation))
        expect(allowed(who, action, situation)).toBe(allowed(who, action, 'stranger'))
  })

  test('is denied when it stands in no table', () => {
    for (const [who, action, situation] of cells) {
      const granted = Object.hasOwn(actions[action], who)
      if (!granted) expect(decide(principalOf(who), action, situations[situation])).toEqual({ allow: false, reason: 'role' })
      expect(mayEver(principalOf(who), action)).toBe(granted)
    }
  })

  test('administrators, analysts and campaign editors reach no case data; nobody sees secrets', () => {
    for (const who of ['administrator', 'analyst', 'campaign-editor'] as const) {
      const reached = allActions.filter((action) => all.some((situation) => allowed(who, action, situation)))
      expect(reached).toEqual(who === 'analyst' ? ['measures:read'] : [])
      expect(classAccess[who]).toEqual({})
    }
    for (const [who, action, situation] of cells) {
      const decision = decide(principalOf(who), action, situations[situation])
      if (decision.allow) expect(decision.classes.has('C4')).toBe(false)
    }
  })

  test.each<[DataClass, readonly Who[]]>([
    ['C3-medical', ['medical-officer']],
    ['C3-protection', ['protection-officer', 'child-protection-officer']],
    ['C3-trafficking', []],
  ])('%s is for those assigned among %p only', (dataClass, who) => {
    const seers = cells.filter(([one, action, situation]) => {
      const decision = decide(principalOf(one), action, situations[situation])
      return decision.allow && decision.classes.has(dataClass)
    })
    expect([...new Set(seers.map(([one]) => one))]).toEqual(who)
    expect(seers.every(([, , situation]) => situation === 'assigned' || situation === 'office and assigned')).toBe(true)
  })

  test('a partner sees identity only after disclosure, and its directory without a record', () => {
    for (const action of allActions) {
      const decision = decide(principalOf('partner'), action, situations.addressed)
      if (decision.allow) expect(decision.classes.has('C2')).toBe(false)
      if (action !== 'directory:read') expect(allowed('partner', action, 'stranger')).toBe(false)
    }
  })
})

describe('any combination of roles', () => {
  const names = fc.constantFrom('me', 'other', 'third')
  const places = fc.constantFrom('conakry', 'labe', 'kankan')
  const resource: fc.Arbitrary<Resource> = fc.record({ offices: fc.array(places), assignees: fc.array(names) })
  const staff = fc.record({ roles: fc.subarray([...roles]), offices: fc.uniqueArray(places) })

  test('taking a role or an office away never adds access', () => {
    fc.assert(
      fc.property(staff, resource, fc.constantFrom(...allActions), fc.infiniteStream(fc.boolean()), (more, record, action, keep) => {
        const kept = <T>(list: readonly T[]): T[] => list.filter(() => keep.next().value)
        const whole: Principal = { kind: 'staff', id: 'me', ...more }
        const less: Principal = { ...whole, roles: kept(more.roles), offices: kept(more.offices) }
        const [before, after] = [decide(whole, action, record), decide(less, action, record)]
        if (after.allow) {
          expect(before.allow).toBe(true)
          if (before.allow) expect([...after.classes].filter((dataClass) => !before.classes.has(dataClass))).toEqual([])
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('without a role, or at no office and assigned to nothing, next to nothing is allowed', () => {
    fc.assert(
      fc.property(staff, fc.constantFrom(...allActions), (someone, action) => {
        expect(decide({ kind: 'staff', id: 'me', ...someone, roles: [] }, action, situations['office and assigned']).allow).toBe(false)
        const decision = decide({ kind: 'staff', id: 'me', roles: someone.roles, offices: [] }, action, far)
        if (decision.allow) expect((actions[action] as Record<string, string>)[decision.as]).toBe('any')
      }),
    )
  })
})
