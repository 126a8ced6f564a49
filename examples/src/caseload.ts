import * as z from 'zod'
import { awaitManifest, manifestFile, manifestRows, peopleOfCharter, sendManifest } from './manifest.ts'
import { type ExamplePerson, people } from './people.ts'
import { expectStatus, type Programme, reasonsOf, StepFailed } from './programme.ts'
import {
  assign,
  awaitFitness,
  awaitFound,
  awaitNeed,
  awaitNews,
  candidatesOf,
  counsel,
  decideDuplicates,
  decideToReturn,
  declare,
  examineForTravel,
  partnerStep,
  recordNeed,
  refer,
  register,
  screen,
  serve,
  withdrawConsent,
} from './steps.ts'

/** The case that a journey left behind, and what happened, in one sentence. */
export interface Outcome {
  readonly caseId: string
  readonly summary: string
}

/** One person's way through the programme. */
export interface ExampleJourney {
  readonly title: string
  /**
   * @param who the person in whose place another goes this way: nobody is registered twice
   * @throws StepFailed
   */
  play(programme: Programme, who?: (person: ExamplePerson) => ExamplePerson): Promise<Outcome>
}

const oneself = (person: ExamplePerson): ExamplePerson => person

const clinic = 'org-sante-solidaire'
const shelter = 'org-toit-et-droit'

const Status = z.object({ status: z.string() })
const NextSteps = z.object({ steps: z.array(z.object({ missing: z.array(z.object({ en: z.string() })) })) })

/** The example caseload: every journey of the three services, the happy one first. */
export const caseload: readonly ExampleJourney[] = [
  {
    title: 'a man decides to return, is cleared to travel and cared for by a partner',
    play: async (programme, who = oneself) => {
      const person = who(people.mechanic)
      const caseId = await decideToReturn(programme, person)
      const cleared = await examineForTravel(programme, await awaitFitness(programme, caseId))
      const needId = await recordNeed(programme, caseId, 'psychosocial')
      const { referralId } = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
      await serve(programme, clinic, referralId)
      await awaitNeed(programme, caseId, needId, 'met')
      return { caseId, summary: `medically ${cleared}, referral completed, need met` }
    },
  },
  {
    title: 'a woman withdraws consent before the partner accepts',
    play: async (programme, who = oneself) => {
      const person = who(people.seamstress)
      const caseId = await decideToReturn(programme, person)
      const needId = await recordNeed(programme, caseId, 'safe-shelter')
      const { referralId, consentId } = await refer(programme, { caseId, needId, serviceId: 'svc-abri', recipient: shelter, person })
      await awaitNews(programme, shelter, 'referral.sent', referralId)
      await withdrawConsent(programme, caseId, consentId)
      await awaitNews(programme, shelter, 'referral.recalled', referralId)
      const late = await partnerStep(programme, shelter, referralId, 'acceptance')
      expectStatus('accept after the recall', 409, late)
      await awaitNeed(programme, caseId, needId, 'open')
      return { caseId, summary: `partner told to stop and delete; its late acceptance was refused (${reasonsOf(late).join()})` }
    },
  },
  {
    title: 'a woman is declined by one partner and taken by a second',
    play: async (programme, who = oneself) => {
      const person = who(people.hairdresser)
      const caseId = await decideToReturn(programme, person)
      const needId = await recordNeed(programme, caseId, 'psychosocial')
      const first = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-kankan', recipient: clinic, person })
      await awaitNews(programme, clinic, 'referral.sent', first.referralId)
      expectStatus('decline', 200, await partnerStep(programme, clinic, first.referralId, 'decline', { reason: 'no-capacity' }))
      await awaitNeed(programme, caseId, needId, 'open')
      const follows = first.referralId
      const second = await refer(programme, { caseId, needId, serviceId: 'svc-ecoute-droit', recipient: shelter, person, follows })
      await serve(programme, shelter, second.referralId)
      await awaitNeed(programme, caseId, needId, 'met')
      return { caseId, summary: 'declined for want of places, then served by the second partner' }
    },
  },
  {
    title: 'a child alone is stopped until it is safe',
    play: async (programme, who = oneself) => {
      const caseId = await register(programme, who(people.boy))
      await assign(programme, caseId)
      await screen(programme, caseId)
      await counsel(programme, caseId)
      const stopped = await declare(programme, caseId)
      expectStatus('declare', 409, stopped)
      return { caseId, summary: `refused: ${reasonsOf(stopped).slice(1).join(', ')}` }
    },
  },
  {
    title: 'a man changes his mind',
    play: async (programme, who = oneself) => {
      const caseId = await decideToReturn(programme, who(people.undecided))
      await awaitFitness(programme, caseId)
      const response = await programme.staff('case-manager').post(`/v1/cases/${caseId}/withdrawal`, { body: { by: 'person' } })
      return { caseId, summary: `return ${expectStatus('withdraw', 200, response, Status).status}` }
    },
  },
  {
    title: 'a woman registered before is recognised',
    play: async (programme, who = oneself) => {
      const person = who(people.returnee)
      const first = await register(programme, person)
      await awaitFound(programme, first, person)
      const { given, family = '' } = person.name
      const caseId = await register(programme, { ...person, name: { given: family.toUpperCase(), family: given }, birthDate: '1990' })
      const [candidate] = await candidatesOf(programme, caseId)
      if (candidate?.caseId !== first) throw new StepFailed('she was not recognised')
      await decideDuplicates(programme, caseId, 'same-person')
      return { caseId, summary: `${candidate.score} points: ${candidate.reasons.map(({ code }) => code).join(', ')}` }
    },
  },
  {
    title: 'a man is registered and waits for a counsellor',
    play: async (programme, who = oneself) => {
      const caseId = await register(programme, who(people.teacher))
      const response = await programme.staff('case-manager').get(`/v1/cases/${caseId}/next-steps`)
      const { steps } = expectStatus('ask what is missing', 200, response, NextSteps)
      return { caseId, summary: `missing before the next step: ${steps[0]?.missing.map(({ en }) => en).join(' ')}` }
    },
  },
  {
    title: 'a charter of twelve people is registered from the list of a mission',
    play: async (programme, who = oneself) => {
      const charter = `NIM-${who(people.teacher).phone.slice(-6)}`
      const rows = peopleOfCharter(charter, 12).map((row, i) => (i === 4 ? { ...row, 'Date de naissance': '31/02/1990' } : row))
      const { manifestId } = await sendManifest(programme, charter, Buffer.from(manifestFile(rows)))
      const manifest = await awaitManifest(programme, manifestId)
      const results = await manifestRows(programme, manifest)
      const refused = results.flatMap(({ row, reasons = [] }) => reasons.map(({ code }) => `row ${row}: ${code}`))
      return {
        caseId: results[0]?.caseId ?? '',
        summary: `${manifest.counts.created} registered, ${manifest.counts.refused} refused (${refused.join(', ')})`,
      }
    },
  },
]
