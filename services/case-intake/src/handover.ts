import { country } from '@wontanara/core'
import { CalendarDate, Instant, missions, operational, priorities, serviceTypes } from '@wontanara/events'
import * as z from 'zod'
import { needStatuses, stages, statuses } from './codes.ts'
import { dayOf } from './consent.ts'
import { companionsOf } from './links.ts'
import { isHeld } from './missing.ts'
import { needStatus } from './needs.ts'
import { classificationOf, hasSpecificNeeds } from './screening.ts'
import type { CaseState } from './state.ts'

/**
 * What an office learns of a case before it takes it: enough to say whether it can, and nothing of who the person is. Codes of class C1 only:
 * no name, no sex, no age, no finding.
 */
export const Handover = z.strictObject({
  status: operational(statuses.schema),
  stage: operational(stages.schema),
  since: Instant,
  /** Country the person is in. */
  presentIn: operational(country()),
  /** Whether a protection officer found something that calls for attention; not what (activity A6). */
  specificNeeds: operational(z.boolean()),
  needs: z.array(
    z.strictObject({
      service: operational(serviceTypes.schema),
      priority: operational(priorities.schema),
      status: operational(needStatuses.schema),
    }),
  ),
  /** The most pressing need without an answer. */
  urgency: operational(priorities.schema).optional(),
  travel: z.strictObject({
    /** The wish to return was declared. */
    confirmed: operational(z.boolean()),
    /** Something stands against the return at present. */
    held: operational(z.boolean()),
    intendedOn: CalendarDate.optional(),
  }),
  /** People who travel along and have a case of their own, which this transfer does not move. */
  travellingAlong: operational(z.int().min(0)),
})

export const Mission = operational(missions.schema)

/** The handover pack of a case as it is at an instant. */
export function handoverOf(state: CaseState, at: string): z.output<typeof Handover> {
  const { status, stage, since, registration, screening, needs = [], declaration } = state
  const listed = needs.map((need) => ({ service: need.service, priority: need.priority, status: needStatus(need) }))
  const pressing = new Set(listed.filter((need) => need.status === 'open' || need.status === 'referred').map(({ priority }) => priority))
  const urgency = priorities.codes.find((priority) => pressing.has(priority))
  return {
    status,
    stage,
    since,
    presentIn: registration.presentIn,
    specificNeeds: screening !== undefined && hasSpecificNeeds(screening, classificationOf(registration, screening, dayOf(at), state)),
    needs: listed,
    ...(urgency === undefined ? {} : { urgency }),
    travel: {
      confirmed: declaration !== undefined,
      held: isHeld(state, at),
      ...(declaration?.intendedTravelDate === undefined ? {} : { intendedOn: declaration.intendedTravelDate }),
    },
    travellingAlong: companionsOf(state).length,
  }
}
