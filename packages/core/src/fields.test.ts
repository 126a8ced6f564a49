import { country } from './fields.ts'

describe('country codes', () => {
  it.each(['GN', 'NE', 'TN', 'BE', 'SS', 'AX'])('%s is one of ISO 3166-1', (code) => {
    expect(country().safeParse(code).success).toBe(true)
  })

  // Names that the Unicode region data knows, and ISO 3166-1 does not: "unknown region", unions, former states, private use.
  it.each(['ZZ', 'UN', 'EU', 'SU', 'YU', 'XA', 'UK', 'gn', 'GIN', 'G', ''])('%j is none', (code) => {
    expect(country().safeParse(code).success).toBe(false)
  })
})
