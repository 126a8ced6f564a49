import { line, type RouteDefinition } from '@wontanara/core'
import { contact, open } from '@wontanara/events'
import * as z from 'zod'
import { Applicant, ApplicationTerms, OwnConsent } from './application.ts'
import { contactOwners } from './codes.ts'
import { applicationExample, bodies } from './examples.ts'

/** As the person writes it: a telephone in any usual way of writing; without a country it is one of where the person is. */
const AsWritten = Applicant.extend({
  contacts: contact(
    z.array(z.strictObject({ phone: line(40), owner: contactOwners.schema, /** Whether one may call there. */ safe: z.boolean() })).max(3),
  ).optional(),
})

/** What is open to everybody. */
export const applyRoutes = {
  apply: {
    route: 'POST /v1/self-applications',
    summary:
      'Apply, without a login. The answer is a reference, and the same for everybody: nothing that is known of anybody can be read here. A child may apply; a protection officer looks at it.',
    permit: 'application:submit',
    // Settings of the programme. A camp or a country's mobile network shares one address.
    public: { throttle: { rate: 10, burst: 40 }, network: { most: 30, seconds: 3600 } },
    body: z.object({ ...ApplicationTerms, person: AsWritten, consent: OwnConsent }),
    response: z.strictObject({ reference: open(z.string()) }),
    creates: true,
    refusals: ['date-in-future', 'no-way-to-answer', 'not-a-telephone', 'name-needed'],
    example: { body: bodies.application, response: { reference: applicationExample.reference } },
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
