import fc from 'fast-check'
import { keyIdOf, type Place, seal, unseal } from './seal.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const word = fc.string({ unit: fc.constantFrom('a', 'b', '#', '-'), minLength: 1, maxLength: 8 })
const place: fc.Arbitrary<Place> = fc.record({ table: word, pk: word, sk: word, field: word, version: fc.nat(99) })
const plain = fc.uint8Array({ maxLength: 64 })

test('what was sealed is unsealed, in its place and with its key', () => {
  fc.assert(
    fc.property(bytes(32), fc.integer({ min: 1, max: 255 }), place, plain, (key, keyId, there, value) => {
      const sealed = seal(key, keyId, there, value)
      expect(Buffer.from(unseal(key, there, sealed))).toEqual(Buffer.from(value))
      expect(keyIdOf(sealed)).toBe(keyId)
    }),
  )
})

test('moved to another table, record, item, field or version it does not open', () => {
  fc.assert(
    fc.property(bytes(32), place, place, plain, (key, there, other, value) => {
      const sealed = seal(key, 1, there, value)
      for (const part of ['table', 'pk', 'sk', 'field', 'version'] as const) {
        if (there[part] === other[part]) continue
        expect(() => unseal(key, { ...there, [part]: other[part] }, sealed)).toThrow()
      }
    }),
  )
})

test('with any bit flipped, cut short, or with another key it does not open', () => {
  fc.assert(
    fc.property(bytes(32), bytes(32), place, plain, fc.nat(), (key, other, there, value, at) => {
      const sealed = seal(key, 1, there, value)
      const flipped = Buffer.from(sealed)
      flipped[(at >> 3) % flipped.length]! ^= 1 << (at & 7)
      expect(() => unseal(key, there, flipped)).toThrow()
      expect(() => unseal(key, there, sealed.subarray(0, at % sealed.length))).toThrow()
      if (!Buffer.from(key).equals(other)) expect(() => unseal(other, there, sealed)).toThrow()
    }),
  )
})

test('the same value is never sealed the same twice', () => {
  const there = { table: 't', pk: 'p', sk: 's', field: 'f', version: 1 }
  const key = new Uint8Array(32)
  const seen = new Set(Array.from({ length: 500 }, () => Buffer.from(seal(key, 1, there, Buffer.from('value'))).toString('hex')))
  expect(seen.size).toBe(500)
})
