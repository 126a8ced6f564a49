import fc from 'fast-check'
import { checkCharacter, derivedId, idOfReference, namedUuid, newId, referenceOf } from './ids.ts'

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const base32 = '0123456789abcdefghjkmnpqrstvwxyz'
const text = fc.string({ unit: fc.constantFrom(...alphanumeric), minLength: 1, maxLength: 30 })
const body = fc.string({ unit: fc.constantFrom(...base32), minLength: 12, maxLength: 12 })
const holds = (whole: string): boolean => checkCharacter(whole.slice(0, -1)) === whole.slice(-1)

describe('ids', () => {
  test('have their prefix, 26 characters of base32, and the order of time', () => {
    const times = [0, 1, 31, 32, 1_772_442_000_000, 1_772_442_000_001, 2 ** 47].map((ms) => newId('case', new Date(ms)))
    for (const id of times) expect(id).toMatch(/^case-[0-9a-hjkmnp-tv-z]{26}$/)
    expect(times.toSorted()).toEqual(times)
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        const [first, second] = [newId('x', new Date(a)), newId('x', new Date(b))].map((id) => id.slice(0, 12))
        expect(Math.sign(first!.localeCompare(second!, 'en'))).toBe(Math.sign(a - b))
      }),
    )
  })

  test('of one instant differ', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newId('case', new Date(0)))).size).toBe(1000)
  })

  test('derived ones are the same for the same parts, and parts do not run into one another', () => {
    expect(derivedId('case', 'a', 'b')).toBe(derivedId('case', 'a', 'b'))
    expect(derivedId('case', 'a', 'b')).toMatch(/^case-[0-9a-hjkmnp-tv-z]{12}$/)
    expect(
      new Set([derivedId('case', 'a', 'b'), derivedId('case', 'ab'), derivedId('case', 'a', 'b', ''), derivedId('need', 'a', 'b')]).size,
    ).toBe(4)
  })
})

describe('the check character (ISO/IEC 7064, MOD 37,36)', () => {
  // Published: GRid A1-2425G-ABC1234002-M (IFPI, Global Release Identifier) and ISAN 0000-0001-8947-0000-8-0000-0000-D (ISO 15706-2).
  test.each([
    ['A12425GABC1234002', 'M'],
    ['0000000189470000', '8'],
    ['000000018947000000000000', 'D'],
  ])('%s -> %s', (whole, check) => {
    expect(checkCharacter(whole)).toBe(check)
  })

  test('finds every single wrong character', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.constantFrom(...alphanumeric), (plain, at, wrong) => {
        const whole = plain + checkCharacter(plain)
        const i = at % whole.length
        fc.pre(whole[i] !== wrong)
        expect(holds(whole.slice(0, i) + wrong + whole.slice(i + 1))).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('finds all but one in 630 swaps of neighbours, whatever came before', () => {
    // The carry into a place is one of 36 values: a prefix for each, then every pair of different characters.
    const prefixes = new Map<string, string>()
    for (const a of alphanumeric) for (const b of alphanumeric) prefixes.set(checkCharacter(a + b), a + b)
    expect(prefixes.size).toBe(36)
    for (const prefix of prefixes.values()) {
      const missed = [...alphanumeric].flatMap((a) =>
        [...alphanumeric].filter((b) => a < b && checkCharacter(`${prefix}${a}${b}`) === checkCharacter(`${prefix}${b}${a}`)),
      )
      expect(missed.length).toBeLessThanOrEqual(1)
    }
  })
})

describe('references', () => {
  test('are read back however they are written', () => {
    fc.assert(
      fc.property(body, fc.constantFrom('', ' ', '-', ' - ', '–', '.'), fc.boolean(), (plain, separator, lower) => {
        const id = `case-${plain}`
        const reference = referenceOf(id)
        expect(reference).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-Z]$/)
        const written = reference.replaceAll('-', separator)
        expect(idOfReference('case', lower ? written.toLowerCase() : written)).toBe(id)
      }),
    )
  })

  test('O is read as 0, I and L as 1', () => {
    const reference = referenceOf('case-0a1b0c1d0e1f')
    const check = reference.slice(-1)
    expect(idOfReference('case', `OAIB-OCLD-OEIF-${check}`)).toBe('case-0a1b0c1d0e1f')
  })

  test.each(['', 'A', '26K4-7QX9-TM2R', '26K4-7QX9-TM2R-H-H', 'U6K4-7QX9-TM2R-H', '26K4 7QX9 TM2R é', 'x'.repeat(10_000)])(
    '%.20s is none',
    (written) => {
      expect(idOfReference('case', written)).toBeUndefined()
    },
  )

  test('a mistyped one is not somebody else’s', () => {
    fc.assert(
      fc.property(body, fc.nat(11), fc.constantFrom(...base32), (plain, at, wrong) => {
        fc.pre(plain[at] !== wrong)
        const check = referenceOf(`case-${plain}`).slice(-1)
        expect(idOfReference('case', plain.slice(0, at) + wrong + plain.slice(at + 1) + check)).toBeUndefined()
      }),
    )
  })
})

/** The example of RFC 9562, appendix A.4: the namespace of domain names. */
test('a name always has the same UUID', () => {
  expect(namedUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
})
