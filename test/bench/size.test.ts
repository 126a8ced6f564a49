import { bundleSizes } from './size.ts'

const sizes = bundleSizes()

/** What a function of ours weighs today with its rules, code lists and texts, and some room: more than this needs a reason. */
const ceiling = { bytes: 470_000, gzip: 147_000 }
/**
 * Case intake has eight aggregates, and each of its functions knows the case: beyond the goal, and known to be (README.md), as referral
 * routing is. Sixty routes are
 * answered by three functions; those that read telephone numbers as people write them carry the numbering plans, the others must not.
 */
const grown: Readonly<Record<string, typeof ceiling>> = {
  'case-intake/api': { bytes: 540_000, gzip: 171_000 },
  'case-intake/lists': { bytes: 605_000, gzip: 193_000 },
  'case-intake/apply': { bytes: 490_000, gzip: 152_000 },
  'case-intake/events': { bytes: 512_000, gzip: 160_000 },
  'case-intake/manifests': { bytes: 507_000, gzip: 162_000 },
  'case-intake/registrations': { bytes: 472_000, gzip: 150_000 },
  'case-intake/exports': { bytes: 655_000, gzip: 201_000 },
  // Referrals and what rests on them; jose, for data that is encrypted to a partner's key, here and where partners set it.
  'referral-routing/api': { bytes: 500_000, gzip: 159_000 },
  'referral-routing/partners': { bytes: 481_000, gzip: 152_000 },
  'referral-routing/events': { bytes: 477_000, gzip: 148_000 },
  // A client of EventBridge beside those of DynamoDB, KMS and SQS.
  'referral-routing/webhooks': { bytes: 485_000, gzip: 149_000 },
  // The API's own documents, which grow with the API.
  'aws/documents': { bytes: 470_000, gzip: 168_000 },
}
const numberingPlans = 61_100

it.each(sizes)('$name carries no more libraries than the goal allows a whole function', ({ parts, libraries, goal }) => {
  expect(libraries).toBeLessThanOrEqual(Math.max(goal.bytes, parts.has('libphonenumber-js') ? 317_000 + numberingPlans : 0))
})

it('carries numbering plans only where a number is read as people write it', () => {
  const carrying = sizes.filter(({ parts }) => parts.has('libphonenumber-js')).map(({ name }) => name)
  expect(carrying.filter((name) => name.startsWith('case-intake/'))).toEqual(['case-intake/apply', 'case-intake/lists'])
})

it.each(sizes)('$name stays below the ceiling', ({ name, bytes, documents, gzip }) => {
  const most = grown[name] ?? ceiling
  expect(bytes - documents).toBeLessThanOrEqual(most.bytes)
  expect(gzip).toBeLessThanOrEqual(most.gzip)
})

it('keeps the relay within the goal, whole', () => {
  const relay = sizes.find(({ name }) => name === 'aws/relay')
  expect(relay?.bytes).toBeLessThanOrEqual(280_000)
  expect(relay?.gzip).toBeLessThanOrEqual(92_000)
})
