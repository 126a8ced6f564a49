import type { HttpClient, TestResponse } from '@wontanara/testing'
import * as z from 'zod'
import type { OrganisationId, ServiceId } from './directory.ts'
import { organisations, services } from './directory.ts'
import { applicationOf, type ExamplePerson, ownConsent, registrationOf } from './people.ts'
import { expectStatus, type Programme, reasonsOf, type StaffRole, StepFailed } from './programme.ts'

const inHours = ({ now }: Programme, hours: number): string => new Date(now() + hours * 3_600_000).toISOString()
const dayIn = (programme: Programme, hours: number): string => inHours(programme, hours).slice(0, 10)

/** The version of a record as its reader sees it now, for If-Match. */
async function etagOf(client: HttpClient, path: string): Promise<string | undefined> {
  const { headers } = await client.get(path, { headers: { 'cache-control': 'no-cache' } })
  return headers.etag
}

/**
 * Reads the record's version, then changes it; again when somebody, or an event of another service, changed it meanwhile. A client that
 * people work with would show them the new version first.
 */
async function change(client: HttpClient, method: 'post' | 'put', record: string, action: string, body?: unknown): Promise<TestResponse> {
  for (let attempt = 1; ; attempt++) {
    const ifMatch = await etagOf(client, record)
    const response = await client[method](`${record}/${action}`, { ifMatch, ...(body === undefined ? {} : { body }) })
    if (response.status !== 412 || attempt === 5) return response
  }
}

/** Waits until a read shows what an event of another service brings. @throws StepFailed after ten seconds, or those that are given */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, seconds = 10): Promise<T> {
  const end = Date.now() + 1000 * seconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new StepFailed(`${what}: still not there after ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Enters the example organisations and services; what is there already stays. @returns whether anything was new */
export async function fillDirectory(programme: Programme): Promise<boolean> {
  const coordinator = programme.staff('referral-coordinator')
  let added = false
  for (const [path, list] of [
    ['/v1/organisations', organisations],
    ['/v1/services', services],
  ] as const) {
    for (const body of list) {
      const response = await coordinator.post(path, { body })
      if (response.status === 409) continue
      expectStatus(`enter in ${path}`, 201, response)
      added = true
    }
  }
  return added
}

/** Registers a person. @returns the case id */
export async function register(programme: Programme, person: ExamplePerson): Promise<string> {
  const response = await programme.staff('intake-officer').post('/v1/cases', { body: registrationOf(person, programme.office) })
  return expectStatus('register', 201, response, z.object({ caseId: z.string() })).caseId
}

/** A person applies without a login. @returns the reference, which is all that the person gets */
export async function apply({ anybody }: Programme, person: ExamplePerson): Promise<string> {
  const response = await anybody.post('/v1/self-applications', { body: applicationOf(person) })
  return expectStatus('apply', 201, response, z.object({ reference: z.string() })).reference
}

/** An officer finds an application by the reference that the person dictates. @returns its path */
export async function findApplication(programme: Programme, reference: string): Promise<string> {
  const response = await programme.staff('intake-officer').get(`/v1/self-application-references/${reference}`)
  return `/v1/self-applications/${expectStatus('find the application', 200, response, z.object({ applicationId: z.string() })).applicationId}`
}

/** A case is opened for who applied. @returns the case id */
export async function takeUp(programme: Programme, application: string): Promise<string> {
  const response = await programme.staff('intake-officer').post(`${application}/acceptance`, { body: {} })
  return expectStatus('accept the application', 201, response, z.object({ caseId: z.string() })).caseId
}

/** The case manager books an appointment for counselling. @param hours from now @returns its path */
export async function book(programme: Programme, caseId: string, hours: number): Promise<string> {
  const body = {
    at: `${dayIn(programme, hours)}T10:00:00Z`,
    mode: 'in-person',
    place: 'Bureau Exemple',
    counsellor: programme.idOf('case-manager'),
    language: 'fuf',
  }
  const response = await programme.staff('case-manager').post(`${caseAt(caseId)}/appointments`, { body })
  return `/v1/appointments/${expectStatus('book an appointment', 201, response, z.object({ appointmentId: z.string() })).appointmentId}`
}

/** Waits until a case is found by the person's telephone: only then is whoever registers again recognised at once. */
export const awaitFound = (programme: Programme, caseId: string, { phone }: ExamplePerson): Promise<true> =>
  eventually('the case by its telephone', async () => {
    const body = { office: programme.office, phone }
    const response = await programme.staff('intake-officer').post('/v1/case-searches', { body })
    const { items } = expectStatus('search', 200, response, z.object({ items: z.array(z.object({ caseId: z.string() })) }))
    return items.some((item) => item.caseId === caseId) || undefined
  })

const Candidates = z.object({
  candidates: z.array(z.object({ caseId: z.string(), score: z.number(), reasons: z.array(z.object({ code: z.string() })) })),
})

/** The cases that may be of the same person, the likeliest first, with what speaks for and against. */
export async function candidatesOf(programme: Programme, caseId: string): Promise<z.output<typeof Candidates>['candidates']> {
  const response = await programme.staff('intake-officer').get(caseAt(caseId))
  return expectStatus('read the case', 200, response, Candidates).candidates
}

/** Somebody compares the files and decides. */
export async function decideDuplicates(programme: Programme, caseId: string, outcome: 'same-person' | 'another-person'): Promise<void> {
  const response = await change(programme.staff('intake-officer'), 'put', caseAt(caseId), 'duplicate-check', { outcome })
  expectStatus('decide whether it is the same person', 200, response)
}

const caseAt = (caseId: string): string => `/v1/cases/${caseId}`

/** The supervisor names who works on the case. */
export async function assign(programme: Programme, caseId: string): Promise<void> {
  const body = {
    lead: programme.idOf('case-manager'),
    team: [programme.idOf('protection-officer'), programme.idOf('child-protection-officer')],
  }
  expectStatus('assign', 200, await change(programme.staff('supervisor'), 'put', caseAt(caseId), 'assignment', body))
}

/** What a screening found, unless told otherwise: an adult, stranded, in debt. */
const findings = {
  occasion: 'registration',
  eligibility: 'stranded',
  asylumClaim: 'none',
  factors: { individual: [], household: ['debt'], community: ['stigma-of-return'], structural: ['no-livelihood'] },
  trafficking: 'no',
  accompaniment: 'nobody',
  ageInDoubt: false,
}

export async function screen(programme: Programme, caseId: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const body = { ...findings, ...more }
  expectStatus('screen', 200, await change(programme.staff('protection-officer'), 'post', caseAt(caseId), 'screenings', body))
}

export async function counsel(programme: Programme, caseId: string): Promise<void> {
  const body = {
    subjects: ['return', 'reintegration'],
    heldOn: dayIn(programme, 0),
    mode: 'in-person',
    language: 'fuf',
    interpreted: false,
    topics: ['right-to-change-mind', 'journey-and-documents', 'reintegration-support'],
    optionsShown: ['voluntary-return', 'local-support', 'training'],
    outcome: 'wishes-to-return',
  }
  expectStatus('counsel', 200, await change(programme.staff('case-manager'), 'post', caseAt(caseId), 'counselling-sessions', body))
}

/** Records a consent. @returns its id */
export async function consent(
  programme: Programme,
  caseId: string,
  terms: { readonly purpose: string; readonly recipient?: string; readonly scopes: readonly string[]; readonly validUntil?: string },
): Promise<string> {
  const before = await consentIds(programme, caseId)
  const body = { ...terms, grounds: ownConsent }
  expectStatus(`consent to ${terms.purpose}`, 200, await change(programme.staff('case-manager'), 'post', caseAt(caseId), 'consents', body))
  const added = (await consentIds(programme, caseId)).find((id) => !before.includes(id))
  if (added === undefined) throw new StepFailed('the ledger does not show the consent')
  return added
}

async function consentIds(programme: Programme, caseId: string): Promise<readonly string[]> {
  const response = await programme.staff('case-manager').get(`${caseAt(caseId)}/consents`, { headers: { 'cache-control': 'no-cache' } })
  const { consents } = expectStatus('read the ledger', 200, response, z.object({ consents: z.array(z.object({ consentId: z.string() })) }))
  return consents.map(({ consentId }) => consentId)
}

export async function withdrawConsent(programme: Programme, caseId: string, consentId: string): Promise<void> {
  expectStatus(
    'withdraw the consent',
    200,
    await change(programme.staff('case-manager'), 'post', caseAt(caseId), `consents/${consentId}/withdrawal`, { by: 'person' }),
  )
}

/** The person declares the wish to return, alone unless a guardian signs; the answer is given back whatever it is. */
export async function declare(
  programme: Programme,
  caseId: string,
  { by = 'case-manager', signatory = { kind: 'self' } }: { readonly by?: StaffRole; readonly signatory?: unknown } = {},
): Promise<TestResponse> {
  const body = {
    language: 'fuf',
    taken: 'thumbprint',
    signatory,
    witness: { kind: 'other', name: 'Témoin Exemple', standing: 'Association des ressortissants (exemple)' },
    capacity: 'not-in-doubt',
    intendedTravelDate: dayIn(programme, 48),
  }
  return change(programme.staff(by), 'post', caseAt(caseId), 'voluntariness-declarations', body)
}

/** From a new case to a confirmed wish to return. @returns the case id */
export async function decideToReturn(programme: Programme, person: ExamplePerson): Promise<string> {
  const caseId = await register(programme, person)
  await assign(programme, caseId)
  await screen(programme, caseId)
  await counsel(programme, caseId)
  await consent(programme, caseId, { purpose: 'medical-examination', scopes: ['health'] })
  expectStatus('declare the wish to return', 200, await declare(programme, caseId))
  return caseId
}

const FitnessPage = z.object({ items: z.array(z.object({ fitnessId: z.string(), caseId: z.string() })) })

/** The assessment that the confirmed return opened. */
export async function awaitFitness(programme: Programme, caseId: string): Promise<string> {
  const doctor = programme.staff('medical-officer')
  return eventually('the fitness assessment', async () => {
    const response = await doctor.get(`/v1/fitness-assessments?office=${programme.office}&status=requested&limit=100`)
    const { items } = expectStatus('list the requests', 200, response, FitnessPage)
    return items.find((item) => item.caseId === caseId)?.fitnessId
  })
}

/** From request to clearance for boarding in two days, or to the decision when the person does not board. @returns the status at the end */
export async function examineForTravel(programme: Programme, fitnessId: string, { boards = true } = {}): Promise<string> {
  const doctor = programme.staff('medical-officer')
  const record = `/v1/fitness-assessments/${fitnessId}`
  const departureAt = inHours(programme, 48)
  const steps: readonly (readonly ['post' | 'put', string, unknown])[] = [
    ['put', 'travel-date', { date: departureAt.slice(0, 10), departureAt }],
    [
      'put',
      'appointment',
      { appointmentAt: inHours(programme, 0), place: 'Centre médical (exemple)', officer: programme.idOf('medical-officer') },
    ],
    ['post', 'examinations', { findings: 'Well.', diagnoses: [], medications: [], pregnancy: { status: 'not-applicable' } }],
    ['post', 'decision', { decision: 'fit-with-conditions', conditions: ['aisle-seat'], validUntil: dayIn(programme, 20 * 24) }],
    ...(boards ? [['post', 'pre-embarkation-check', { outcome: 'confirmed' }] as const] : []),
  ]
  let status = ''
  for (const [method, action, body] of steps) {
    // The consent was given in another service: it arrives when it arrives.
    if (action === 'examinations') await eventually('the consent to an examination', () => consentArrived(doctor, record))
    const response = await change(doctor, method, record, action, body)
    status = expectStatus(action, 200, response, z.object({ status: z.string() })).status
  }
  return status
}

async function consentArrived(doctor: HttpClient, record: string): Promise<true | undefined> {
  const { consent } = expectStatus('read the assessment', 200, await doctor.get(record), z.object({ consent: z.boolean() }))
  return consent || undefined
}

const Register = z.object({ needs: z.array(z.object({ needId: z.string(), status: z.string() })).default([]) })

/** Enters a need. @returns its id */
export async function recordNeed(programme: Programme, caseId: string, service: string, priority = 'urgent'): Promise<string> {
  const response = await change(programme.staff('case-manager'), 'post', caseAt(caseId), 'needs', { service, priority })
  const last = expectStatus('record a need', 200, response, Register).needs.at(-1)
  if (last === undefined) throw new StepFailed('the register does not show the need')
  return last.needId
}

export interface Draft {
  readonly caseId: string
  readonly needId: string
  readonly serviceId: ServiceId
  readonly person: ExamplePerson
  /** The declined referral that this one follows. */
  readonly follows?: string
  readonly priority?: string
}

/** Drafts a referral that would disclose name, telephone and situation. @returns its id */
export async function draftReferral(programme: Programme, { person, priority = 'urgent', ...draft }: Draft): Promise<string> {
  const body = {
    ...draft,
    office: programme.office,
    priority,
    place: person.origin,
    forReturn: false,
    age: 27,
    languages: ['fuf'],
    snapshot: {
      name: person.name,
      contact: { phones: [person.phone] },
      needs: { situation: 'Exemple: revient après un long trajet, souhaite un appui.' },
    },
  }
  const response = await programme.staff('referral-coordinator').post('/v1/referrals', { body })
  return expectStatus('draft a referral', 201, response, z.object({ referralId: z.string() })).referralId
}

const referralAt = (referralId: string): string => `/v1/referrals/${referralId}`

/** Sends a draft, as soon as the consent that the case holds has reached the referral service. */
export async function sendReferral(programme: Programme, referralId: string): Promise<void> {
  const coordinator = programme.staff('referral-coordinator')
  await eventually('need and consent at the referral service', async () => {
    const response = await change(coordinator, 'post', referralAt(referralId), 'sending')
    if (reasonsOf(response).every((code) => ['guards-failed', 'need-unknown', 'consent-missing'].includes(code)) && response.status === 409)
      return undefined
    expectStatus('send the referral', 200, response)
    return true
  })
}

/** A person's need is referred: consent, draft, sending. */
export async function refer(
  programme: Programme,
  draft: Draft & { readonly recipient: OrganisationId },
): Promise<{ readonly referralId: string; readonly consentId: string }> {
  const { recipient, ...rest } = draft
  const consentId = await consent(programme, draft.caseId, { purpose: 'referral', recipient, scopes: sharedScopes })
  const referralId = await draftReferral(programme, rest)
  await sendReferral(programme, referralId)
  return { referralId, consentId }
}
/** What the examples disclose, as scopes of a consent. */
const sharedScopes = ['name', 'contact', 'needs']

const PartnerEvent = z.object({
  sequence: z.int(),
  id: z.string(),
  type: z.string(),
  data: z.object({ referralId: z.string(), version: z.int() }),
})
/** An event as a partner's feed gives it. */
export type PartnerEvent = z.output<typeof PartnerEvent>
const Feed = z.object({ items: z.array(PartnerEvent), next: z.int() })

/** Everything on a partner's feed after a position, read page by page. */
export async function partnerEvents(programme: Programme, partner: OrganisationId, after = 0): Promise<readonly PartnerEvent[]> {
  const response = await programme.partner(partner).get(`/v1/partner-events?after=${after}&limit=100`)
  const { items, next } = expectStatus('read the feed', 200, response, Feed)
  return items.length === 0 ? [] : [...items, ...(await partnerEvents(programme, partner, next))]
}

/** The partner's feed shows this news of the referral. */
export const awaitNews = (programme: Programme, partner: OrganisationId, type: string, referralId: string): Promise<PartnerEvent> => {
  let after = 0
  return eventually(`${type} on the feed of ${partner}`, async () => {
    const news = await partnerEvents(programme, partner, after)
    after = news.at(-1)?.sequence ?? after
    return news.find((event) => event.type === type && event.data.referralId === referralId)
  })
}

/** A step that the partner takes on a referral. */
export const partnerStep = (
  programme: Programme,
  partner: OrganisationId,
  referralId: string,
  step: string,
  body?: unknown,
): Promise<TestResponse> => programme.partner(partner).post(`${referralAt(referralId)}/${step}`, body === undefined ? {} : { body })

/** The partner hears of the referral, accepts it, gives the service and says so. @returns the body of its acceptance: what it may read now */
export async function serve(programme: Programme, partner: OrganisationId, referralId: string): Promise<unknown> {
  await awaitNews(programme, partner, 'referral.sent', referralId)
  expectStatus('acknowledge', 200, await partnerStep(programme, partner, referralId, 'receipt'))
  const disclosed = expectStatus('accept', 200, await partnerStep(programme, partner, referralId, 'acceptance'))
  expectStatus('start', 200, await partnerStep(programme, partner, referralId, 'start'))
  expectStatus('complete', 200, await partnerStep(programme, partner, referralId, 'completion', { outcome: 'fully-served' }))
  return disclosed
}

/** The register of needs has heard from the referral. */
export async function awaitNeed(programme: Programme, caseId: string, needId: string, wanted: string): Promise<void> {
  await eventually(`the need to be ${wanted}`, async () => {
    const response = await programme.staff('case-manager').get(caseAt(caseId), { headers: { 'cache-control': 'no-cache' } })
    const { needs } = expectStatus('read the case', 200, response, Register)
    return needs.find((need) => need.needId === needId && need.status === wanted)
  })
}
