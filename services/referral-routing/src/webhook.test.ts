import { hoursLater, now, partnerOf, scenario, serviceNamed } from '@wontanara/testing'
import { secretsAt, type WebhookEvent, webhooks } from './webhook.ts'

const organisationId = 'org-avocats-sans-rive'
const set = (url: string, secret: string, at = now): WebhookEvent => ({ type: 'webhook-set', data: { organisationId, url, secret, at } })
const { given } = scenario(webhooks)

test('only the endpoint that is meant is switched off, by when it was set: its address may be the same', () => {
  const history = [set('https://one.example', 'whsec_old'), set('https://one.example', 'whsec_new', hoursLater(1))]
  const disable = (setAt: string) => ({ type: 'disable' as const, setAt, at: hoursLater(2), by: serviceNamed('referral-routing') })
  expect(given(...history).when(disable(now)).events).toEqual([])
  expect(given(...history).when(disable(hoursLater(1))).state?.status).toBe('disabled')
  expect(given().when(disable(now)).refused).toEqual(['no-webhook'])
})

test('set again it is on, with a new secret and the one before for a day', () => {
  const command = {
    type: 'set' as const,
    organisationId,
    url: 'https://new.example',
    secret: 'whsec_new',
    at: hoursLater(1),
    by: partnerOf(organisationId),
  }
  const { state } = given(set('https://old.example', 'whsec_old'), { type: 'webhook-disabled', data: { organisationId } }).when(command)
  if (state === undefined) throw new Error('no state')
  expect(state).toMatchObject({ status: 'enabled', url: 'https://new.example' })
  expect(secretsAt(state, hoursLater(24.9))).toEqual(['whsec_new', 'whsec_old'])
  expect(secretsAt(state, hoursLater(25))).toEqual(['whsec_new'])
})
