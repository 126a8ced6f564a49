import * as z from 'zod'
import { operational } from './label.ts'

/** Crockford base32, lower case: no i, l, o, u, so that an id read aloud is not misheard. */
const body = '[0-9a-hjkmnp-tv-z]'

/** The examples are of nobody: generated documents are made of them. */
const example = (value: string) => ({ examples: [value] })

const id = (prefix: string) =>
  operational(
    z
      .string()
      .regex(new RegExp(`^${prefix}-${body}{12,26}$`))
      .meta(example(`${prefix}-26k47qx9tm2r`)),
  )

/** Ids are pseudonyms: `<prefix>-<12 to 26 base32 characters>`. They say nothing about the person. */
export const CaseId = id('case')
export const ConsentId = id('consent')
export const NeedId = id('need')
export const ManifestId = id('manifest')
export const ManifestPartId = id('part')
export const ExportId = id('export')
export const FitnessId = id('fit')
export const ReferralId = id('ref')
export const EndpointId = id('endpoint')
export const ReplayId = id('replay')
export const ApplicationId = id('application')
export const AppointmentId = id('appointment')
export const LinkId = id('link')
export const TransferId = id('transfer')
/** Organisations and services of the directory have readable ids given by people: they are public. */
export const OrganisationId = operational(
  z
    .string()
    .regex(/^org-[a-z0-9-]{2,40}$/)
    .meta(example('org-example')),
)
export const ServiceId = operational(
  z
    .string()
    .regex(/^svc-[a-z0-9-]{2,40}$/)
    .meta(example('svc-example')),
)
/** A staff member's id at the identity provider: a pseudonym. */
export const StaffId = operational(z.string().min(1).max(64).meta(example('5f0c2a8e-staff')))
export const Instant = operational(z.iso.datetime().meta(example('2026-03-02T09:00:00.000Z')))
export const CalendarDate = operational(z.iso.date().meta(example('2026-03-16')))
