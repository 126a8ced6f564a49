import { labelsOf } from '@wontanara/core'
import type { CodeList, DataLabel, EventDefinition } from '@wontanara/events'
import type { AnyAggregate, Columns, Declarations, ServiceDeclarations } from '../declarations.ts'
import { concernsPartner, consumersOf, exampleSecret, partnerBusSource, partnerMessages } from './asyncapi.ts'
import type { Json } from './json.ts'

const notice = '<!-- Written by `pnpm run generate`. -->'
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
const page = (...parts: readonly string[]): string => `${parts.join('\n\n')}\n`
const code = (text: string): string => `\`${text}\``

interface Field {
  readonly path: string
  readonly label: DataLabel
}

/** Every field once; events of one record share most of theirs. */
function merged(fields: readonly (Field & { readonly where: string })[]): readonly (readonly string[])[] {
  const rows = new Map<string, { readonly field: Field; readonly where: Set<string> }>()
  for (const { where, ...field } of fields) {
    const key = JSON.stringify([field.path, field.label.class, field.label.purpose, field.label.retention])
    const row = rows.get(key) ?? { field, where: new Set() }
    row.where.add(where)
    rows.set(key, row)
  }
  return [...rows.values()]
    .sort((a, b) => (a.field.path < b.field.path ? -1 : a.field.path > b.field.path ? 1 : 0))
    .map(({ field: { path, label }, where }) => [code(path), label.class, label.purpose, label.retention, [...where].join(', ')])
}

const recordOf = ({ name, state, events }: AnyAggregate): string =>
  [
    `### ${name}`,
    table(
      ['Field', 'Class', 'Purpose', 'Retention', 'Kept in'],
      merged([
        ...labelsOf(state).map((field) => ({ ...field, where: 'state' })),
        ...events.flatMap((event) => labelsOf(event.data).map((field) => ({ ...field, where: event.published ? 'published' : 'history' }))),
      ]),
    ),
  ].join('\n\n')

const recordsOf = ({ name, apis, aggregates }: ServiceDeclarations): readonly string[] =>
  aggregates.length === 0 ? [] : [`## ${name}`, ...apis.slice(0, 1).map(({ summary }) => summary.en), ...aggregates.map(recordOf)]

/** The record of processing (Guinea: L/2016/037/AN; GDPR art. 30): what is kept, why and for how long, read from the labels of the stored fields. */
export const recordOfProcessing = ({ services }: Declarations): string =>
  page(
    '# Record of processing',
    notice,
    'Every field that a service stores: its data class, what it is kept for and which retention rule ends it. Classes: C0 public, C1 operational, C2 identity, C3 special category (one compartment each), C4 secret. ' +
      'Fields above C1 are encrypted under a key of their subject. Kept in: the present `state`; the `history`, which is the audit trail; an event that is `published` as well.',
    ...services.flatMap(recordsOf),
  )

export const codeListPage = (lists: readonly CodeList[]): string =>
  page(
    '# Code lists',
    notice,
    'The same lists with their labels, for programs: `GET /v1/code-lists`.',
    ...lists.flatMap((list) => [
      `## ${list.name}`,
      table(
        ['Code', 'English', 'Français'],
        list.codes.map((each) => [code(each), list.label(each, 'en'), list.label(each, 'fr')]),
      ),
    ]),
  )

/** What `GET /v1/code-lists` answers. */
export const codeListDocument = (lists: readonly CodeList[]): Json => ({
  codeLists: lists.map((list) => ({
    name: list.name,
    codes: list.codes.map((each) => ({ code: each, en: list.label(each, 'en'), fr: list.label(each, 'fr') })),
  })),
})

const rowOf = (declared: Declarations, event: EventDefinition): readonly string[] => [
  code(event.type),
  event.summary,
  [...consumersOf(declared, event), ...(concernsPartner(declared, event) ? ['the partner it names'] : [])].join(', ') || 'nobody yet',
]

export function eventPage(declared: Declarations): string {
  const idle = declared.events.filter((event) => consumersOf(declared, event).length === 0 && !concernsPartner(declared, event))
  return page(
    '# Published events',
    notice,
    'Schemas: `events/generated`. The whole contract: `events/generated/asyncapi.json`.',
    table(
      ['Event', 'What happened', 'Who listens'],
      declared.events.map((event) => rowOf(declared, event)),
    ),
    '## Nobody listens yet',
    idle.length === 0 ? 'Every event has a listener.' : idle.map(({ type }) => `- ${code(type)}`).join('\n'),
  )
}

/** What a partner receives, event by event. */
export const partnerEventPage = (declared: Declarations): string =>
  page(
    '# What a partner is told',
    notice,
    'Each event says that something happened to a referral that was sent to the organisation: ids and a status, never a person. The body is the same by webhook, on the feed ' +
      '(`GET /v1/partner-events`) and on an event bus, under the same `id`. What to make of it: [partners.md](partners.md); the schemas: `events/generated/asyncapi.json`.',
    `The signatures below are made with the secret ${code(exampleSecret)}: they can be verified. The headers come with a webhook only. Below them is the event as an ` +
      `EventBridge bus of the partner gets it: what matters to a rule is ${code(`"source": "${partnerBusSource}"`)} and the ${code('detail-type')}.`,
    table(
      ['Event', 'What happened'],
      partnerMessages(declared).map(({ name, summary }) => [`[${code(name)}](#${name.replaceAll('.', '')})`, summary]),
    ),
    ...partnerMessages(declared).flatMap(({ name, summary, headers, payload, detail }) => [
      `## ${name}`,
      summary,
      ['```http', ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`), '', JSON.stringify(payload), '```'].join(
        '\n',
      ),
      ['```json', JSON.stringify({ 'detail-type': name, source: partnerBusSource, detail: detail.payload }), '```'].join('\n'),
    ]),
  )

/** The columns of a manifest, for whoever fills one in. */
export const columnPage = (all: readonly Columns[]): string =>
  page(
    notice,
    '# Columns of an arrival manifest',
    'Send the file as a spreadsheet writes it (CSV; any usual encoding and separator), or rows in JSON under the names of the last column. ' +
      'Needed are a name, the sex and the birth date; nationality, languages and the ground for the use of the data stand in the row or are ' +
      'said once for everybody. Headers are recognised in both languages, without regard to case, accents and punctuation, and in other usual ' +
      'wordings; the order does not matter. A column that is not recognised is not read, and the answer says so. ' +
      '`GET /v1/manifest-template` gives an empty file; `examples/arrival-manifest.csv` is an example with some rows that are wrong on purpose.',
    ...all.map((columns) =>
      table(
        ['Header', 'En-tête', 'What stands below', 'Ce qui se trouve dessous', 'JSON'],
        Object.entries(columns).map(([name, { header, description }]) => [
          header.en,
          header.fr,
          description.en,
          description.fr,
          code(name),
        ]),
      ),
    ),
  )
