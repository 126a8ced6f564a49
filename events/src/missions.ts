import { codeList } from './code-list.ts'
import type { offices } from './codes.ts'

/**
 * The missions of the programme, each in one country and named by it (ISO 3166-1): the country of origin, where people return to, and the
 * host missions. A mission is a tenant: what its offices hold is nobody else's until it is handed over.
 */
export const missions = codeList('mission', {
  GN: { en: 'Guinea (country of origin)', fr: "Guinée (pays d'origine)" },
  NE: { en: 'Niger', fr: 'Niger' },
  DZ: { en: 'Algeria', fr: 'Algérie' },
  TN: { en: 'Tunisia', fr: 'Tunisie' },
  LY: { en: 'Libya', fr: 'Libye' },
  MA: { en: 'Morocco', fr: 'Maroc' },
  ML: { en: 'Mali', fr: 'Mali' },
  SN: { en: 'Senegal', fr: 'Sénégal' },
  BE: { en: 'Belgium', fr: 'Belgique' },
})
type Mission = (typeof missions.codes)[number]
type Office = (typeof offices.codes)[number]

const missionOfOffice: Readonly<Record<Office, Mission>> = {
  conakry: 'GN',
  boke: 'GN',
  kindia: 'GN',
  mamou: 'GN',
  labe: 'GN',
  faranah: 'GN',
  kankan: 'GN',
  nzerekore: 'GN',
  niger: 'NE',
  algeria: 'DZ',
  tunisia: 'TN',
  libya: 'LY',
  morocco: 'MA',
  mali: 'ML',
  senegal: 'SN',
  belgium: 'BE',
}

/** The mission that an office belongs to. */
export const missionOf = (office: Office): Mission => missionOfOffice[office]

const byName: ReadonlyMap<string, Mission> = new Map(Object.entries(missionOfOffice))
/** Whether two offices belong to one mission. What is no office belongs to none. */
export const isOneMission = (one: string, other: string): boolean => byName.has(one) && byName.get(one) === byName.get(other)
