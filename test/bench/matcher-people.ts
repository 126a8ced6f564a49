// Synthetic people and pairs of registrations, labelled: one person, or two. Nobody is real: names are drawn from lists, all else from a seed.
//
// How the pairs are made. A person is drawn; a second registration of the same person is written down again as another office would: names
// respelled (from lists of this file, which were written apart from those of the matcher), misspelled, inverted, shortened, put in one field, given
// a title; a birth date less exact, off by a year, or with day and month exchanged; other documents, another telephone, parents left out. Pairs
// of two people are the hard ones: namesakes of the same age, twins, brothers and sisters, a parent and child of one name.
// The matcher was tuned on the pairs of `tuning`; those of `held-out` share neither seed nor, but for the twenty commonest, a name with them.

/** A person as the matcher reads it. */
export interface SyntheticPerson {
  name: { given?: string; family?: string }
  aliases?: string[]
  parents?: { father?: string; mother?: string }
  sex: 'female' | 'male'
  birthDate: string
  ageBasis: 'declared' | 'document' | 'estimated'
  nationalities: string[]
  origin?: string
  languages: 'fuf'[]
  contacts?: { phone: string; owner: 'self' | 'relative'; safe: boolean }[]
  documents?: { type: 'passport' | 'identity-card' | 'consular-card'; number: string; issuedBy: string }[]
}

export interface LabelledPair {
  readonly a: SyntheticPerson
  readonly b: SyntheticPerson
  /** What kind of pair it is, such as `twins`. */
  readonly kind: string
  readonly same: boolean
}

/** Each line: a name and other spellings of it. The first twenty of each are common to both sets. */
const men = `Mamadou Mamadu Mouhamadou Mohamed|Ibrahima Ibrahim Ebrima|Abdoulaye Abdulai Abdullah|Amadou Ahmadou Amadu|Alpha Alfa|Ousmane Usman Osman|Moussa Musa
Sékou Sekou Sheku|Thierno Cherno Tierno|Aboubacar Abubakar Boubacar|Oumar Umar Omar|Souleymane Suleiman Soulaymane|Aliou Alieu Aly|Lansana Lansanah Lassana|Mory Mori
Fodé Fode Foday|Karamoko Karamokho|Bakary Bakari Bacary|Sory Sori|Issa Isa
Saïdou Saidu Seydou|Boubacar Bubacarr|Kémo Kemoh Kemo|Facinet Fassinet Facineh|Naby Nabi|Lamine Lamin|Djibril Jibril|Yaya Yahya|Ismaël Ismail Ismaila|Mamady Mamadi
Daouda Dauda|Kabiné Kabineh Kabine|Lancinet Lanciné Lansine|Sidiki Siddiki Sidiqui|Balla Bala|Elhadj|Hamidou Amidou Hamidu|Siaka Siyaka|Tamba|Fara Farah
Pépé Pepe|Gnankoye Nyankoye|Saa|Faya Fayah|Kerfalla Kerfala Kerfallah|Almamy Almami|Bangaly Bangali|Demba|Samba|Mamoudou Mamudou Mahmoud
Habib Habibou|Tidiane Tidjane Tijan|Mouctar Muctarr Moctar|Sadio Sadjo|Cellou Sellou|Oury Ouri|Bailo Bailoh|Billo Bilo|Kalil Khalil|Idrissa Idriss Edrissa`
const women = `Fatoumata Fatmata Fatumata|Aïssatou Isatou Aissatu Aïcha|Mariama Mariam Maryama|Kadiatou Kadijatou Khadija Kadiatu|Aminata Aminatou Aminatta|Hawa Awa Hawah|Binta Bintou
Djénabou Jainabou Zeinab|Oumou Umu|Ramatoulaye Ramatulai Rama|Salimatou Salematou|Hadja|Nènè Nene Néné|Maïmouna Maimuna|Halimatou Halima Alimatou|Safiatou Safiatu|M'Mah Mah Mmah
Fanta Fantah|Djénè Djene Jeneh|Saran Sarah
Adama Adamah|Nafissatou Nafisatu|Rouguiatou Rugiatu Rouguiyatou|Yaye|Assiatou Asiatou|Sira Sirah|Mabinty Mabintou|Makalé Makaleh|N'Na Nna|Tenin Ténin|Nagnouma Nanyouma|Sayon Sayonh
Finda Findah|Kumba Koumba|Marie|Jeanne|Sia Siah|Tewa|Hassanatou Assanatou Hassanatu|Houssainatou Ousainatou Housseinatou|Diaraye Diaraï|Bountouraby Bountourabi|Kankou Kankouh|Aye|Mahawa Mahawah|Fatou
Sona Sonah|Bilguissa Bilkissa|Dalanda|Idiatou Idyatou`
const families = `Diallo Jallow Jalloh Dialo|Barry Bari Barrie|Bah Ba Bâ|Camara Kamara|Condé Kondé Conde Kondeh|Keïta Keita Keyta|Traoré Traore Trawally|Sylla Silla Sillah|Touré Turay Toure
Sow So|Baldé Balde Baldeh|Bangoura Bangura|Kourouma Koroma|Soumah Suma Souma|Cissé Cisse Sesay Ceesay|Doumbouya Dumbuya Doumbia|Fofana Fofanah|Conté Conteh Konté|Kaba Kabba|Diaby Diabi Jabbi
Yansané Yansaneh Yansane|Kouyaté Kuyateh Kouyate|Sidibé Sidibe|Sangaré Sangare Sankareh|Oularé Oulare|Millimouno Milimono Millimono|Guilavogui Guilavogi|Haba|Loua Louah|Kolié Kolie
Zoumanigui Zumanigui|Béavogui Beavogi Béavogi|Sagno Sanyo|Mansaré Mansaray Mansare|Dramé Drammeh Drame|Tounkara Tunkara|Samoura Samura|Sacko Sako|Kanté Kanteh Kante|Diakité Diakite Jakite
Magassouba Magasuba|Nabé Nabe|Sano Sanoh|Savané Savane Savaneh|Bérété Berete|Onivogui Onivogi|Koïvogui Koivogi|Leno Lenoh|Tolno|Kamano Kamanoh
Lamah Lama|Gbamou Bamou|Théa Thea|Monémou Monemou|Diawara Jawara|N'Diaye Ndiaye Njie|Sampil Sampill|Tambassa|Cherif Chérif Sheriff|Dioubaté Dioubate Jubateh`
const prefectures = [
  'BE',
  'BF',
  'BK',
  'CO',
  'CK',
  'DB',
  'DL',
  'DI',
  'DU',
  'FA',
  'FR',
  'FO',
  'GA',
  'GU',
  'KA',
  'KE',
  'KD',
  'KN',
  'KO',
  'KS',
  'KU',
  'LA',
  'LE',
  'LO',
  'MM',
  'NZ',
  'PI',
  'SI',
  'TE',
  'TO',
  'YO',
]

const listed = (text: string): readonly (readonly string[])[] => text.split(/[|\n]/).map((line) => line.split(' '))

/** A generator of numbers in [0, 1) from a seed: mulberry32, public domain. */
export function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Makes the people of one set. @param set which half of the rarer names they bear */
export function populationOf(seed: number, set: 'tuning' | 'held-out') {
  const random = randomOf(seed)
  const chance = (p: number): boolean => random() < p
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const pad = (n: number): string => String(n).padStart(2, '0')
  const mine = (all: readonly (readonly string[])[]) =>
    [all.slice(0, 20), all.slice(20).filter((_, i) => (i % 2 === 0) === (set === 'tuning'))] as const
  const pools = { female: mine(listed(women)), male: mine(listed(men)), family: mine(listed(families)) }
  const pickFrom = <T>(list: readonly T[]): T => {
    const item = list[Math.floor(random() * list.length)]
    if (item === undefined) throw new Error('an empty list')
    return item
  }
  /** The common names are common: the first of the list most of all. */
  const name = (kind: keyof typeof pools): readonly string[] => {
    const [common, rare] = pools[kind]
    return chance(0.75) ? (common[Math.floor(random() ** 2 * common.length)] ?? pickFrom(common)) : pickFrom(rare)
  }
  const first = (spellings: readonly string[]): string => spellings[0] ?? ''
  const spelled = new Map(
    [...pools.female.flat(), ...pools.male.flat(), ...pools.family.flat()].map((spellings) => [first(spellings), spellings]),
  )

  const phone = (): string => `+2246${String(between(0, 99_999_999)).padStart(8, '0')}`
  const documentOf = () => ({
    type: pickFrom(['passport', 'identity-card', 'consular-card'] as const),
    number: `${pickFrom(['O', 'R', 'C'])}${between(1_000_000, 9_999_999)}`,
    issuedBy: 'GN',
  })
  const birth = (year: number): string =>
    chance(0.45) ? `${year}-${pad(between(1, 12))}-${pad(between(1, 28))}` : chance(0.25) ? `${year}-${pad(between(1, 12))}` : String(year)
  const givenOf = (sex: 'female' | 'male'): string => [name(sex), ...(chance(0.35) ? [name(sex)] : [])].map(first).join(' ')

  function person(): SyntheticPerson {
    const sex = chance(0.25) ? 'female' : 'male'
    const family = first(name('family'))
    const known = chance(0.5)
    return {
      name: chance(0.03) ? { given: givenOf(sex) } : { given: givenOf(sex), family },
      sex,
      birthDate: birth(between(1975, 2012)),
      ageBasis: chance(0.1) ? 'estimated' : chance(0.3) ? 'document' : 'declared',
      nationalities: ['GN'],
      languages: ['fuf'],
      ...(chance(0.85) ? { origin: `GN-${pickFrom(prefectures)}` } : {}),
      ...(known ? { parents: { father: `${givenOf('male')} ${family}`, mother: `${givenOf('female')} ${first(name('family'))}` } } : {}),
      ...(chance(0.7)
        ? { contacts: [{ phone: phone(), owner: chance(0.75) ? ('self' as const) : ('relative' as const), safe: true }] }
        : {}),
      ...(chance(0.4) ? { documents: [documentOf()] } : {}),
    }
  }

  const typo = (word: string): string => {
    if (word.length < 5) return word
    const at = between(1, word.length - 2)
    const kind = random()
    if (kind < 0.35) return word.slice(0, at) + word.slice(at + 1)
    if (kind < 0.6) return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2)
    if (kind < 0.8) return word.slice(0, at) + word.charAt(at) + word.slice(at)
    return word.slice(0, at) + pickFrom([...'aeioulnrs']) + word.slice(at + 1)
  }
  const rewritten = (text: string): string =>
    text
      .split(' ')
      .map((word) => (chance(0.35) ? pickFrom(spelled.get(word) ?? [word]) : word))
      .map((word) => (chance(0.06) ? typo(word) : word))
      .map((word) => (chance(0.2) ? word.toUpperCase() : chance(0.2) ? word.normalize('NFD').replace(/\p{M}/gu, '') : word))
      .join(' ')

  function nameAgain({ given = '', family }: SyntheticPerson['name']): SyntheticPerson['name'] {
    const words = given.split(' ')
    const shorter =
      words.length > 1 && chance(0.25)
        ? pickFrom(words)
        : words.length > 1 && chance(0.06)
          ? `${words[0]} ${words[1]?.slice(0, 1)}.`
          : given
    const titled = (text: string): string => (chance(0.05) ? `${pickFrom(['El Hadj', 'Elhadj', 'Alhaji'])} ${text}` : text)
    const one = titled(rewritten(shorter))
    if (family === undefined) return { given: one }
    const other = rewritten(family)
    if (chance(0.07)) return { given: chance(0.5) ? `${one} ${other}` : `${other} ${one}` }
    return chance(0.09) ? { given: other, family: one } : { given: one, family: other }
  }

  function birthAgain({ birthDate, ageBasis }: SyntheticPerson): Pick<SyntheticPerson, 'birthDate' | 'ageBasis'> {
    const [year = '', month, day] = birthDate.split('-')
    const draw = random()
    if (draw < 0.06) return { birthDate: String(Number(year) + between(-2, 2)), ageBasis: 'estimated' }
    if (draw < 0.12)
      return {
        birthDate: [
          String(Number(year) + pickFrom([-1, 1])),
          ...(month === undefined ? [] : [month]),
          ...(day === undefined ? [] : [day]),
        ].join('-'),
        ageBasis,
      }
    if (draw < 0.3) return { birthDate: year, ageBasis }
    if (draw < 0.38) return { birthDate: `${year}-01-01`, ageBasis }
    if (day !== undefined && month !== undefined && draw < 0.44 && Number(day) <= 12)
      return { birthDate: `${year}-${day}-${month}`, ageBasis }
    if (day !== undefined && draw < 0.48) return { birthDate: `${year}-${month}-${pad(between(1, 28))}`, ageBasis }
    return { birthDate, ageBasis }
  }

  /** The same person, registered again elsewhere. */
  function again(before: SyntheticPerson): SyntheticPerson {
    const { parents, contacts, documents, origin, ...rest } = before
    const kept = <T>(value: T | undefined, p: number): T | undefined => (value !== undefined && chance(p) ? value : undefined)
    const nowParents = kept(parents, 0.6)
    const nowContacts = kept(contacts, 0.5) ?? (chance(0.6) ? [{ phone: phone(), owner: 'self' as const, safe: true }] : undefined)
    const nowDocuments = kept(documents, 0.5) ?? (chance(0.3) ? [documentOf()] : undefined)
    const nowOrigin = chance(0.05) ? `GN-${pickFrom(prefectures)}` : kept(origin, 0.9)
    return {
      ...rest,
      name: nameAgain(before.name),
      ...birthAgain(before),
      ...(nowOrigin === undefined ? {} : { origin: nowOrigin }),
      ...(nowParents === undefined
        ? {}
        : {
            parents: {
              ...(chance(0.9) ? { father: rewritten(nowParents.father ?? '') } : {}),
              ...(chance(0.9) ? { mother: rewritten(nowParents.mother ?? '') } : {}),
            },
          }),
      ...(nowContacts === undefined ? {} : { contacts: nowContacts }),
      ...(nowDocuments === undefined
        ? {}
        : {
            documents: nowDocuments.map((document) => ({
              ...document,
              number: chance(0.3) ? `${document.number.slice(0, 4)} ${document.number.slice(4)}` : document.number,
            })),
          }),
    }
  }

  /** Somebody of the same house: parents, origin and often the telephone are the same, the given name is another. */
  function sibling(before: SyntheticPerson, twin: boolean): SyntheticPerson {
    const sex = twin && chance(0.6) ? before.sex : chance(0.3) ? 'female' : 'male'
    let given = givenOf(sex)
    while (given.split(' ').some((word) => before.name.given?.split(' ').includes(word))) given = givenOf(sex)
    const { documents: _, ...rest } = before
    const born = Number(before.birthDate.slice(0, 4)) + pickFrom([-4, -3, -2, 2, 3, 4])
    return {
      ...rest,
      sex,
      name: { ...before.name, given },
      birthDate: twin ? before.birthDate : birth(born),
      ...(chance(0.4) ? { documents: [documentOf()] } : {}),
    }
  }

  /** Somebody else of the same name and age. */
  function namesake(before: SyntheticPerson): SyntheticPerson {
    const other = person()
    const year = Number(before.birthDate.slice(0, 4)) + (chance(0.5) ? 0 : pickFrom([-1, 1]))
    return { ...other, sex: before.sex, name: chance(0.6) ? before.name : nameAgain(before.name), birthDate: birth(year) }
  }

  /** Father and son, mother and daughter, of one name: about twenty years apart, from one place. */
  function elder(before: SyntheticPerson): SyntheticPerson {
    const { documents: _, parents: __, ...rest } = before
    return { ...rest, birthDate: birth(Number(before.birthDate.slice(0, 4)) - between(18, 32)) }
  }

  const pairOf = (n: number): LabelledPair => {
    const a = person()
    const kinds = ['again', 'namesake', 'again', 'twins', 'again', 'siblings', 'again', 'namesake', 'parent-and-child', 'again'] as const
    const kind = kinds[n % kinds.length] ?? 'again'
    if (kind === 'again') return { a, b: again(a), kind, same: true }
    const b = kind === 'namesake' ? namesake(a) : kind === 'parent-and-child' ? elder(a) : again(sibling(a, kind === 'twins'))
    return { a, b, kind, same: false }
  }
  return { person, again, pairs: (count: number): readonly LabelledPair[] => Array.from({ length: count }, (_, n) => pairOf(n)) }
}
