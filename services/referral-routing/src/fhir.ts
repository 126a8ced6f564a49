import { guineaPlace, line, namedUuid, note, partialDate, phone } from '@wontanara/core'
import {
  type CodeList,
  contact,
  declineReasons,
  holdReasons,
  Instant,
  identity,
  type Language,
  operational,
  recallReasons,
  referralOutcomes,
  serviceTypes,
} from '@wontanara/events'
import * as z from 'zod'
import { type Status, statuses, taskStatuses } from './referral.ts'
import type { Snapshot } from './snapshot.ts'
import type { ReferralView } from './views.ts'

/*
 * A referral as HL7 FHIR R4 (4.0.1): a Bundle of the Task that says how it stands, the ServiceRequest that says what is asked, and the Patient
 * that it is for. It is made from the very view that the reader would get as JSON, and so can show no more than that.
 */

/** Names of this programme's own codes and ids. */
const own = (name: string): string => `urn:wontanara:${name}`
const hl7 = (name: string): string => `http://terminology.hl7.org/CodeSystem/${name}`

const Coding = z.strictObject({ system: z.string(), code: z.string(), display: z.string().optional() })
const Concept = z.strictObject({ coding: z.array(Coding).length(1) })
const Text = z.strictObject({ text: z.string() })
const Identifier = z.strictObject({ system: z.string(), value: z.string() })
const Identified = z.strictObject({ type: z.string(), identifier: Identifier })
const Reference = z.strictObject({ reference: z.string() })
const Phone = z.strictObject({ system: z.literal('phone'), value: phone() })

const common = {
  id: operational(z.string()),
  /** What the recipient may do with it: confidentiality, no onward sharing, deletion. */
  meta: operational(z.strictObject({ security: z.array(Coding) })).optional(),
}

const Task = z.strictObject({
  resourceType: operational(z.literal('Task')),
  ...common,
  identifier: operational(z.array(Identifier)),
  status: operational(z.enum(Object.values(taskStatuses))),
  statusReason: operational(Concept).optional(),
  businessStatus: operational(Concept),
  intent: operational(z.literal('order')),
  priority: operational(z.enum(['stat', 'urgent', 'routine'])).optional(),
  code: operational(Concept),
  focus: operational(Reference),
  for: operational(Reference),
  authoredOn: Instant.optional(),
  owner: operational(Identified).optional(),
  /** When receipt must have been acknowledged. */
  restriction: operational(z.strictObject({ period: z.strictObject({ end: z.string() }) })).optional(),
  /** What FHIR has no element of its own for: of what the person agreed to share, of the obligations, and what is encrypted to the partner. */
  input: identity(
    z.array(
      z.strictObject({
        type: Concept,
        valueString: z.string().optional(),
        valueUnsignedInt: z.int().min(0).optional(),
        valueBoolean: z.boolean().optional(),
        valueAttachment: z.strictObject({ contentType: z.literal('application/jose'), data: z.base64() }).optional(),
      }),
    ),
  ).optional(),
  output: operational(z.array(z.strictObject({ type: Concept, valueCodeableConcept: Concept }))).optional(),
})

const ServiceRequest = z.strictObject({
  resourceType: operational(z.literal('ServiceRequest')),
  ...common,
  identifier: operational(z.array(Identifier)),
  status: operational(z.enum(['draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error'])),
  intent: operational(z.literal('order')),
  priority: Task.shape.priority,
  code: operational(Concept).optional(),
  subject: operational(Reference),
  occurrenceDateTime: Instant.optional(),
  authoredOn: Instant.optional(),
  performer: operational(z.array(Identified)).optional(),
  locationCode: operational(z.array(z.strictObject({ coding: z.array(Coding.extend({ code: guineaPlace() })) }))).optional(),
  /** Why the service is asked for, in the referrer's words. */
  reasonCode: identity(z.array(Text)).optional(),
  note: identity(z.array(Text)).optional(),
})

const Patient = z.strictObject({
  resourceType: operational(z.literal('Patient')),
  ...common,
  identifier: identity(
    z.array(z.strictObject({ type: Text, value: z.string(), assigner: z.strictObject({ display: z.string() }).optional() })),
  ).optional(),
  name: identity(z.array(z.strictObject({ given: z.array(line(120)), family: line(120).optional() }))).optional(),
  telecom: contact(z.array(Phone)).optional(),
  gender: identity(z.enum(['female', 'male', 'other', 'unknown'])).optional(),
  birthDate: identity(partialDate()).optional(),
  address: contact(z.array(z.strictObject({ text: note(300) }))).optional(),
  /** The caregiver. */
  contact: identity(z.array(z.strictObject({ relationship: z.array(Text), name: Text, telecom: z.array(Phone).optional() }))).optional(),
  communication: identity(z.array(z.strictObject({ language: Concept }))).optional(),
})

export const FhirBundle = z.strictObject({
  resourceType: operational(z.literal('Bundle')),
  meta: common.meta,
  type: operational(z.literal('collection')),
  timestamp: Instant,
  entry: z.array(
    z.strictObject({
      fullUrl: operational(z.string()),
      resource: z.discriminatedUnion('resourceType', [Task, ServiceRequest, Patient]),
    }),
  ),
})
export type FhirBundle = z.output<typeof FhirBundle>

/** The status of what is asked for (FHIR request-status). It is revoked where it ended before the service was given, whoever ended it. */
const requestStatuses = {
  draft: 'draft',
  sent: 'active',
  received: 'active',
  accepted: 'active',
  declined: 'revoked',
  'in-progress': 'active',
  'on-hold': 'on-hold',
  completed: 'completed',
  failed: 'revoked',
  recalled: 'revoked',
  expired: 'revoked',
  'entered-in-error': 'entered-in-error',
} as const satisfies Readonly<Record<Status, z.output<typeof ServiceRequest>['status']>>

/** The clocks of 24 h, 72 h and 14 d. */
const requestPriorities = { emergency: 'stat', urgent: 'urgent', normal: 'routine' } as const satisfies Readonly<
  Record<NonNullable<ReferralView['priority']>, string>
>

const genders = { female: 'female', male: 'male', other: 'other', 'not-stated': 'unknown' } as const

/** Languages that BCP 47 writes with two letters, whatever ISO 639-3 does. */
const twoLetters: Readonly<Record<string, string>> = { fra: 'fr', eng: 'en', ara: 'ar', por: 'pt', bam: 'bm', wol: 'wo', hau: 'ha' }

const label = (system: string, code: string) => ({ system: hl7(system), code })
const restricted = label('v3-Confidentiality', 'R')
const deleteAfterUse = label('v3-ActCode', 'DELAU')
/** No onward sharing without the person's consent, no other use, deletion after use. */
const disclosedLabels = [restricted, label('v3-ActCode', 'NORDSCLCDS'), label('v3-ActCode', 'NOREUSE'), deleteAfterUse]

/** Of the names of these resources (RFC 9562, version 5). */
const namespace = '0b8e9a52-4a7d-4c1e-9d55-6f0c7b1e2a34'
const urnOf = (type: string, referralId: string): string => `urn:uuid:${namedUuid(namespace, `${type}/${referralId}`)}`

/** Leaves out what has no elements, as FHIR demands of arrays. */
const some = <T>(items: readonly T[]): T[] | undefined => (items.length === 0 ? undefined : [...items])
const phones = (numbers: readonly string[]) => some(numbers.map((value) => ({ system: 'phone' as const, value })))

/** The person, as far as the view says anything. The id is that of the referral: the same person has another one in each. */
function patientOf(id: string, snapshot: Snapshot): z.output<typeof Patient> {
  const { name, birthDate, sex, contact: reach, documents, household, languages } = snapshot
  const { caregiver } = household ?? {}
  return {
    resourceType: 'Patient',
    id,
    identifier: some(
      (documents ?? []).map(({ type, number, country }) => ({
        type: { text: type },
        value: number,
        assigner: country === undefined ? undefined : { display: country },
      })),
    ),
    name: name && [{ given: [name.given], family: name.family }],
    telecom: phones(reach?.phones ?? []),
    gender: sex && genders[sex],
    birthDate,
    address: reach?.address === undefined ? undefined : [{ text: reach.address }],
    contact: caregiver && [
      {
        relationship: [{ text: caregiver.relationship }],
        name: { text: caregiver.name },
        telecom: phones(caregiver.phone === undefined ? [] : [caregiver.phone]),
      },
    ],
    communication: some(
      (languages ?? []).map((code) => ({ language: { coding: [{ system: 'urn:ietf:bcp:47', code: twoLetters[code] ?? code }] } })),
    ),
  }
}

const inputOf = (code: string) => ({ type: { coding: [{ system: own('referral-input'), code }] } })

/** Of the view, what has no element in FHIR. */
function inputsOf({ obligations, encrypted, snapshot }: ReferralView): z.output<typeof Task>['input'] {
  const { household, contact: reach } = snapshot ?? {}
  const { size, children, caregiver } = household ?? {}
  const days = obligations?.deleteAfterEndDays
  return some([
    ...(days === undefined ? [] : [{ ...inputOf('delete-after-end-days'), valueUnsignedInt: days }]),
    ...(encrypted === undefined
      ? []
      : [
          {
            ...inputOf('encrypted'),
            valueAttachment: { contentType: 'application/jose' as const, data: Buffer.from(encrypted).toString('base64') },
          },
        ]),
    ...(size === undefined ? [] : [{ ...inputOf('household-size'), valueUnsignedInt: size }]),
    ...(children === undefined ? [] : [{ ...inputOf('household-children'), valueUnsignedInt: children }]),
    ...(caregiver === undefined ? [] : [{ ...inputOf('caregiver-informed'), valueBoolean: caregiver.informed }]),
    ...(reach?.safeTimes === undefined ? [] : [{ ...inputOf('safe-times'), valueString: reach.safeTimes }]),
  ])
}

/** A code of one of our lists, in the reader's language. */
const concept =
  (language: Language) =>
  (list: CodeList, code: string | undefined): z.output<typeof Concept> | undefined =>
    code === undefined ? undefined : { coding: [{ system: own(list.name), code, display: list.label(code, language) }] }

/**
 * A referral as FHIR R4.
 * @param view what the reader gets of the referral: everything here comes from it
 * @param at the instant that the answer speaks of
 */
export function fhirBundle(view: ReferralView, at: string, language: Language): FhirBundle {
  const {
    referralId,
    status,
    obligation,
    organisationId,
    serviceId,
    service,
    priority,
    place,
    sentAt,
    dueAt,
    appointment,
    snapshot = {},
  } = view
  const { needs } = snapshot
  const from = concept(language)
  const disclosed = Object.keys(snapshot).length > 0 || view.encrypted !== undefined
  const security = [...(disclosed ? disclosedLabels : [restricted]), ...(obligation !== undefined && !disclosed ? [deleteAfterUse] : [])]
  const meta = { security }
  const identifier = [{ system: own('referral'), value: referralId }]
  const identified = (type: string, system: string, value: string | undefined) =>
    value === undefined ? undefined : { type, identifier: { system: own(system), value } }
  const organisation = identified('Organization', 'organisation', organisationId)
  const healthcareService = identified('HealthcareService', 'service', serviceId)
  const refersTo = (type: 'ServiceRequest' | 'Patient') => ({ reference: urnOf(type, referralId) })
  const asked = priority && requestPriorities[priority]
  const outcome = from(referralOutcomes, view.outcome)
  const task: z.output<typeof Task> = {
    resourceType: 'Task',
    id: referralId,
    meta,
    identifier,
    status: taskStatuses[status],
    statusReason:
      from(declineReasons, view.declineReason) ??
      from(recallReasons, view.recallReason) ??
      from(holdReasons, view.hold?.reason) ??
      (obligation && { coding: [{ system: own('obligation'), code: obligation }] }),
    businessStatus: { coding: [{ system: own(statuses.name), code: status, display: statuses.label(status, language) }] },
    intent: 'order',
    priority: asked,
    code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
    focus: refersTo('ServiceRequest'),
    for: refersTo('Patient'),
    authoredOn: sentAt,
    owner: organisation,
    restriction: dueAt === undefined ? undefined : { period: { end: dueAt } },
    input: inputsOf(view),
    output: outcome && [{ type: { coding: [{ system: own('referral-output'), code: 'outcome' }] }, valueCodeableConcept: outcome }],
  }
  const request: z.output<typeof ServiceRequest> = {
    resourceType: 'ServiceRequest',
    id: referralId,
    meta,
    identifier,
    status: requestStatuses[status],
    intent: 'order',
    priority: asked,
    code: from(serviceTypes, service),
    subject: refersTo('Patient'),
    occurrenceDateTime: appointment?.at,
    authoredOn: sentAt,
    performer: some([organisation, healthcareService].filter((performer) => performer !== undefined)),
    locationCode: place === undefined ? undefined : [{ coding: [{ system: 'urn:iso:std:iso:3166:-2', code: place }] }],
    reasonCode: needs && [{ text: needs.situation }],
    note: needs?.alreadyProvided === undefined ? undefined : [{ text: needs.alreadyProvided }],
  }
  const patient = { ...patientOf(referralId, snapshot), meta }
  return {
    resourceType: 'Bundle',
    meta,
    type: 'collection',
    timestamp: at,
    entry: [task, request, patient].map((resource) => ({ fullUrl: urnOf(resource.resourceType, referralId), resource })),
  }
}
