/** What differs between environments. Everything else is the same template. */
export interface StageSettings {
  readonly name: 'local' | 'dev' | 'staging' | 'prod'
  /** Whether data, keys and logs outlive their stack, and stacks and tables refuse to be deleted. */
  readonly keepData: boolean
  /** Days that DynamoDB can be restored to any second of; 0 = off. */
  readonly recoveryDays: number
  readonly logRetentionDays: 7 | 90 | 365
  /** Requests per second, steady and in a burst. */
  readonly throttle: { readonly rate: number; readonly burst: number }
  /** Origins of browser applications that may call the API. */
  readonly origins: readonly string[]
  /** Partners that are told of their referrals on an event bus in their own AWS account: organisation -> ARN of the bus. */
  readonly partnerBuses: Readonly<Record<string, string>>
  /** Partner organisations that have a machine client of their own, by their id in the directory. */
  readonly partners: readonly string[]
}

/** Invented organisations, for everything but production. */
const examplePartners = ['org-sante-solidaire', 'org-toit-et-droit', 'org-metiers-avenir']

const trial: Omit<StageSettings, 'name'> = {
  keepData: false,
  recoveryDays: 0,
  logRetentionDays: 7,
  throttle: { rate: 50, burst: 100 },
  origins: [],
  partnerBuses: {},
  partners: examplePartners,
}

export const stages: readonly StageSettings[] = [
  {
    ...trial,
    name: 'local',
    throttle: { rate: 1000, burst: 2000 },
    // Of nobody: the account of AWS's own examples.
    partnerBuses: { 'org-metiers-avenir': 'arn:aws:events:us-east-1:111122223333:event-bus/partner' },
  },
  { ...trial, name: 'dev' },
  {
    name: 'staging',
    keepData: true,
    recoveryDays: 7,
    logRetentionDays: 90,
    throttle: { rate: 200, burst: 400 },
    origins: [],
    partnerBuses: {},
    partners: examplePartners,
  },
  {
    name: 'prod',
    keepData: true,
    recoveryDays: 35,
    logRetentionDays: 365,
    throttle: { rate: 200, burst: 400 },
    origins: [],
    partnerBuses: {},
    partners: [],
  },
]
