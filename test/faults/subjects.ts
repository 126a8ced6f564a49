import { api as caseIntake } from '@wontanara/case-intake/api'
import { subscriptions as caseIntakeEvents, exportSubscriptions, manifestSubscriptions } from '@wontanara/case-intake/subscriptions'
import type { Action, Api, Subscriptions } from '@wontanara/core'
import { ManifestPartReceived } from '@wontanara/events'
import {
  awaitFitness,
  type OrganisationId,
  ownConsent,
  type Programme,
  partnerEvents,
  registrationOf,
  type StaffRole,
  somebodyLike,
} from '@wontanara/examples'
import type { LocalCloud } from '@wontanara/local-cloud'
import { api as medicalCoordination } from '@wontanara/medical-coordination/api'
import { subscriptions as medicalCoordinationEvents } from '@wontanara/medical-coordination/subscriptions'
import { api as referralRouting } from '@wontanara/referral-routing/api'
import { referralNews, subscriptions as referralRoutingEvents } from '@wontanara/referral-routing/subscriptions'
import * as z from 'zod'
import { self as person, whoIsWho } from './case-intake-commands.ts'
import type { Command } from './command.ts'
import { clinic, consentTo, referralWays, school, shelter } from './referral-commands.ts'
import { tallied } from './tallies.ts'

/** What a partner or another service outside of ours is told of, in an order of its own. */
export interface Feed {
  readonly reader: OrganisationId
  read(programme: Programme): Promise<readonly { readonly sequence: number; readonly id: string }[]>
  /** Whether its reader has an endpoint too, which must be told of each of these events. */
  readonly hook: boolean
  /** The id under which a published event must be there; undefined when it does not belong there. */
  idOf(event: Published): string | undefined
}

/** A published event. */
export interface Published {
  readonly id: string
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

/** How a record is read through the API, at the office that it names. */
export interface Read {
  readonly as: StaffRole
  /** Only whoever began it, in that role, may read it. */
  readonly own?: true
  /** `{id}` stands for the record's id, or for what it says in this field. */
  readonly by?: string
  readonly paths: readonly string[]
  /** Fields that differ between two journeys that went alike. */
  readonly apart?: readonly string[]
  /** Whether everything is there that the record speaks of, outside of the table. @returns what is lost, or there more than once */
  contents?(view: unknown): Promise<readonly string[]>
}

/** A service under test. */
export interface Subject {
  /** Name of its folder under services/, of its stack, and of the source of its events. */
  readonly service: string
  readonly api: Api
  /** Entry of each consumer -> what it listens to. */
  readonly consumers: Readonly<Record<string, Subscriptions>>
  /** Record -> how it is read through the API. A record that no route shows is not read. */
  readonly records: Readonly<Record<string, Read | undefined>>
  /** What its functions do in steps that have a key each: action -> the records that it changes. What it comes to is compared, not in how many steps. */
  readonly inSteps?: Readonly<Partial<Record<Action, readonly string[]>>>
  /** What an event brings about in somebody's name: who that is, and the keys under which it is done. */
  onBehalf?(event: Published): { readonly of: string; readonly keys: readonly string[] } | undefined
  readonly feeds: readonly Feed[]
  /** What it keeps besides records, against what was published. */
  beside?(
    cloud: LocalCloud,
    published: readonly Published[],
  ): Promise<{ readonly lost: readonly string[]; readonly doubled: readonly string[] }>
  /** Its commands in the order of the journey, by the part of the journey in which they come. */
  readonly commands: Readonly<Record<number, readonly Command[]>>
}

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
const today = (): string => inHours(0).slice(0, 10)

const Needs = z.object({ needs: z.array(z.object({ needId: z.string() })) })
const lastNeed = (answer: unknown): string => Needs.parse(answer).needs.at(-1)?.needId ?? ''
const Ledger = z.object({ consents: z.array(z.object({ consentId: z.string(), recipient: z.string().optional() })) })

const Ready = z.object({ cases: z.int(), rows: z.int(), link: z.object({ url: z.string() }) })
const Line = z.object({ caseId: z.string() })

/** Whether a file has each case of its list once. */
async function exportedTwice(view: unknown): Promise<readonly string[]> {
  const ready = Ready.safeParse(view)
  // Cancelled, or kept for a day and gone.
  if (!ready.success) return []
  const { cases, rows, link } = ready.data
  const [, ...lines] = (await (await fetch(link.url)).text()).trim().split('\n')
  const ids = lines.map((line) => Line.parse(JSON.parse(line)).caseId)
  return new Set(ids).size === cases && ids.length === cases && rows === cases
    ? []
    : [`an export of ${cases} cases says ${rows}, and has ${ids.length} lines of ${new Set(ids).size}`]
}

const feedOf = (reader: OrganisationId, hook: boolean): Feed => ({
  reader,
  hook,
  read: (programme) => partnerEvents(programme, reader),
  idOf: ({ id, type, data }) => (webhookTypes.has(type) && data.organisationId === reader ? id.replaceAll('.', '_') : undefined),
})
const webhookTypes: ReadonlySet<string> = new Set(referralNews.map(({ type }) => type))

/** Every service that the fault suite knows. One that is listed here takes part in every scenario. */
export const subjects: readonly Subject[] = [
  {
    service: 'case-intake',
    api: caseIntake,
    consumers: { events: caseIntakeEvents, manifests: manifestSubscriptions, exports: exportSubscriptions },
    records: {
      case: { as: 'case-manager', paths: ['/v1/cases/{id}', '/v1/cases/{id}/consents'] },
      application: { as: 'intake-officer', paths: ['/v1/self-applications/{id}'] },
      appointment: { as: 'case-manager', paths: ['/v1/appointments/{id}'] },
      agenda: undefined,
      transfer: { as: 'supervisor', paths: ['/v1/transfers/{id}'] },
      manifest: { as: 'intake-officer', paths: ['/v1/manifests/{id}', '/v1/manifests/{id}/rows'] },
      'manifest-part': undefined,
      // How long the list is, in how many turns it was written, and whether the file is still there.
      export: {
        as: 'supervisor',
        own: true,
        paths: ['/v1/exports/{id}'],
        apart: ['status', 'cases', 'rows', 'turn', 'plan', 'parts', 'done', 'uploadId', 'classes', 'endedAt', 'keptUntil', 'link'],
        contents: exportedTwice,
      },
      'export-desk': undefined,
    },
    inSteps: { 'export:run': ['export', 'export-desk'], 'case:note-candidates': ['case'] },
    onBehalf: ({ type, data }) => {
      if (type !== ManifestPartReceived.type) return undefined
      const rows = Array.from({ length: 10 }, (_, i) => `${data.manifestId} ${i + 1}`)
      return { of: 'example-intake-officer', keys: rows }
    },
    feeds: [],
    commands: {
      1: [
        {
          operation: 'registerCase',
          as: 'intake-officer',
          body: ({ office = '', name = '' }) => registrationOf(somebodyLike(person, name), office),
          learn: (answer) => z.object({ caseId: z.string() }).parse(answer),
        },
        {
          operation: 'assignCase',
          as: 'supervisor',
          body: () => ({ lead: 'example-case-manager', team: ['example-protection-officer', 'example-child-protection-officer'] }),
        },
        {
          operation: 'screenPerson',
          as: 'protection-officer',
          body: () => ({
            occasion: 'registration',
            eligibility: 'stranded',
            asylumClaim: 'none',
            factors: { individual: [], household: ['debt'], community: ['stigma-of-return'], structural: ['no-livelihood'] },
            trafficking: 'no',
            accompaniment: 'nobody',
            ageInDoubt: false,
          }),
        },
        {
          operation: 'recordCounselling',
          as: 'case-manager',
          body: () => ({
            subjects: ['return', 'reintegration'],
            heldOn: today(),
            mode: 'in-person',
            language: 'fuf',
            interpreted: false,
            topics: ['right-to-change-mind', 'journey-and-documents', 'reintegration-support'],
            optionsShown: ['voluntary-return', 'local-support', 'training'],
            outcome: 'wishes-to-return',
          }),
        },
        {
          operation: 'giveConsent',
          as: 'case-manager',
          body: () => ({ purpose: 'medical-examination', scopes: ['health'], grounds: ownConsent }),
        },
        {
          operation: 'declareVoluntariness',
          as: 'case-manager',
          body: () => ({
            language: 'fuf',
            taken: 'thumbprint',
            signatory: { kind: 'self' },
            witness: { kind: 'other', name: 'Témoin Exemple', standing: 'Association des ressortissants (exemple)' },
            capacity: 'not-in-doubt',
            intendedTravelDate: inHours(48).slice(0, 10),
          }),
        },
        {
          operation: 'recordNeed',
          as: 'case-manager',
          body: () => ({ service: 'psychosocial', priority: 'urgent' }),
          learn: (answer) => ({ needId: lastNeed(answer) }),
        },
        {
          operation: 'recordNeed',
          as: 'case-manager',
          body: () => ({ service: 'safe-shelter', priority: 'urgent' }),
          learn: (answer) => ({ shelterNeedId: lastNeed(answer) }),
        },
        {
          operation: 'recordNeed',
          as: 'case-manager',
          body: () => ({ service: 'psychosocial', priority: 'normal' }),
          learn: (answer) => ({ otherNeedId: lastNeed(answer) }),
        },
        {
          operation: 'recordNeed',
          as: 'case-manager',
          body: () => ({ service: 'vocational-training', priority: 'normal' }),
          learn: (answer) => ({ trainingNeedId: lastNeed(answer) }),
        },
        { operation: 'giveConsent', as: 'case-manager', body: consentTo(clinic) },
        { operation: 'giveConsent', as: 'case-manager', body: consentTo(shelter) },
      ],
      // Withdrawn after the referral was sent: what an event brings about in one service is itself an event for the others.
      4: [
        {
          operation: 'withdrawConsent',
          as: 'case-manager',
          rests: true,
          before: async (programme, { caseId }) => {
            const { body } = await programme.staff('case-manager').get(`/v1/cases/${caseId}/consents`)
            const found = Ledger.parse(body).consents.find(({ recipient }) => recipient === shelter)
            return { consentId: found?.consentId ?? '' }
          },
          body: () => ({ by: 'person' }),
        },
      ],
      5: whoIsWho,
    },
  },
  {
    service: 'medical-coordination',
    api: medicalCoordination,
    consumers: { events: medicalCoordinationEvents },
    records: { fitness: { as: 'medical-officer', paths: ['/v1/fitness-assessments/{id}'] } },
    feeds: [],
    commands: {
      2: [
        {
          operation: 'setTravelDate',
          as: 'medical-officer',
          rests: true,
          before: async (programme, { caseId = '' }) => ({ fitnessId: await awaitFitness(programme, caseId) }),
          body: () => ({ date: inHours(48).slice(0, 10), departureAt: inHours(48) }),
        },
        {
          operation: 'setAppointment',
          as: 'medical-officer',
          body: () => ({ appointmentAt: inHours(0), place: 'Centre médical (exemple)', officer: 'example-medical-officer' }),
        },
        {
          operation: 'recordExamination',
          as: 'medical-officer',
          body: () => ({ findings: 'Well.', diagnoses: [], medications: [], pregnancy: { status: 'not-applicable' } }),
        },
        {
          operation: 'decideFitness',
          as: 'medical-officer',
          body: () => ({ decision: 'fit-with-conditions', conditions: ['aisle-seat'], validUntil: inHours(20 * 24).slice(0, 10) }),
        },
        { operation: 'checkBeforeBoarding', as: 'medical-officer', body: () => ({ outcome: 'confirmed' }) },
      ],
    },
  },
  {
    service: 'referral-routing',
    api: referralRouting,
    consumers: { events: referralRoutingEvents },
    records: {
      referral: { as: 'referral-coordinator', paths: ['/v1/referrals/{id}'] },
      organisation: { as: 'referral-coordinator', paths: ['/v1/organisations/{id}'] },
      service: { as: 'referral-coordinator', paths: ['/v1/services/{id}'] },
      'case-file': undefined,
      exception: { as: 'referral-coordinator', by: 'referralId', paths: ['/v1/referrals/{id}/exception'] },
      endpoints: undefined,
    },
    // Of a referral that was taken back the endpoint is told less than the feed: only the one that is served has one.
    feeds: [feedOf(clinic, true), feedOf(shelter, false), feedOf(school, false)],
    beside: tallied,
    commands: {
      3: referralWays,
    },
  },
]

/** A command and the service that it is for. */
export interface Step extends Command {
  readonly subject: Subject
  /** `POST /v1/cases/{caseId}/needs` */
  readonly route: string
  /** Whether the caller says which version it read. */
  readonly versioned: boolean
  readonly creates: boolean
  /** Whether nobody needs to sign in: then the key must be one that nobody else could choose. */
  readonly open: boolean
}

/** Every command of every subject, part by part in the order in which the subjects are listed. @throws when an API has no such route */
export const journey: readonly Step[] = subjects
  .flatMap((subject) => Object.entries(subject.commands).map(([part, commands]) => ({ part: Number(part), subject, commands })))
  .toSorted((left, right) => left.part - right.part)
  .flatMap(({ subject, commands }) =>
    commands.map((command) => {
      const definition = subject.api.routes[command.operation]
      if (definition === undefined) throw new Error(`${subject.service} has no route ${command.operation}`)
      return {
        ...command,
        subject,
        route: definition.route,
        versioned: definition.creates !== true && definition.unversioned !== true,
        creates: definition.creates === true,
        open: definition.public !== undefined,
      }
    }),
  )
