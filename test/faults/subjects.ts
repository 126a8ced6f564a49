import { api as caseIntake } from '@wontanara/case-intake/api'
import { subscriptions as caseIntakeEvents } from '@wontanara/case-intake/subscriptions'
import type { Api, Subscriptions } from '@wontanara/core'
import {
  awaitFitness,
  type OrganisationId,
  ownConsent,
  type Programme,
  partnerEvents,
  people,
  registrationOf,
  type StaffRole,
  somebodyLike,
} from '@wontanara/examples'
import { api as medicalCoordination } from '@wontanara/medical-coordination/api'
import { subscriptions as medicalCoordinationEvents } from '@wontanara/medical-coordination/subscriptions'
import { api as referralRouting } from '@wontanara/referral-routing/api'
import { subscriptions as referralRoutingEvents, referralNews } from '@wontanara/referral-routing/subscriptions'
import * as z from 'zod'

/** What a journey has learnt so far: name -> id. */
export type Known = Readonly<Record<string, string>>

/** One command of a journey. */
export interface Command {
  /** Name of the route in the service's API. */
  readonly operation: string
  readonly as: StaffRole | OrganisationId
  readonly body?: (known: Known) => unknown
  /** Parameter of the path -> the name of what is known for it, where the two differ. */
  readonly params?: Readonly<Record<string, string>>
  /** What the caller looks up before. */
  readonly before?: (programme: Programme, known: Known) => Promise<Known>
  /** The ids that the answer brings. */
  readonly learn?: (answer: unknown, known: Known) => Known
  /** Rests on what events of other commands bring: everything before it must be done. */
  readonly rests?: true
}

/** What a partner or another service outside of ours is told of, in an order of its own. */
export interface Feed {
  readonly reader: OrganisationId
  read(programme: Programme): Promise<readonly { readonly sequence: number; readonly id: string }[]>
  /** Whether its reader has an endpoint too, which must be told of each of these events. */
  readonly hook: boolean
  /** The id under which a published event must be there; undefined when it does not belong there. */
  idOf(event: { readonly id: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> }): string | undefined
}

/** A service under test. */
export interface Subject {
  /** Name of its folder under services/, of its stack, and of the source of its events. */
  readonly service: string
  readonly api: Api
  /** Entry of each consumer -> what it listens to. */
  readonly consumers: Readonly<Record<string, Subscriptions>>
  /** Record -> how it is read through the API: `{id}` stands for the record's id. A record that no route shows has no paths. */
  readonly records: Readonly<Record<string, { readonly as: StaffRole; readonly paths: readonly string[] } | undefined>>
  readonly feeds: readonly Feed[]
  /** Its commands in the order of the journey, by the part of the journey in which they come. */
  readonly commands: Readonly<Record<number, readonly Command[]>>
}

const clinic = 'org-sante-solidaire'
const shelter = 'org-toit-et-droit'
const person = people.mechanic

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
const today = (): string => inHours(0).slice(0, 10)

const Needs = z.object({ needs: z.array(z.object({ needId: z.string() })) })
const lastNeed = (answer: unknown): string => Needs.parse(answer).needs.at(-1)?.needId ?? ''
const Ledger = z.object({ consents: z.array(z.object({ consentId: z.string(), recipient: z.string().optional() })) })

const consentTo = (recipient: string) => () => ({
  purpose: 'referral',
  recipient,
  scopes: ['name', 'contact', 'needs'],
  grounds: ownConsent,
})

const draft = (service: { readonly serviceId: string; readonly needId: string }) => (known: Known) => ({
  caseId: known.caseId,
  needId: known[service.needId],
  serviceId: service.serviceId,
  office: known.office,
  priority: 'urgent',
  place: person.origin,
  forReturn: false,
  age: 27,
  languages: ['fuf'],
  snapshot: {
    name: person.name,
    contact: { phones: [person.phone] },
    needs: { situation: 'Exemple: revient après un long trajet, souhaite un appui.' },
  },
})
const ReferralId = z.object({ referralId: z.string() })

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
    consumers: { events: caseIntakeEvents },
    records: { case: { as: 'case-manager', paths: ['/v1/cases/{id}', '/v1/cases/{id}/consents'] } },
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
      endpoints: undefined,
    },
    // Of a referral that was taken back the endpoint is told less than the feed: only the one that is served has one.
    feeds: [feedOf(clinic, true), feedOf(shelter, false)],
    commands: {
      3: [
        {
          operation: 'draftReferral',
          as: 'referral-coordinator',
          body: draft({ serviceId: 'svc-ecoute-kankan', needId: 'needId' }),
          learn: (answer) => ReferralId.parse(answer),
        },
        {
          operation: 'draftReferral',
          as: 'referral-coordinator',
          body: draft({ serviceId: 'svc-abri', needId: 'shelterNeedId' }),
          learn: (answer) => ({ shelterReferralId: ReferralId.parse(answer).referralId }),
        },
        { operation: 'sendReferral', as: 'referral-coordinator', rests: true },
        { operation: 'sendReferral', as: 'referral-coordinator', params: { referralId: 'shelterReferralId' } },
        { operation: 'acknowledgeReferral', as: clinic },
        { operation: 'acceptReferral', as: clinic },
        { operation: 'startReferral', as: clinic },
        { operation: 'completeReferral', as: clinic, body: () => ({ outcome: 'fully-served' }) },
      ],
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
}

/** Every command of every subject, part by part in the order in which the subjects are listed. @throws when an API has no such route */
export const journey: readonly Step[] = subjects
  .flatMap((subject) => Object.entries(subject.commands).map(([part, commands]) => ({ part: Number(part), subject, commands })))
  .toSorted((left, right) => left.part - right.part)
  .flatMap(({ subject, commands }) =>
    commands.map((command) => {
      const definition = subject.api.routes[command.operation]
      if (definition === undefined) throw new Error(`${subject.service} has no route ${command.operation}`)
      return { ...command, subject, route: definition.route, versioned: definition.creates !== true && definition.unversioned !== true }
    }),
  )
