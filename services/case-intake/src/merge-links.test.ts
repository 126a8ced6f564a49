import type { Principal } from '@wontanara/core'
import { client } from '@wontanara/testing'
import fc from 'fast-check'
import * as z from 'zod'
import { api } from './api.ts'
import { routes } from './app.ts'
import { now } from './builders.ts'
import { bodies } from './examples.ts'
import { linksOf, opposite } from './links.ts'
import { memoryPorts } from './memory-ports.ts'
import { standsFor } from './merging.ts'
import { catalogue } from './refusals.ts'
import { classificationOf } from './screening.ts'
import type { CaseState } from './state.ts'

const worker: Principal = {
  kind: 'staff',
  id: 'staff-0003',
  roles: ['supervisor', 'protection-officer', 'child-protection-officer', 'intake-officer'],
  offices: ['niger'],
}
const Made = z.looseObject({ caseId: z.string() })
const names = ['Hawa Exemple-Sow', 'Hawa Exemple-Sow', 'Lansana Exemple-Keïta', 'Kadiatou Exemple-Bah'] as const

/** Four cases; the first two are of one person. @param youth numbers of those who are children */
async function service(...youth: readonly number[]) {
  let minutes = 0
  /** Each request a minute after the one before. */
  const at = (): string => new Date(Date.parse(now) + ++minutes * 60_000).toISOString()
  const ports = memoryPorts()
  const { as } = client(api, routes(ports), { refusals: catalogue, recordAccess: ports.cases.store.recordAccess })
  const state = async (caseId: string): Promise<CaseState> => {
    const stored = await ports.cases.store.load(caseId)
    if (stored === undefined) throw new Error(`${caseId} is not there`)
    return stored.state
  }
  /** @returns the status of the answer */
  const change = async (route: string, caseId: string, body: object, more: Readonly<Record<string, string>> = {}): Promise<number> => {
    const stored = await ports.cases.store.load(caseId)
    const { status } = await as(worker)(route, { caseId, ...more }, { ifMatch: stored?.version ?? 0, body, at: at() })
    return status
  }
  const { duplicates: _, ...registration } = bodies.registration
  const ids: string[] = []
  for (const [n, name] of names.entries()) {
    const [given = '', family = ''] = name.split(' ')
    const person = { ...registration.person, name: { given, family }, birthDate: youth.includes(n) ? '2012' : '1985' }
    const processing = youth.includes(n) ? { basis: 'legal-obligation', legalReference: 'Exemple L/2016' } : registration.processing
    const { body } = await as(worker)('POST /v1/cases', {}, { body: { ...registration, office: 'niger', person, processing }, at: at() })
    const { caseId } = Made.parse(body)
    await change('PUT /v1/cases/{caseId}/assignment', caseId, { lead: worker.id, team: [] })
    ids.push(caseId)
  }
  const [one = '', other = '', uncle = '', child = ''] = ids
  const samePerson = () => change('PUT /v1/cases/{caseId}/duplicate-check', one, { outcome: 'same-person', comparedWith: [other] })
  expect(await samePerson()).toBe(200)
  return {
    ids: { one, other, uncle, child },
    state,
    samePerson,
    link: (caseId: string, whom: string, relation: string) =>
      change('POST /v1/cases/{caseId}/links', caseId, { other: whom, relation, basis: 'declared' }),
    end: (caseId: string, linkId: string) =>
      change('POST /v1/cases/{caseId}/links/{linkId}/end', caseId, { reason: 'entered-in-error' }, { linkId }),
    merge: () => change('POST /v1/cases/{caseId}/merge', one, { into: other }),
    unmerge: () => change('POST /v1/cases/{caseId}/unmerge', one, { reason: 'another-person' }),
    screen: (caseId: string, accompaniment: string) =>
      change('POST /v1/cases/{caseId}/screenings', caseId, {
        ...bodies.screening,
        accompaniment,
        loweredBecause: 'Exemple: found to be so.',
      }),
    household: async (caseId: string) => (await as(worker)('GET /v1/cases/{caseId}/household', { caseId })).body,
  }
}
type Service = Awaited<ReturnType<typeof service>>

const idsOf = (state: CaseState): readonly string[] => linksOf(state).map(({ linkId }) => linkId)

/** Every link stands twice, in two cases that go on, each time from that person's view; a case that went under has none. */
async function consistent({ ids, state }: Service): Promise<readonly string[]> {
  const all = await Promise.all(Object.values(ids).map(state))
  for (const file of all) {
    if (file.status === 'merged') expect(idsOf(file)).toEqual([])
    for (const link of linksOf(file)) {
      const theirs = all.filter((candidate) => candidate.status !== 'merged' && standsFor(candidate).includes(link.other))
      expect(theirs).toHaveLength(1)
      const mirrors = theirs.flatMap(linksOf).filter(({ linkId }) => linkId === link.linkId)
      expect(mirrors).toMatchObject([{ relation: opposite(link.relation) }])
      expect(standsFor(file)).toContain(mirrors[0]?.other)
    }
  }
  return all.flatMap(idsOf).toSorted()
}

const who = fc.constantFrom('one', 'other', 'uncle', 'child')
const deeds = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('link'),
        who,
        whom: who,
        relation: fc.constantFrom('sibling', 'travelling-with', 'separated-from', 'guardian', 'parent'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('end'), who, n: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('merge', 'unmerge') }) },
  ),
  { minLength: 6, maxLength: 24 },
)

describe('links of two cases of one person', () => {
  test('are lost by no merge and no end of one, whatever happens before, between and after', async () => {
    let [merges, partings] = [0, 0]
    await fc.assert(
      fc.asyncProperty(deeds, async (list) => {
        const it = await service()
        const { ids, state } = it
        let [own, kept] = [new Set<string>(), new Set<string>()]
        for (const deed of list) {
          const before = await consistent(it)
          if ('relation' in deed) {
            const asked = await it.link(ids[deed.who], ids[deed.whom], deed.relation)
            expect((await consistent(it)).length).toBe(before.length + (asked === 200 ? 2 : 0))
          } else if ('n' in deed) {
            const held = idsOf(await state(ids[deed.who]))
            const linkId = held[deed.n % Math.max(1, held.length)]
            if (linkId === undefined) continue
            expect(await it.end(ids[deed.who], linkId)).toBe(200)
            expect(await consistent(it)).toEqual(before.filter((id) => id !== linkId))
          } else if (deed.do === 'merge') {
            const sides = [idsOf(await state(ids.one)), idsOf(await state(ids.other))] as const
            if ((await it.merge()) !== 200) continue
            merges++
            ;[own, kept] = [new Set(sides[0]), new Set(sides[1])]
            expect(await consistent(it)).toEqual(before)
            expect(new Set(idsOf(await state(ids.other)))).toEqual(new Set([...own, ...kept]))
          } else {
            const held = idsOf(await state(ids.other))
            if ((await it.unmerge()) !== 200) continue
            partings++
            expect(await consistent(it)).toEqual(before)
            expect(new Set(idsOf(await state(ids.one)))).toEqual(new Set(held.filter((id) => own.has(id))))
            expect(new Set(idsOf(await state(ids.other)))).toEqual(new Set(held.filter((id) => !own.has(id))))
            // Decided anew, for the next time.
            await it.samePerson()
          }
        }
      }),
      { numRuns: 40 },
    )
    expect(merges).toBeGreaterThan(5)
    expect(partings).toBeGreaterThan(2)
  })

  test('make one member of a household, under the case that goes on', async () => {
    const { ids, link, merge, unmerge, household } = await service()
    const { one, other, uncle } = ids
    await link(uncle, one, 'travelling-with')
    await link(uncle, one, 'sibling')
    await link(uncle, other, 'travelling-with')
    expect(await household(uncle)).toMatchObject({ members: [{ caseId: one }, { caseId: other }], others: 0 })
    expect(await merge()).toBe(200)
    expect(await household(uncle)).toMatchObject({
      members: [{ caseId: other, status: 'registered', relations: ['travelling-with', 'sibling'] }],
      others: 0,
    })
    expect(await household(other)).toMatchObject({ members: [{ caseId: uncle, relations: ['travelling-with', 'sibling'] }], others: 0 })
    expect(await unmerge()).toBe(200)
    expect(await household(uncle)).toMatchObject({ members: [{ caseId: one }, { caseId: other }], others: 0 })
  })

  test('are not said again of the case that goes on, nor contradicted', async () => {
    const { ids, link, merge } = await service()
    await link(ids.one, ids.uncle, 'sibling')
    expect(await merge()).toBe(200)
    expect(await link(ids.uncle, ids.other, 'sibling')).toBe(409)
    expect(await link(ids.uncle, ids.other, 'child')).toBe(409)
    expect(await link(ids.other, ids.uncle, 'travelling-with')).toBe(200)
  })

  test('raise the protection of the case that goes on, and go back with the other', async () => {
    const { ids, state, link, merge, unmerge, screen } = await service(0, 1)
    const { one, other, uncle } = ids
    for (const caseId of [one, other]) expect(await screen(caseId, 'parent')).toBe(200)
    expect(await link(one, uncle, 'separated-from')).toBe(200)
    const found = async (caseId: string) => {
      const file = await state(caseId)
      if (file.screening === undefined) throw new Error('not screened')
      return classificationOf(file.registration, file.screening, '2026-03-04', file).classification
    }
    expect([await found(one), await found(other)]).toEqual(['unaccompanied-child', 'accompanied-child'])
    expect(await merge()).toBe(200)
    expect(await found(other)).toBe('unaccompanied-child')
    expect(await unmerge()).toBe(200)
    expect([await found(one), await found(other)]).toEqual(['unaccompanied-child', 'accompanied-child'])
  })
})
