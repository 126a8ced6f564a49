import * as z from 'zod'
import { defineEvent } from './define-event.ts'

/** `time` is the instant for which the day was announced: its first ten characters are the day. Made by the scheduler, in `infra/platform.ts`. */
export const DayBegan = defineEvent('platform.day-began.v1', {
  summary: 'A calendar day began in Guinea, whose time is UTC: `time` says which. What holds until a day is looked at now.',
  data: z.object({}),
})

/** `time` is the instant for which the hour was announced. Made by the scheduler, in `infra/platform.ts`. */
export const HourBegan = defineEvent('platform.hour-began.v1', {
  summary: 'An hour began: `time` says which. What has a deadline of hours is looked at now.',
  data: z.object({}),
})
