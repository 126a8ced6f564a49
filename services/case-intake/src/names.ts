import { distance } from 'fastest-levenshtein'
import { commonest, spellings, titles } from './name-spellings.ts'

/*
 * Names as they are compared: the way they sound in French and English ears of West Africa, not the way they are spelled.
 */

/** Letters of the alphabets of Pular, Maninka and Susu that are no letter with an accent. */
const letters: Readonly<Record<string, string>> = { Ɓ: 'B', Ɗ: 'D', Ŋ: 'NG', Ɲ: 'NY', Ƴ: 'Y', Ɛ: 'E', Ɔ: 'O', Œ: 'OE', Æ: 'AE' }

/** The words of a name, in capitals and without accents, titles or particles. `N'Diaye` is one word, `Exemple-Camara` two. */
export function wordsOf(name: string): readonly string[] {
  const words = name
    .toUpperCase()
    .replace(/[ƁƊŊƝƳƐƆŒÆ]/g, (letter) => letters[letter] ?? letter)
    .normalize('NFKD')
    .replace(/[\p{M}'’ʼ`´]/gu, '')
    .split(/[^A-Z]+/)
    .filter((word) => word !== '')
  const named = words.filter((word) => !titles.has(word))
  return named.length > 0 ? named : words
}

/** Spelling -> sound. In this order: a rule sees what the ones before it left. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/TCH/g, 'C'],
  [/DJ|D[IY](?=[AEOU])/g, 'J'],
  [/T[HI](?=I?[AEOU])|TH/g, 'T'],
  [/KH|CK/g, 'K'],
  [/PH/g, 'F'],
  [/SCH|SH|CH/g, 'S'],
  [/GN/g, 'NY'],
  [/QU?/g, 'K'],
  [/GU(?=[EIY])/g, 'G'],
  [/C(?=[EIY])/g, 'S'],
  [/C/g, 'K'],
  [/X/g, 'KS'],
  [/Z/g, 'S'],
  [/OU|OO/g, 'U'],
  [/(?:AY|EY|AI|EI)E?H?$/g, 'E'],
  [/AI|AY|EY|EI/g, 'E'],
  [/H/g, ''],
  [/W(?![AEIOUY])/g, ''],
  [/[EY]/g, 'I'],
  [/O/g, 'U'],
  [/(.)\1+/g, '$1'],
  [/(?<=...)I$/, ''],
]

const soundOf = (word: string): string => rules.reduce((text, [pattern, by]) => text.replace(pattern, by), word)

const groups: ReadonlyMap<string, string> = new Map(
  spellings.flatMap(([name = '', ...others]) => [name, ...others].map((spelling) => [soundOf(spelling), soundOf(name)] as const)),
)

/** How a word of a name is compared: two that are equal here are spellings of one name. */
export function nameKey(word: string): string {
  // Of a word that nobody hears, the word itself.
  const sound = soundOf(word) || word
  return groups.get(sound) ?? sound
}

const common: ReadonlySet<string> = new Set(commonest.map(nameKey))

/** Whether a good part of all people bears the name. */
export const isCommon = (key: string): boolean => common.has(key)

const letterSet = (text: string): string => [...text].toSorted().join('')

/**
 * Whether two keys are one name with a slip of the pen, or one its short form. A letter too many or too few may be a slip in any but the
 * shortest; another letter only in long ones: Condé, Conté and Kanté are three families. So are names that begin otherwise: Aliou, Saliou.
 */
export function isAlike(a: string, b: string): boolean {
  if (a === b) return true
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (short.length < 3 || short[0] !== long[0]) return false
  const apart = distance(short, long)
  if (apart === 1) return short.length !== long.length || short.length > 4
  if (apart === 2 && short.length === long.length && letterSet(short) === letterSet(long)) return short.length > 3
  return (apart === 2 && long.length > 7) || (short.length > 3 && long.startsWith(short))
}

/** A key without its vowels but a leading one: what is left when a name was written by ear. */
export const skeleton = (key: string): string => key.slice(0, 1) + key.slice(1).replace(/[AIU]/g, '')
