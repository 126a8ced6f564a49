import { operational } from '@wontanara/events'
import * as z from 'zod'

/** An amount in integer minor units of an ISO 4217 currency: 4 500 000 GNF is `{ amount: 4500000, currency: 'GNF' }`, 12.50 EUR is `{ amount: 1250, currency: 'EUR' }`. */
export const Money = z.strictObject({
  amount: operational(z.int().min(0)),
  currency: operational(z.enum(['GNF', 'XOF', 'EUR', 'USD'])),
})
export type Money = z.output<typeof Money>

/** Number of decimals of a currency's minor unit (ISO 4217; GNF and XOF have none). */
export const exponent = (currency: Money['currency']): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 0

/** The amount as people read it in a language. */
export const formatMoney = (money: Money, language: 'en' | 'fr'): string =>
  new Intl.NumberFormat(language, { style: 'currency', currency: money.currency }).format(money.amount / 10 ** exponent(money.currency))
