import type { FindIndex, Found, Term } from './find.ts'

const name: Term = { kind: 'name', value: 'DIALLO MAMADOU' }
const phone: Term = { kind: 'phone', value: '+224620000001' }
const ids = (found: readonly Found[]): readonly string[] => found.map(({ id }) => id)

/**
 * What every index must do. Each implementation runs this suite in a test file of its own.
 * @param newIndex an index with nothing in it
 */
export function findContract(newIndex: () => Promise<FindIndex>): void {
  let index: FindIndex
  beforeEach(async () => {
    index = await newIndex()
  })
  const found = async (term: Term, scope?: string): Promise<readonly string[]> =>
    ids((await index.find(term, { limit: 100, ...(scope === undefined ? {} : { scope }) })).found)

  test('a record is found under each of its terms, and under no other kind or value', async () => {
    await index.place('case-1', 'labe', [name, phone])
    expect(await found(name)).toEqual(['case-1'])
    expect(await found(phone)).toEqual(['case-1'])
    expect(await found({ ...name, kind: 'alias' })).toEqual([])
    expect(await found({ ...name, value: 'DIALLO' })).toEqual([])
  })

  test('a record that changes is found as it now is', async () => {
    await index.place('case-1', 'labe', [name, phone])
    await index.place('case-1', 'labe', [phone, { kind: 'document', value: 'R1' }])
    expect(await found(name)).toEqual([])
    expect(await found(phone)).toEqual(['case-1'])
    expect(await found({ kind: 'document', value: 'R1' })).toEqual(['case-1'])
    await index.place('case-1', 'labe', [])
    expect(await found(phone)).toEqual([])
  })

  test('a record that moves is found where it now lies', async () => {
    await index.place('case-1', 'labe', [name])
    await index.place('case-1', 'kankan', [name])
    expect(await found(name, 'labe')).toEqual([])
    expect(await found(name, 'kankan')).toEqual(['case-1'])
    expect((await index.find(name, { limit: 5 })).found).toEqual([{ scope: 'kankan', id: 'case-1' }])
  })

  test('placing again changes nothing; a term given twice counts once', async () => {
    await index.place('case-1', 'labe', [name, name])
    await index.place('case-1', 'labe', [name])
    expect(await found(name)).toEqual(['case-1'])
  })

  test('a scope shows its own records only', async () => {
    await index.place('case-1', 'labe', [name])
    await index.place('case-2', 'labe-nord', [name])
    await index.place('case-3', 'kankan', [name])
    expect(await found(name, 'labe')).toEqual(['case-1'])
    expect(await found(name)).toEqual(['case-3', 'case-1', 'case-2'])
  })

  test.each([undefined, 'labe'])(
    'pages that follow one another leave nothing out and promise none that is not there (scope %s)',
    async (scope) => {
      const all = Array.from({ length: 7 }, (_, i) => `case-${i}`)
      for (const id of all) await index.place(id, 'labe', [name])
      for (const limit of [1, 3, 7, 8]) {
        const seen: string[] = []
        let after: Found | undefined
        let pages = 0
        do {
          const page = await index.find(name, {
            limit,
            ...(scope === undefined ? {} : { scope }),
            ...(after === undefined ? {} : { after }),
          })
          seen.push(...ids(page.found))
          after = page.next
          pages++
        } while (after !== undefined)
        expect(seen).toEqual(all)
        expect(pages).toBe(Math.ceil(all.length / limit))
      }
    },
  )
}
