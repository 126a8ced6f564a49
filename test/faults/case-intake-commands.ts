import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  applicationOf,
  manifestFile,
  type Programme,
  people,
  peopleOfCharter,
  registrationOf,
  somebodyLike,
  statement,
} from '@wontanara/examples'
import * as z from 'zod'
import type { Command, Known } from './command.ts'

/*
 * Who is who, and everything that begins before there is a case or goes beyond one: the last part of a journey.
 */

/** The person of a journey, and those around. */
export const self = people.mechanic
const sister = people.seamstress
const applicant = people.hairdresser
const elsewhere = 'kankan'

/** A subject that looks like an id of ours, for somebody whom no other journey has. */
export function subjectFor(kind: string, name: string): string {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  const hash = createHash('sha256').update(`${kind} ${name}`).digest()
  return `${kind}-${Array.from({ length: 11 }, (_, i) => digits[(hash[i] ?? 0) % digits.length]).join('')}7`
}

const CaseId = z.object({ caseId: z.string() })
const learnCase = (as: string) => (answer: unknown) => ({ [as]: CaseId.parse(answer).caseId })
const TransferId = z.object({ transferId: z.string() })
const learnTransfer = (as: string) => (answer: unknown) => ({ [as]: TransferId.parse(answer).transferId })
const AppointmentId = z.object({ appointmentId: z.string() })
const learnAppointment = (as: string) => (answer: unknown) => ({ [as]: AppointmentId.parse(answer).appointmentId })
const Links = z.object({ links: z.array(z.object({ linkId: z.string() })) })
const Needs = z.object({ needs: z.array(z.object({ needId: z.string() })) })
const learnNeed = (as: string) => (answer: unknown) => ({ [as]: Needs.parse(answer).needs.at(-1)?.needId ?? '' })

const isoAt = (time: number): string => new Date(time).toISOString()
const day = 24 * 3_600_000

/** The shortest appointment, in minutes. */
const minutes = 5
const appointment = ({ at = '', name = '' }: Known) => ({
  at,
  minutes,
  mode: 'in-person',
  place: 'Bureau Exemple',
  counsellor: subjectFor('counsellor', name),
  language: 'fuf',
})
const inDays = (days: number) => async (programme: Programme) => ({
  at: `${isoAt(programme.now() + days * day).slice(0, 10)}T10:00:00.000Z`,
})

/** An appointment that begins at once, but on one day. */
export async function soon(programme: Programme): Promise<Known> {
  const at = programme.now() + 2000
  const end = isoAt(at + minutes * 60_000).slice(0, 10)
  return { at: end === isoAt(at).slice(0, 10) ? isoAt(at) : `${end}T00:00:00.000Z` }
}

export async function itsTime(programme: Programme, { at = '' }: Known): Promise<Known> {
  while (programme.now() <= Date.parse(at)) await sleep(50)
  return {}
}

/** The application that a reference stands for, as an officer finds it. */
const applied = (as: string) => async (programme: Programme, known: Known) => {
  const { body } = await programme.staff('intake-officer').get(`/v1/self-application-references/${known[as]}`)
  return { [`${as}Id`]: z.object({ applicationId: z.string() }).parse(body).applicationId }
}

const applyFor = (as: string): Command => ({
  operation: 'apply',
  as: 'anybody',
  body: ({ name }) => applicationOf(somebodyLike(applicant, `${name} ${as}`)),
  learn: (answer) => ({ [as]: z.object({ reference: z.string() }).parse(answer).reference }),
})

const offerTo = (as: string): Command => ({
  operation: 'requestTransfer',
  as: 'case-manager',
  params: { caseId: 'appliedCaseId' },
  body: () => ({ to: elsewhere, reason: 'closer-office' }),
  learn: learnTransfer(as),
})

/** Two people of a charter and a row that is wrong. @param change what is another row on the list that is sent later */
const manifest =
  (dryRun: boolean, change: Readonly<Record<string, string>> = {}) =>
  ({ office, name = '', arrivalOn }: Known) => {
    const [first, second, third] = peopleOfCharter(name, 3)
    const rows = [{ ...first, ...change }, second, { ...third, Région: 'au bord du fleuve' }].flatMap((row) =>
      row === undefined ? [] : [row as NonNullable<typeof first>],
    )
    return {
      office,
      mission: 'niger',
      charter: `EX-${name}`,
      arrivalOn,
      dryRun,
      presentIn: 'NE',
      everybody: statement,
      file: Buffer.from(manifestFile(rows)).toString('base64'),
    }
  }

/** An export of the journey's own supervisor: of one person there is one at a time. */
const exportAs = (as: string): Command => ({
  operation: 'requestExport',
  as: 'supervisor',
  alone: true,
  rests: true,
  body: ({ office }) => ({ office, format: 'json-lines', columns: ['caseId', 'status'] }),
  learn: (answer) => ({ [as]: z.object({ exportId: z.string() }).parse(answer).exportId }),
})

export const whoIsWho: readonly Command[] = [
  { operation: 'bookAppointment', as: 'case-manager', before: inDays(3), body: appointment, learn: learnAppointment('firstAppointmentId') },
  {
    operation: 'moveAppointment',
    as: 'case-manager',
    params: { appointmentId: 'firstAppointmentId' },
    before: inDays(4),
    body: (known) => ({ ...appointment(known), reason: 'person-asked' }),
  },
  {
    operation: 'cancelAppointment',
    as: 'case-manager',
    ends: true,
    params: { appointmentId: 'firstAppointmentId' },
    body: () => ({ reason: 'person-asked' }),
  },
  {
    operation: 'bookAppointment',
    as: 'case-manager',
    before: soon,
    again: 'appointment-in-past',
    body: appointment,
    learn: learnAppointment('secondAppointmentId'),
  },
  {
    operation: 'recordAttendance',
    as: 'case-manager',
    params: { appointmentId: 'secondAppointmentId' },
    before: itsTime,
    body: () => ({ outcome: 'attended' }),
  },

  // Registered twice, by somebody who did not look.
  {
    operation: 'registerCase',
    as: 'intake-officer',
    rests: true,
    body: ({ office = '', name = '' }) => registrationOf(somebodyLike(self, name), office),
    learn: learnCase('twiceCaseId'),
  },
  {
    operation: 'decideDuplicates',
    as: 'intake-officer',
    rests: true,
    params: { caseId: 'twiceCaseId' },
    body: () => ({ outcome: 'same-person' }),
  },
  { operation: 'mergeCase', as: 'supervisor', params: { caseId: 'twiceCaseId' }, body: ({ caseId }) => ({ into: caseId }) },
  { operation: 'unmergeCase', as: 'supervisor', params: { caseId: 'twiceCaseId' }, body: () => ({ reason: 'another-person' }) },

  // The sister who travels along, until she gives up.
  {
    operation: 'registerCase',
    as: 'intake-officer',
    body: ({ office = '', name = '' }) => registrationOf(somebodyLike(sister, name), office),
    learn: learnCase('sisterCaseId'),
  },
  {
    operation: 'linkCase',
    as: 'intake-officer',
    body: ({ sisterCaseId }) => ({ other: sisterCaseId, relation: 'sibling' }),
    learn: (answer) => ({ linkId: Links.parse(answer).links.at(-1)?.linkId ?? '' }),
  },
  { operation: 'linkCase', as: 'intake-officer', body: ({ sisterCaseId }) => ({ other: sisterCaseId, relation: 'travelling-with' }) },
  { operation: 'endLink', as: 'intake-officer', body: () => ({ reason: 'entered-in-error' }) },
  {
    operation: 'correctPerson',
    as: 'intake-officer',
    params: { caseId: 'sisterCaseId' },
    body: ({ office = '', name = '' }) => {
      const { presentIn, person, household } = registrationOf(somebodyLike(sister, name), office)
      return { reason: 'typing-error', presentIn, household, person: { ...person, origin: 'GN-L' } }
    },
  },
  {
    operation: 'recordNeed',
    as: 'case-manager',
    params: { caseId: 'sisterCaseId' },
    body: () => ({ service: 'food', priority: 'normal' }),
    learn: learnNeed('foodNeedId'),
  },
  {
    operation: 'recordNeed',
    as: 'case-manager',
    params: { caseId: 'sisterCaseId' },
    body: () => ({ service: 'psychosocial', priority: 'normal' }),
    learn: learnNeed('refusedNeedId'),
  },
  {
    operation: 'recordService',
    as: 'case-manager',
    params: { caseId: 'sisterCaseId', needId: 'foodNeedId' },
    before: async (programme) => ({ today: isoAt(programme.now()).slice(0, 10) }),
    body: ({ today }) => ({ provider: 'programme', on: today }),
  },
  {
    operation: 'recordRefusal',
    as: 'case-manager',
    params: { caseId: 'sisterCaseId', needId: 'refusedNeedId' },
    body: () => ({ reason: 'person-declined' }),
  },
  {
    operation: 'interruptCase',
    as: 'case-manager',
    params: { caseId: 'sisterCaseId' },
    before: async (programme) => ({ today: isoAt(programme.now()).slice(0, 10) }),
    body: ({ today }) => ({ interruption: { status: 'lost-contact', attempts: 3, lastContactOn: today } }),
  },
  { operation: 'resumeCase', as: 'case-manager', params: { caseId: 'sisterCaseId' } },
  { operation: 'withdrawReturn', as: 'case-manager', params: { caseId: 'sisterCaseId' }, body: () => ({ by: 'person' }) },
  {
    operation: 'requestClosure',
    as: 'case-manager',
    params: { caseId: 'sisterCaseId' },
    body: () => ({ reason: 'return-withdrawn' }),
  },
  { operation: 'decideClosure', as: 'supervisor', params: { caseId: 'sisterCaseId' }, body: () => ({ decision: 'approved' }) },
  { operation: 'reopenCase', as: 'supervisor', params: { caseId: 'sisterCaseId' }, body: () => ({ reason: 'person-returned' }) },

  // Three who apply: one is taken up, one has come elsewhere, one is known already.
  applyFor('applied'),
  { operation: 'takeApplication', as: 'protection-officer', before: applied('applied'), params: { applicationId: 'appliedId' } },
  {
    operation: 'acceptApplication',
    as: 'intake-officer',
    params: { applicationId: 'appliedId' },
    body: () => ({}),
    learn: learnCase('appliedCaseId'),
  },
  applyFor('strayed'),
  {
    operation: 'moveApplication',
    as: 'supervisor',
    before: applied('strayed'),
    params: { applicationId: 'strayedId' },
    body: () => ({ office: elsewhere }),
  },
  {
    operation: 'declineApplication',
    as: 'intake-officer',
    at: elsewhere,
    params: { applicationId: 'strayedId' },
    body: () => ({ reason: 'information-given' }),
  },
  applyFor('known'),
  {
    operation: 'markApplicationKnown',
    as: 'intake-officer',
    before: applied('known'),
    params: { applicationId: 'knownId' },
    body: ({ caseId }) => ({ caseId }),
  },

  // Who was taken up goes to another office: taken back, declined, accepted.
  offerTo('firstTransferId'),
  {
    operation: 'recallTransfer',
    as: 'case-manager',
    params: { transferId: 'firstTransferId' },
    body: () => ({ reason: 'sent-in-error' }),
  },
  offerTo('secondTransferId'),
  {
    operation: 'declineTransfer',
    as: 'supervisor',
    at: elsewhere,
    params: { transferId: 'secondTransferId' },
    body: () => ({ reason: 'no-capacity' }),
  },
  offerTo('thirdTransferId'),
  { operation: 'acceptTransfer', as: 'supervisor', at: elsewhere, params: { transferId: 'thirdTransferId' } },

  // A charter: tried, registered, and sent once more with one row that is another.
  {
    operation: 'importManifest',
    as: 'intake-officer',
    before: async (programme) => ({ arrivalOn: isoAt(programme.now()).slice(0, 10) }),
    body: manifest(true),
    learn: (answer) => ({ triedManifestId: z.object({ manifestId: z.string() }).parse(answer).manifestId }),
  },
  { operation: 'importManifest', as: 'intake-officer', rests: true, body: manifest(false) },
  { operation: 'importManifest', as: 'intake-officer', rests: true, body: manifest(false, { Région: 'Labé' }) },

  exportAs('exportId'),
  exportAs('cancelledExportId'),
  { operation: 'cancelExport', as: 'supervisor', alone: true, params: { exportId: 'cancelledExportId' } },
]
