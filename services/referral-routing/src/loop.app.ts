import { type Api, type Call, decide, deny, execute, issued, ok, type Routes, refused } from '@wontanara/core'
import { overdue } from './deadlines.ts'
import type { loopRoutes } from './loop.api.ts'
import { type AnsweringPorts, answering } from './partner-answers.ts'
import type { ReferralCommand } from './referral.ts'

/** What each route of `loop.api.ts` does. */
export function looping(ports: AnsweringPorts) {
  const { referrals } = ports
  const { answer } = answering(ports)
  const step = (referralId: string, command: ReferralCommand, call: Call) => answer(execute(referrals, referralId, command, call), call)
  return {
    putOnHold: ({ params, body, call }) =>
      step(params.referralId, { type: 'hold', hold: body, reason: body.reason, ...issued(call) }, call),
    setReferralAppointment: ({ params, body, call }) =>
      step(params.referralId, { type: 'set-appointment', appointmentAt: body.at, ...issued(call) }, call),
    recordReferralAttendance: ({ params, body, call }) =>
      step(params.referralId, { type: 'record-attendance', ...body, reason: body.attendance, ...issued(call) }, call),
    settleExpiry: ({ params, call }) => step(params.referralId, { type: 'settle', ...issued(call) }, call),
    listOverdue: async ({ query: { office, limit }, call }) => {
      const access = decide(call.principal, call.action, { offices: [office], assignees: [] })
      if (!access.allow) return refused(await deny(referrals.store, call, undefined, access))
      const rows = await overdue(referrals, office, call.at, limit + 1)
      return ok({ body: { items: rows.slice(0, limit), more: rows.length > limit }, classes: access.classes })
    },
  } satisfies Routes<Api<typeof loopRoutes>>
}
