// Takes every route of every service once with success, and more: the example caseload, then what nobody of it needs.

import { referenceOf } from '@wontanara/core'
import {
  apply,
  assign,
  awaitExport,
  awaitFitness,
  awaitFound,
  awaitManifest,
  book,
  caseload,
  consent,
  counsel,
  decideDuplicates,
  decideToReturn,
  draftReferral,
  type ExamplePerson,
  examineForTravel,
  fillDirectory,
  findApplication,
  manifestFile,
  manifestRows,
  organisations,
  type Programme,
  people,
  peopleOfCharter,
  recordNeed,
  refer,
  register,
  requestExport,
  screen,
  sendManifest,
  sendReferral,
  services,
  somebodyLike,
  takeUp,
  withdrawConsent,
} from '@wontanara/examples'
import type { HttpClient, TestResponse } from '@wontanara/testing'
import * as z from 'zod'

/** Whoever the example caseload holds already is another person here. */
const other = (person: ExamplePerson): ExamplePerson => somebodyLike(person, 'every-route')

const day = (offset = 0): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)

function done(response: TestResponse): TestResponse {
  if (response.status >= 300) throw new Error(`${response.status} ${JSON.stringify(response.body)}`)
  return response
}

const get = async (client: HttpClient, path: string): Promise<TestResponse> => done(await client.get(path))

/** Changes a record that was read just before. @param action path below the record; '' for the record itself */
async function change(client: HttpClient, method: 'post' | 'put', record: string, action: string, body?: unknown): Promise<TestResponse> {
  const { headers } = await get(client, record)
  return done(await client[method](`${record}${action}`, { ifMatch: headers.etag, ...(body === undefined ? {} : { body }) }))
}

async function caseRoutes(programme: Programme): Promise<void> {
  const { staff } = programme
  const manager = staff('case-manager')
  const protector = staff('protection-officer')
  const supervisor = staff('supervisor')
  const caseId = await register(programme, other(people.seamstress))
  const record = `/v1/cases/${caseId}`
  await assign(programme, caseId)
  await screen(programme, caseId)
  await counsel(programme, caseId)
  await get(manager, `/v1/cases?office=${programme.office}&limit=25`)
  await get(manager, `/v1/case-references/${referenceOf(caseId)}`)
  await get(manager, `${record}/next-steps`)
  const { name } = other(people.seamstress)
  done(await manager.post('/v1/case-searches', { body: { office: programme.office, name: `${name.family} ${name.given}` } }))
  await get(supervisor, `${record}/timeline`)
  await get(protector, `${record}/screenings`)
  const { phone, ...person } = other(people.seamstress)
  await change(manager, 'put', record, '/person', {
    reason: 'document-seen',
    presentIn: 'NE',
    person: {
      ...person,
      ageBasis: 'document',
      nationalities: ['GN'],
      languages: ['fuf'],
      contacts: [{ phone, owner: 'self', safe: true }],
    },
  })
  await change(manager, 'put', record, '/duplicate-check', { outcome: 'none-found' })
  await change(protector, 'post', record, '/safeguards', {
    safeguard: { kind: 'safe-return-assessment', authority: 'programme', date: day(), reference: 'EX-SRA-0001', outcome: 'positive' },
  })
  const served = await recordNeed(programme, caseId, 'food')
  await change(manager, 'post', record, `/needs/${served}/service`, { provider: 'programme', on: day() })
  const refused = await recordNeed(programme, caseId, 'transport')
  await change(manager, 'post', record, `/needs/${refused}/refusal`, { reason: 'person-declined' })
  await change(manager, 'post', record, '/interruption', { interruption: { status: 'lost-contact', attempts: 3, lastContactOn: day(-10) } })
  await change(manager, 'post', record, '/resumption')
  await change(manager, 'post', record, '/withdrawal', { by: 'person' })
  await change(manager, 'post', record, '/closure-request', { reason: 'return-withdrawn' })
  await change(supervisor, 'post', record, '/closure', { decision: 'approved' })
  await change(supervisor, 'post', record, '/reopening', { reason: 'person-returned' })
}

/** Two sisters, one of whom goes to another office and comes back. */
async function linkAndTransferRoutes(programme: Programme): Promise<void> {
  const manager = programme.staff('case-manager')
  const supervisor = programme.staff('supervisor')
  const sister = somebodyLike(people.teacher, 'sister')
  const [caseId, otherCase] = [await register(programme, sister), await register(programme, somebodyLike(people.returnee, 'sister'))]
  const record = `/v1/cases/${caseId}`
  await change(manager, 'post', record, '/links', { other: otherCase, relation: 'sibling', basis: 'declared' })
  const linked = await change(manager, 'post', record, '/links', { other: otherCase, relation: 'travelling-with' })
  await get(manager, `${record}/household`)
  const { links } = Linked.parse(linked.body)
  await change(manager, 'post', record, `/links/${links[1].linkId}/end`, { reason: 'no-longer-so' })

  const there = await programme.at('kankan')
  const offer = async (from: HttpClient, to: string): Promise<string> =>
    `/v1/transfers/${Transferred.parse(done(await from.post(`${record}/transfers`, { body: { to, reason: 'closer-office' } })).body).transferId}`
  done(await manager.post(`${await offer(manager, 'kankan')}/recall`, { body: { reason: 'sent-in-error' } }))
  await change(there.staff('supervisor'), 'post', await offer(manager, 'kankan'), '/decline', { reason: 'no-capacity' })
  const taken = await offer(manager, 'kankan')
  await get(there.staff('case-manager'), '/v1/transfers?office=kankan&direction=incoming&status=pending&limit=25')
  await change(there.staff('supervisor'), 'post', taken, '/acceptance')
  await get(supervisor, `${taken}/history`)
  await change(supervisor, 'post', await offer(there.staff('supervisor'), programme.office), '/acceptance')
}

/** Somebody who is registered twice, becomes one, and turns out to be two. */
async function mergeRoutes(programme: Programme): Promise<void> {
  const supervisor = programme.staff('supervisor')
  const person = somebodyLike(people.teacher, 'merged')
  const survivor = await register(programme, person)
  await awaitFound(programme, survivor, person)
  const twice = await register(programme, person)
  await recordNeed(programme, twice, 'food')
  await decideDuplicates(programme, twice, 'same-person')
  const record = `/v1/cases/${twice}`
  await get(supervisor, `${record}/merge?into=${survivor}`)
  await change(supervisor, 'post', record, '/merge', { into: survivor })
  await change(supervisor, 'post', record, '/unmerge', { reason: 'another-person' })
}
const Linked = z.object({ links: z.tuple([z.object({ linkId: z.string() }), z.object({ linkId: z.string() })]) })
const Transferred = z.object({ transferId: z.string() })

/** Four who apply without a login: one gets a case and appointments, one has one, one is given to another office, one is answered. */
async function applicationRoutes(programme: Programme): Promise<void> {
  const { staff, office, idOf } = programme
  const manager = staff('case-manager')
  const applied = async (key: string): Promise<string> =>
    findApplication(programme, await apply(programme, somebodyLike(people.seamstress, `applies ${key}`)))
  const taken = await applied('one')
  const caseId = await takeUp(programme, taken)
  await get(manager, taken)
  await get(manager, `/v1/self-applications?office=${office}&limit=25`)
  await change(manager, 'post', await applied('two'), '/known-case', { caseId })
  await change(staff('supervisor'), 'put', await applied('three'), '/office', { office: 'labe' })
  const fourth = await applied('four')
  done(await staff('protection-officer').put(`${fourth}/assignment`))
  await change(manager, 'post', fourth, '/refusal', { reason: 'information-given' })

  const [kept, cancelled] = [await book(programme, caseId, 24 * 30), await book(programme, caseId, 24 * 31)]
  await get(manager, `/v1/appointments?office=${office}&counsellor=${idOf('case-manager')}&limit=25`)
  const later = { at: `${day(32)}T10:00:00Z`, mode: 'telephone', counsellor: idOf('case-manager'), language: 'fuf', reason: 'person-asked' }
  await change(manager, 'put', kept, '/time', later)
  await change(manager, 'post', cancelled, '/cancellation', { reason: 'person-asked' })
  const [terms, soon] = [{ mode: 'telephone', minutes: 5, counsellor: idOf('case-manager'), language: 'fuf' }, programme.now() + 60_000]
  const today = await manager.post(`/v1/cases/${caseId}/appointments`, { body: { ...terms, at: new Date(soon).toISOString() } })
  await change(manager, 'post', done(today).headers.location ?? '', '/attendance', { outcome: 'attended' })
}

async function fitnessRoutes(programme: Programme): Promise<void> {
  const doctor = programme.staff('medical-officer')
  const asked = await register(programme, other(people.teacher))
  await consent(programme, asked, { purpose: 'medical-examination', scopes: ['health'] })
  done(await programme.staff('case-manager').post('/v1/fitness-assessments', { body: { caseId: asked, reason: 'health-need' } }))
  const caseId = await decideToReturn(programme, other(people.undecided))
  const fitnessId = await awaitFitness(programme, caseId)
  const record = `/v1/fitness-assessments/${fitnessId}`
  await examineForTravel(programme, fitnessId)
  await get(programme.staff('return-officer'), record)
  await get(programme.staff('protection-officer'), `${record}/medical-flag`)
  await get(doctor, `/v1/fitness-assessments?office=${programme.office}&status=requested&limit=25`)
  await get(doctor, `/v1/fitness-appointments?office=${programme.office}&officer=${programme.idOf('medical-officer')}&day=${day()}`)
  await change(doctor, 'post', record, '/revocation', { reason: 'new-condition', findings: 'Synthetic finding.' })
  // What comes to light after the declaration holds the return; settled, it goes on.
  await screen(programme, caseId, { asylumClaim: 'pending' })
  await screen(programme, caseId, { asylumClaim: 'none', loweredBecause: 'Exemple: the authority says that there was never a claim.' })
}

/** An endpoint at an address where nobody answers, of a partner that is sent nothing. */
async function endpointRoutes(programme: Programme): Promise<void> {
  const partner = programme.partner('org-metiers-avenir')
  const url = 'https://partner.example/wontanara'
  const added = done(await partner.post('/v1/partner-endpoints', { body: { kind: 'webhook', url, types: ['referral.sent'] } }))
  const endpoint = `/v1/partner-endpoints/${z.object({ endpointId: z.string() }).parse(added.body).endpointId}`
  await get(partner, '/v1/partner-endpoints')
  done(await partner.put(endpoint, { body: { url, status: 'enabled' } }))
  done(await partner.post(`${endpoint}/rotation`))
  done(await partner.post(`${endpoint}/replays`, { body: { from: `${day(-1)}T00:00:00Z`, to: `${day(0)}T00:00:00Z` } }))
  done(await partner.post(`${endpoint}/tests`))
  await get(partner, `${endpoint}/attempts?limit=25`)
  done(await partner.delete(endpoint))
}

const Exported = z.object({ items: z.array(z.unknown()) })

async function referralRoutes(programme: Programme): Promise<void> {
  const coordinator = programme.staff('referral-coordinator')
  const person = other(people.hairdresser)
  const [{ organisationId, ...organisation }] = organisations
  const [{ serviceId, organisationId: _, ...service }] = services
  const recipient = 'org-sante-solidaire'
  const partner = programme.partner(recipient)
  const added = { organisationId: 'org-exemple', serviceId: 'svc-exemple' }
  done(await coordinator.post('/v1/organisations', { body: { ...organisation, organisationId: added.organisationId } }))
  done(await coordinator.post('/v1/services', { body: { ...service, ...added } }))
  await get(coordinator, '/v1/organisations?limit=25')
  await get(coordinator, `/v1/partner-measures?organisationId=${organisationId}&from=2026-Q1&to=2026-Q2`)
  await change(coordinator, 'put', `/v1/organisations/${organisationId}`, '', { ...organisation, description: 'Exemple.' })
  await change(coordinator, 'put', `/v1/services/${serviceId}`, '', { ...service, description: 'Exemple.' })
  await get(coordinator, '/v1/services?type=psychosocial')
  await get(coordinator, `/v1/organisations/${organisationId}/services?limit=25`)
  const need = { office: programme.office, service: 'psychosocial', place: 'GN-KA', priority: 'urgent', age: 27, languages: ['fuf'] }
  done(await coordinator.post('/v1/service-rankings', { body: need }))
  const rule = { office: programme.office, service: 'psychosocial', priority: 'emergency', automatic: false }
  done(await programme.staff('supervisor').put('/v1/routing-rules', { body: rule }))
  await get(coordinator, `/v1/routing-rules?office=${programme.office}&limit=25`)
  const { items } = Exported.parse((await get(coordinator, '/v1/directory/hsds?limit=1')).body)
  done(await coordinator.post('/v1/directory/imports', { body: { together: 'all', organizations: items } }))
  await get(partner, '/v1/partner-events?after=0&limit=25')
  // Of a partner that is sent nothing: nobody answers at that address.
  const idle = programme.partner('org-metiers-avenir')
  done(await idle.put('/v1/partner-webhook', { body: { url: 'https://partner.example/wontanara' } }))
  await get(idle, '/v1/partner-webhook')
  done(await idle.delete('/v1/partner-webhook'))
  await endpointRoutes(programme)
  const caseId = await register(programme, person)
  await assign(programme, caseId)
  const draft = { caseId, serviceId, person } as const
  const sent = async () => refer(programme, { ...draft, needId: await recordNeed(programme, caseId, 'psychosocial'), recipient })
  const step = async (referralId: string, name: string, body?: unknown): Promise<void> => {
    done(await partner.post(`/v1/referrals/${referralId}/${name}`, body === undefined ? {} : { body }))
  }
  const failing = await sent()
  await get(coordinator, `/v1/referrals?office=${programme.office}&status=sent&limit=25`)
  for (const name of ['receipt', 'acceptance', 'start', 'hold']) await step(failing.referralId, name)
  await step(failing.referralId, 'failure', { outcome: 'person-not-reached' })
  const recalled = await sent()
  await change(coordinator, 'post', `/v1/referrals/${recalled.referralId}`, '/recall', { reason: 'no-longer-needed' })
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const unsent = `/v1/referrals/${await draftReferral(programme, { ...draft, needId })}`
  await get(coordinator, `${unsent}/sending`)
  await change(coordinator, 'post', unsent, '/error')
  // The one that failed rested on both: now the partner is told to delete.
  for (const { consentId } of [failing, recalled]) await withdrawConsent(programme, caseId, consentId)
}

/** A referral without consent, that two persons open and a third reviews; the key of a partner; what left. */
async function consentRoutes(programme: Programme): Promise<void> {
  const coordinator = programme.staff('referral-coordinator')
  const recipient = 'org-sante-solidaire'
  const partner = programme.partner(recipient)
  const person = other(people.mechanic)
  const caseId = await register(programme, person)
  await assign(programme, caseId)
  const needId = await recordNeed(programme, caseId, 'psychosocial')
  const referralId = await draftReferral(programme, { caseId, needId, serviceId: services[0].serviceId, person })
  const exception = `/v1/referrals/${referralId}/exception`
  const second = programme.idOf('protection-officer')
  done(
    await coordinator.post(exception, {
      body: { basis: 'vital-interest', reason: 'Exemple: unconscious, and needs a bed tonight.', second },
    }),
  )
  await get(programme.staff('protection-officer'), exception)
  done(await programme.staff('protection-officer').post(`${exception}/confirmation`))
  await get(programme.staff('supervisor'), `/v1/exceptions?office=${programme.office}&limit=25`)
  const key = {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  }
  done(await partner.put('/v1/partner-encryption-key', { body: { key } }))
  await get(partner, '/v1/partner-encryption-key')
  await sendReferral(programme, referralId)
  done(await partner.post(`/v1/referrals/${referralId}/acceptance`))
  await get(partner, `/v1/referrals/${referralId}`)
  await get(partner, `/v1/referrals/${referralId}/fhir`)
  done(await partner.delete('/v1/partner-encryption-key'))
  done(await programme.staff('supervisor').post(`${exception}/review`, { body: { outcome: 'rejected' } }))
  await get(programme.staff('supervisor'), `/v1/cases/${caseId}/disclosures?limit=25`)
}

/** What has dates: a referral that the partner keeps, and one that it lets expire. @param pass lets time pass */
async function loopRoutes(programme: Programme, pass: (time: string) => Promise<void>): Promise<void> {
  const coordinator = programme.staff('referral-coordinator')
  const recipient = 'org-sante-solidaire'
  const partner = programme.partner(recipient)
  const person = somebodyLike(people.mechanic, 'whom nobody answers')
  const caseId = await register(programme, person)
  await assign(programme, caseId)
  const { serviceId } = services[0]
  const sent = async (): Promise<string> => {
    const needId = await recordNeed(programme, caseId, 'psychosocial', 'emergency')
    const { referralId } = await refer(programme, { caseId, needId, serviceId, person, priority: 'emergency', recipient })
    return `/v1/referrals/${referralId}`
  }
  const [kept, lost] = [await sent(), await sent()]
  done(await partner.post(`${kept}/acceptance`))
  done(await partner.put(`${kept}/appointment`, { body: { at: new Date(programme.now() + 60_000).toISOString() } }))
  done(await partner.post(`${kept}/attendance`, { body: { attendance: 'attended' } }))
  done(await partner.put(`${kept}/hold`, { body: { reason: 'documents-awaited', until: day(30) } }))
  await pass('26h')
  await get(coordinator, `/v1/referrals/overdue?office=${programme.office}&limit=25`)
  done(await coordinator.post(`${lost}/settlement`))
}

/** Two exports, each when the one before has ended. */
async function exportRoutes(programme: Programme): Promise<void> {
  const supervisor = programme.staff('supervisor')
  const exportId = await requestExport(programme, { format: 'csv' })
  await awaitExport(programme, exportId)
  await get(supervisor, `/v1/exports/${exportId}`)
  const other = await requestExport(programme, { format: 'json-lines', status: 'registered' })
  done(await supervisor.post(`/v1/exports/${other}/cancellation`))
}

async function manifestRoutes(programme: Programme): Promise<void> {
  const officer = programme.staff('intake-officer')
  const file = Buffer.from(manifestFile(peopleOfCharter('ROUTES', 12)))
  await get(officer, '/v1/manifest-template')
  const { manifestId } = await sendManifest(programme, 'ROUTES', file)
  const manifest = await awaitManifest(programme, manifestId)
  await manifestRows(programme, manifest)
  await get(officer, `/v1/manifests/${manifestId}/result`)
  await get(officer, `/v1/manifests?office=${programme.office}&limit=25`)
}

/**
 * @param pass lets time pass, and whatever comes of it happen
 * @throws naming the answer of the first request that does not succeed
 */
export async function everyRoute(programme: Programme, pass: (time: string) => Promise<void>): Promise<void> {
  for (const { play } of caseload) await play(programme)
  await caseRoutes(programme)
  await mergeRoutes(programme)
  await linkAndTransferRoutes(programme)
  await applicationRoutes(programme)
  await fitnessRoutes(programme)
  await referralRoutes(programme)
  await consentRoutes(programme)
  await exportRoutes(programme)
  await manifestRoutes(programme)
  await loopRoutes(programme, pass)
}

/** One way through all services, so that every function runs: what a process does once is then behind it. */
export async function warmedUp(programme: Programme): Promise<void> {
  await fillDirectory(programme)
  await caseload[0]?.play(programme, (person) => somebodyLike(person, 'first'))
}
