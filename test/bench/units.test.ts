import { readFileSync } from 'node:fs'
import { subscriptions as caseIntake } from '@wontanara/case-intake/subscriptions'
import type { Subscriptions } from '@wontanara/core'
import { ReferralEscalated, ReferralExpired } from '@wontanara/events'
import { subscriptions as medicalCoordination } from '@wontanara/medical-coordination/subscriptions'
import { subscriptions as referralRouting } from '@wontanara/referral-routing/subscriptions'
import { acceptedMisses, type Measured, measureUnits, misses, routes, unitsFile, unitsText } from './units.ts'

let measured: Measured
beforeAll(async () => {
  measured = await measureUnits()
}, 120_000)
afterAll(() => measured?.cloud.stop())

it('takes every route with success', () => {
  const taken = new Set(measured.costs.map(({ name }) => name.replace(', fresh', '')))
  expect(routes.filter((route) => !taken.has(route))).toEqual([])
})

it('brings every event to every consumer', async () => {
  const published = new Set(measured.costs.flatMap(({ events }) => events))
  const lists: readonly Subscriptions[] = [caseIntake, medicalCoordination, referralRouting]
  const heard = lists.flatMap(({ events }) => events.map(({ type }) => type))
  // Days and hours are announced by the schedule, not by a route, and so is what comes of them: test/journeys/days and loop play some.
  const byTime: readonly string[] = [ReferralExpired.type, ReferralEscalated.type]
  expect(heard.filter((type) => !published.has(type) && !type.startsWith('platform.') && !byTime.includes(type))).toEqual([])
  expect(await measured.cloud.cloud.deadLetters()).toEqual([])
})

it('costs what units.md says (`pnpm bench units --write` writes it anew)', () => {
  expect(unitsText(measured.costs, measured.journey)).toBe(readFileSync(unitsFile, 'utf8'))
})

it('takes no more round trips and read units than the goals allow, but where units.ts says why', () => {
  expect(misses(measured.costs).toSorted()).toEqual(Object.keys(acceptedMisses).toSorted())
})

it('makes no other AWS call in the path of a request', () => {
  expect(measured.costs.flatMap(({ otherCalls }) => otherCalls)).toEqual([])
})

it('makes no call at all for a body that is refused', async () => {
  const { programme, footprints } = measured.cloud
  const { status } = await programme.staff('intake-officer').post('/v1/cases', { body: { office: programme.office, surplus: true } })
  expect(status).toBe(400)
  expect(footprints.at(-1)).toMatchObject({ request: { calls: 0 }, otherCalls: [], events: [] })
})

it('invokes one relay for a command, and each consumer at most once for each of its events', () => {
  for (const { events, after } of measured.cloud.footprints) {
    // That somebody was looked for is noted in the registration, whose change is told once more.
    for (const [name, { invocations }] of after)
      expect(invocations).toBeLessThanOrEqual(Math.max(name.endsWith('/registrations') ? 2 : 1, events.length))
  }
})

it('writes at most 1 KB of log for an invocation', () => {
  const bytes = new Map<string, number>()
  for (const { function: name, requestId, bytes: length } of measured.cloud.log) {
    const key = `${name} ${requestId}`
    bytes.set(key, (bytes.get(key) ?? 0) + length + 1)
  }
  expect([...bytes].filter(([, length]) => length > 1024)).toEqual([])
})
