import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageLines } from './usage.ts'
import { languageOf, languages, Words } from './window.ts'

const file = (name: string): string => readFileSync(join(__dirname, 'window', name), 'utf8')
const words = Words.parse(JSON.parse(file('words.json')))

describe('words', () => {
  const html = file('index.html')
  const script = file('window.js')
  const used = new Set([
    ...[...html.matchAll(/\{\{(\w+)\}\}/g)].map(([, key]) => key),
    ...[...script.matchAll(/'(\w+)'/g)].map(([, key]) => key).filter((key) => key !== undefined && key in words),
    ...Object.keys(usageLines).map((line) => `line ${line}`),
  ])

  test('each that is used is there, and each that is there is used', () => {
    expect([...used].toSorted()).toEqual(Object.keys(words).toSorted())
    for (const [, key = ''] of script.matchAll(/say\('(\w+)'/g)) expect(words).toHaveProperty(key)
  })

  test.each(Object.entries(words))('"%s" says the same in both languages', (_, { en, fr }) => {
    const forms = (text: string): string[][] =>
      text.split('|').map((form) => [...form.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted())
    const names = (text: string): Set<string> => new Set(forms(text).flat())
    expect(names(fr)).toEqual(names(en))
    expect(forms(fr)).toHaveLength(forms(en).length)
    // In French what is set off stays on the line.
    expect(fr).not.toMatch(/ [:;!?]/)
  })
})

test.each([
  ['fr', 'en-GB', 'fr'],
  ['en', 'fr', 'en'],
  ['xx', 'fr-GN,fr;q=0.9,en;q=0.8', 'fr'],
  [null, 'ff,en;q=0.5,fr;q=0.7', 'fr'],
  [null, 'fr;q=0,en;q=0.1', 'en'],
  [null, 'ar', 'en'],
  [null, undefined, 'en'],
])('who asks for %s with %s reads %s', (asked, accepted, language) => {
  expect(languageOf(asked, accepted)).toBe(language)
  expect(languages).toContain(language)
})

describe('contrast (WCAG 2.2, 1.4.3 and 1.4.11)', () => {
  const [light = '', dark = ''] = file('window.css').split('prefers-color-scheme: dark')
  const colours = (css: string): Map<string, string> =>
    new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]))

  /** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
  function luminance(colour: string): number {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((place) => Number.parseInt(colour.slice(place, place + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const contrast = (one: string, other: string): number => {
    const [high = 0, low = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
    return (high + 0.05) / (low + 0.05)
  }

  const states = ['works', 'waits', 'failed', 'other']
  const pairs: [string, string, number][] = [
    ...['page', 'card', 'flash', ...states.map((state) => `${state}-back`)].map((back): [string, string, number] => ['text', back, 4.5]),
    ...['page', 'card'].flatMap((back): [string, string, number][] => [
      ['quiet', back, 4.5],
      ['accent', back, 4.5],
    ]),
    ...states.map((state): [string, string, number] => [state, `${state}-back`, 4.5]),
    ['waits', 'card', 4.5],
    // Borders of controls, and the ring that shows the focus.
    ['control', 'card', 3],
    ...states.map((state): [string, string, number] => ['accent', `${state}-back`, 3]),
  ]
  test.each(pairs)('%s on %s is at least %d : 1 by day and by night', (front, back, least) => {
    for (const scheme of [colours(light), colours(dark)])
      expect(contrast(scheme.get(front) ?? '', scheme.get(back) ?? '')).toBeGreaterThanOrEqual(least)
  })
})
