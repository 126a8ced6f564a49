import { type Api, create, issued, ok, type Routes, refused } from '@wontanara/core'
import { applicationReference } from './application.ts'
import type { applyRoutes } from './apply.api.ts'
import { phoneOf } from './phones.ts'
import type { Ports } from './ports.ts'
import { refuse } from './refusals.ts'

/** What everybody may do. */
export const applying = ({ applications }: Pick<Ports, 'applications'>) =>
  ({
    apply: async ({ body: { person, ...rest }, call }) => {
      // A number without a country is one of the country where the person is.
      const contacts = (person.contacts ?? []).map((contact) => ({ ...contact, phone: phoneOf(contact.phone, rest.presentIn) ?? '' }))
      if (contacts.some(({ phone }) => phone === '')) return refused(refuse('not-a-telephone'))
      const terms = { ...rest, person: { ...person, contacts } }
      const applicationId = call.newId('application')
      const received = await create(applications, applicationId, { type: 'submit', ...issued(call), applicationId, terms }, call)
      // No version and no place to look at: what is there is not for the public.
      return received.ok ? ok({ body: { reference: applicationReference(applicationId) }, classes: received.value.classes }) : received
    },
  }) satisfies Routes<Api<typeof applyRoutes>>
