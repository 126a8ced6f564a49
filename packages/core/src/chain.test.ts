import fc from 'fast-check'
import { verifyHistory } from './chain.ts'
import { type Chain, type ChainEntry, chainHash, genesis } from './store.ts'

/** A sound history of `length` entries, every third with a sealed part. */
function history(length: number): Chain {
  const entries: ChainEntry[] = []
  for (let version = 1; version <= length; version++) {
    const previous = entries.at(-1)?.hash ?? genesis
    const sealed: Record<string, string> = version % 3 === 0 ? { C2: `digest-${version}` } : {}
    const text = JSON.stringify({
      version,
      trail: { by: 'officer-1' },
      events: [{ type: 'counted', data: { by: version } }],
      ...(version % 3 === 0 ? { sealed } : {}),
    })
    entries.push({ version, text, previous, hash: chainHash(previous, text), sealed })
  }
  const last = entries.at(-1)
  return last === undefined ? { entries } : { entries, head: { version: last.version, hash: last.hash } }
}
const at = fc.integer({ min: 1, max: 12 })
const replaced = (chain: Chain, version: number, over: Partial<ChainEntry>): Chain => ({
  ...chain,
  entries: chain.entries.map((entry) => (entry.version === version ? { ...entry, ...over } : entry)),
})

test('a sound history of any length holds', () => {
  fc.assert(fc.property(fc.nat(30), (length) => expect(verifyHistory(history(length))).toBeUndefined()))
})

describe('in a history of twelve, it names the first entry', () => {
  const sound = history(12)
  test('whose text was changed in any one character', () => {
    fc.assert(
      fc.property(at, fc.nat(), (version, place) => {
        const { text } = sound.entries[version - 1]!
        const i = place % text.length
        const changed = `${text.slice(0, i)}${text[i] === 'x' ? 'y' : 'x'}${text.slice(i + 1)}`
        expect(verifyHistory(replaced(sound, version, { text: changed }))).toEqual({ version, fault: 'altered' })
      }),
    )
  })

  test('whose text was changed together with its hash: the next one does not follow', () => {
    fc.assert(
      fc.property(at, (version) => {
        const text = JSON.stringify({ version, trail: {}, events: [] })
        const hash = chainHash(sound.entries[version - 1]!.previous, text)
        const expected = version === 12 ? { version: 12, fault: 'head' } : { version: version + 1, fault: 'unlinked' }
        expect(verifyHistory(replaced(sound, version, { text, hash, sealed: {} }))).toEqual(expected)
      }),
    )
  })

  test('that is missing, the last ones too', () => {
    fc.assert(
      fc.property(at, fc.nat(3), (version, more) => {
        const entries = sound.entries.filter((entry) => entry.version < version || entry.version > version + more)
        expect(verifyHistory({ ...sound, entries })).toEqual({ version, fault: 'missing' })
      }),
    )
  })

  test('that stands where another belongs', () => {
    fc.assert(
      fc.property(at, at, (a, b) => {
        fc.pre(a < b)
        const entries = [...sound.entries]
        ;[entries[a - 1], entries[b - 1]] = [entries[b - 1]!, entries[a - 1]!]
        expect(verifyHistory({ ...sound, entries })).toEqual({ version: a, fault: 'missing' })
        const renumbered = entries.map((entry, i) => ({ ...entry, version: i + 1 }))
        expect(verifyHistory({ ...sound, entries: renumbered })).toEqual({ version: a, fault: 'unlinked' })
      }),
    )
  })

  test('that is there twice', () => {
    fc.assert(
      fc.property(at, (version) => {
        const entries = sound.entries.flatMap((entry) => (entry.version === version ? [entry, entry] : [entry]))
        expect(verifyHistory({ ...sound, entries })).toEqual(
          version === 12 ? { version: 13, fault: 'misplaced' } : { version: version + 1, fault: 'misplaced' },
        )
      }),
    )
  })

  test.each([
    ['changed', { C2: 'other' }],
    ['taken away', {}],
    ['added to', { C2: 'digest-6', 'C3-medical': 'other' }],
  ])('whose sealed part was %s', (_, sealed) => {
    expect(verifyHistory(replaced(sound, 6, { sealed }))).toEqual({ version: 6, fault: 'sealed-part' })
  })

  test('after the last that the state knows, or when there is no state', () => {
    expect(verifyHistory({ ...sound, head: { version: 11, hash: sound.entries[10]!.hash } })).toEqual({ version: 12, fault: 'head' })
    expect(verifyHistory({ entries: sound.entries })).toEqual({ version: 12, fault: 'head' })
    expect(verifyHistory({ entries: [], head: { version: 1, hash: 'x' } })).toEqual({ version: 1, fault: 'missing' })
  })
})
