import { exponent, formatMoney, Money } from './money.ts'

test.each([
  ['GNF', 0],
  ['XOF', 0],
  ['EUR', 2],
  ['USD', 2],
] as const)('%s has %i decimals', (currency, decimals) => {
  expect(exponent(currency)).toBe(decimals)
})

test.each([
  [{ amount: 4_500_000, currency: 'GNF' }, 'en', 'GNF 4,500,000'],
  [{ amount: 4_500_000, currency: 'GNF' }, 'fr', '4 500 000 GNF'],
  [{ amount: 1250, currency: 'EUR' }, 'fr', '12,50 €'],
  [{ amount: 1, currency: 'USD' }, 'en', '$0.01'],
] as const)('%j reads in %s: %s', (money, language, text) => {
  expect(formatMoney(money, language).replace(/[\u00a0\u202f]/g, ' ')).toBe(text)
})

test.each([
  [{ amount: 0, currency: 'GNF' }, true],
  [{ amount: 0.5, currency: 'EUR' }, false],
  [{ amount: -1, currency: 'EUR' }, false],
  [{ amount: 2 ** 53, currency: 'GNF' }, false],
  [{ amount: '5', currency: 'GNF' }, false],
  [{ amount: 5, currency: 'GBP' }, false],
  [{ amount: 5, currency: 'GNF', note: '' }, false],
])('%j is money: %s', (money, valid) => {
  expect(Money.safeParse(money).success).toBe(valid)
})
