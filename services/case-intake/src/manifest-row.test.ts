import { columnNames } from './manifest-columns.ts'
import { birthDateOf, readRow } from './manifest-row.ts'

const consent = {
  basis: 'consent',
  language: 'fra',
  noticeVersion: '2026.1',
  taken: 'signed-on-paper',
  signatory: { kind: 'self' },
} as const
const everybody = { presentIn: 'NE', nationalities: ['GN'], languages: ['fra'], processing: consent, year: 2026 } as const
const cells = { givenName: 'Mamadou', familyName: 'Exemple', sex: 'M', birthDate: '1998' }
const personOf = (more: Readonly<Record<string, string>>) => readRow({ row: 2, cells: { ...cells, ...more } }, everybody)

describe('birth dates', () => {
  test.each([
    ['1998', '1998'],
    ['04/1998', '1998-04'],
    ['1998-04', '1998-04'],
    ['17/04/1998', '1998-04-17'],
    ['2/3/1998', '1998-03-02'],
    ['02.03.1998', '1998-03-02'],
    ['2026-03-02', '2026-03-02'],
    ['1998-04-17 00:00:00', '1998-04-17'],
    ['1998-04-17T00:00:00.000Z', '1998-04-17'],
    ['17/04/98', '1998-04-17'],
    ['17/04/05', '2005-04-17'],
    ['17-avr.-98', '1998-04-17'],
    ['17 avril 1998', '1998-04-17'],
    ['2 août 1998', '1998-08-02'],
    ['02-Mar-1998', '1998-03-02'],
    ['janvier 1998', '1998-01'],
    ['00/00/1998', '1998'],
    ['00/04/1998', '1998-04'],
  ])('%s is %s', (text, date) => expect(birthDateOf(text, 2026)).toBe(date))

  test.each(['', '?', '31/02/1990', '03/25/1998', '17/00/1998', '98', '04/98', '1/2/3/4', '12345', 'vers 1990', '1850', '29/02/2001'])(
    '%j is none',
    (text) => expect(birthDateOf(text, 2026)).toBeUndefined(),
  )
})

describe('a row', () => {
  test.each([
    [{ sex: 'Féminin' }, { sex: 'female' }],
    [{ sex: 'h' }, { sex: 'male' }],
    [{ sex: 'HOMME' }, { sex: 'male' }],
    [{ sex: 'Non précisé' }, { sex: 'not-stated' }],
    [{ nationality: 'Guinée' }, { nationalities: ['GN'] }],
    [{ nationality: 'GIN' }, { nationalities: ['GN'] }],
    [{ nationality: 'Guinéenne / malien' }, { nationalities: ['GN', 'ML'] }],
    [{ nationality: "Côte d'Ivoire" }, { nationalities: ['CI'] }],
    [{ nationality: 'apatride' }, { nationalities: [] }],
    [{ origin: 'Kankan' }, { origin: 'GN-K' }],
    [{ origin: 'Préfecture de Kankan' }, { origin: 'GN-KA' }],
    [{ origin: "N'zerekore" }, { origin: 'GN-N' }],
    [{ origin: 'gn-si' }, { origin: 'GN-SI' }],
    [{ languages: 'Pular/Français' }, { languages: ['fuf', 'fra'] }],
    [{ languages: 'soussou et malinké' }, { languages: ['sus', 'emk'] }],
    [{ phone: '90 12 34 56' }, { contacts: [{ phone: '+22790123456', owner: 'self', safe: false }] }],
    [{ phone: '620 12 34 56', phoneSafe: 'oui' }, { contacts: [{ phone: '+224620123456', owner: 'self', safe: true }] }],
    [{ familyPhone: '00224 620-12-34-56' }, { contacts: [{ phone: '+224620123456', owner: 'relative', safe: false }] }],
    [{ documentNumber: 'EX 12' }, { documents: [{ type: 'other', number: 'EX 12', issuedBy: 'GN' }] }],
    [
      { documentType: "Carte nationale d'identité", documentNumber: '7', documentCountry: 'Mali' },
      { documents: [{ type: 'identity-card', number: '7', issuedBy: 'ML' }] },
    ],
    [{ fatherName: 'Alpha Exemple' }, { parents: { father: 'Alpha Exemple' } }],
  ])('%j', (more, person) => {
    expect(personOf(more)).toMatchObject({ registration: { channel: 'manifest', presentIn: 'NE', person, processing: consent } })
  })

  test('of somebody with one name, in whichever column', () => {
    const { givenName: _, familyName: __, ...nameless } = cells
    expect(readRow({ row: 2, cells: { ...nameless, fullName: 'Exemplaire' } }, everybody)).toMatchObject({
      registration: { person: { name: { given: 'Exemplaire' } } },
    })
    expect(readRow({ row: 2, cells: nameless }, everybody)).toEqual({ faults: [{ code: 'name-needed', column: 'familyName' }] })
  })

  test.each([
    [{ sex: 'X-Ray' }, 'cell-not-understood', 'sex'],
    [{ birthDate: '31/02/1990' }, 'date-not-understood', 'birthDate'],
    [{ nationality: 'Lune' }, 'cell-not-understood', 'nationality'],
    [{ nationality: 'Guinée/Lune' }, 'cell-not-understood', 'nationality'],
    [{ origin: 'au bord du fleuve' }, 'cell-not-understood', 'origin'],
    [{ phone: '12' }, 'not-a-telephone', 'phone'],
    [{ phone: '6,2E+08' }, 'not-a-telephone', 'phone'],
    [{ childAssents: 'peut-être', guardianName: 'Tante', guardianRelation: 'mère' }, 'cell-not-understood', 'childAssents'],
    [{ guardianName: 'Tante Exemple', childAssents: 'oui' }, 'required', 'guardianRelation'],
    [{ address: 'x'.repeat(161) }, 'too-long', 'address'],
    [{ familyName: 'x'.repeat(250) }, 'too-long', 'familyName'],
  ])('%j is refused', (more, code, column) => {
    expect(personOf(more)).toMatchObject({ faults: [{ code, column }] })
  })

  test('tells everything that is wrong with it, by columns, and never what stands there', () => {
    const rubbish = Object.fromEntries(columnNames.map((name) => [name, 'Zzyzx']))
    const { faults = [] } = readRow({ row: 2, cells: rubbish }, everybody)
    expect(faults.length).toBeGreaterThan(8)
    expect(JSON.stringify(faults)).not.toContain('Zzyzx')
  })
})

describe('on what the use of the data rests', () => {
  const { processing: _, ...nothing } = everybody
  const grounds = (more: Readonly<Record<string, string>>, forAll: Parameters<typeof readRow>[1] = nothing) => {
    const { registration, faults } = readRow({ row: 2, cells: { ...cells, ...more } }, forAll)
    return registration?.processing ?? faults
  }
  test('nothing is assumed: a row without a ground is refused', () => {
    expect(grounds({})).toEqual([{ code: 'ground-missing', column: 'legalReference' }])
  })
  test('a consent of the row must be whole', () => {
    expect(grounds({ consentTaken: 'empreinte' })).toEqual([
      { code: 'required', column: 'consentLanguage' },
      { code: 'required', column: 'noticeVersion' },
    ])
    expect(grounds({ consentTaken: 'empreinte', consentLanguage: 'Pular', noticeVersion: '2026.1' })).toEqual({
      ...consent,
      language: 'fuf',
      taken: 'thumbprint',
    })
  })
  test('the row goes before what is said for everybody', () => {
    expect(grounds({ consentLanguage: 'soussou' }, everybody)).toEqual({ ...consent, language: 'sus' })
    expect(grounds({ legalReference: 'Accord 12' }, everybody)).toEqual({ basis: 'legal-obligation', legalReference: 'Accord 12' })
    expect(grounds({ guardianName: 'Tante Exemple', guardianRelation: 'Mère', childAssents: 'oui' }, everybody)).toEqual({
      ...consent,
      signatory: { kind: 'guardian', name: 'Tante Exemple', relation: 'mother', childAssents: true },
    })
  })
})
