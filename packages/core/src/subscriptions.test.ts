import { CaseRegistered, ConsentWithdrawn } from '@wontanara/events'
import { type Consumers, defineSubscriptions } from './subscriptions.ts'

const subscriptions = defineSubscriptions('a-service', [CaseRegistered, ConsentWithdrawn])
const none = async () => []

test('a table of consumers holds exactly the events subscribed to, each with its own data', () => {
  const whole: Consumers<typeof subscriptions> = {
    'case-intake.case-registered.v1': async ({ data }) => {
      const office: string = data.office
      // @ts-expect-error the field belongs to another event
      return office === data.consentId ? [] : []
    },
    'case-intake.consent-withdrawn.v1': async ({ data }) => (data.consentId === '' ? [] : []),
  }
  // @ts-expect-error an event without a consumer
  const lacking: Consumers<typeof subscriptions> = { 'case-intake.case-registered.v1': none }
  const extra: Consumers<typeof subscriptions> = {
    'case-intake.case-registered.v1': none,
    'case-intake.consent-withdrawn.v1': none,
    // @ts-expect-error a consumer without an event
    'case-intake.case-closed.v1': none,
  }
  expect(Object.keys(whole)).toEqual(subscriptions.events.map(({ type }) => type))
  expect([lacking, extra].map((table) => Object.keys(table).length)).toEqual([1, 3])
})
