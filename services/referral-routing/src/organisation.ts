import { accept, aggregate, type Command, definePrivateEvent, type EventOf, line, note } from '@wontanara/core'
import { codeList, labelled, OrganisationId } from '@wontanara/events'
import * as z from 'zod'
import { catalogue, type RefusalCode, refuse } from './refusals.ts'

/** The directory is public: who offers what, where. */
export const directory = labelled({ class: 'C0', purpose: 'publication', retention: 'directory' })

/** Kinds of organisation, after the Human Trafficking Case Data Standard 2.0. */
export const organisationTypes = codeList('organisation-type', {
  ngo: { en: 'Non-governmental organisation', fr: 'Organisation non gouvernementale' },
  'law-enforcement': { en: 'Law enforcement', fr: "Forces de l'ordre" },
  'health-service': { en: 'Health service', fr: 'Service de santé' },
  'central-government': { en: 'Central government', fr: 'Administration centrale' },
  'local-government': { en: 'Local government', fr: 'Collectivité locale' },
  'immigration-service': { en: 'Immigration service', fr: "Service de l'immigration" },
  'legal-service': { en: 'Legal service', fr: 'Service juridique' },
  business: { en: 'Business', fr: 'Entreprise' },
  'school-or-college': { en: 'School or college', fr: 'École ou centre de formation' },
})

/** A partner organisation, in the terms of the Human Services Data Specification (HSDS 3, `organization`). */
export const Organisation = z.strictObject({
  organisationId: directory(OrganisationId),
  name: directory(line(120)),
  description: directory(note(1000)).optional(),
  type: directory(organisationTypes.schema),
  status: directory(z.enum(['active', 'inactive'])),
  website: directory(z.url({ protocol: /^https?$/ }).max(200)).optional(),
})
export type Organisation = z.output<typeof Organisation>

const events = [definePrivateEvent('organisation-described', Organisation)] as const
export type OrganisationEvent = EventOf<(typeof events)[number]>
export type OrganisationCommand = Command & { readonly type: 'add' | 'describe'; readonly organisation: Organisation }

export const organisations = aggregate<Organisation, OrganisationCommand, OrganisationEvent, RefusalCode>({
  name: 'organisation',
  state: Organisation,
  events,
  refusals: catalogue,
  resource: () => ({ offices: [], assignees: [] }),
  index: ({ organisationId, name, type, status }) => ({
    gsi1: { pk: 'organisations', sk: organisationId },
    row: { organisationId, name, type, status },
  }),
  decide(state, { type, organisation }) {
    if (type === 'add' && state !== undefined) return { ok: false, refusal: refuse('already-exists') }
    // Both were read by the schema, which gives their fields one order.
    if (JSON.stringify(state) === JSON.stringify(organisation)) return accept()
    return accept({ type: 'organisation-described', data: organisation })
  },
  evolve: (_, { data }) => data,
})
