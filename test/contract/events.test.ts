import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import type { EventDefinition } from '@wontanara/events'
import * as declaredEvents from '@wontanara/events'
import { type Declarations, declarations } from '@wontanara/tools/declarations'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Webhook } from 'standardwebhooks'
import * as z from 'zod'
import { breaking, isRecord } from './breaking.ts'

const generated = join(import.meta.dirname, '../../events/generated')
const published = join(import.meta.dirname, 'published/events')
const read = (file: string): Readonly<Record<string, unknown>> => JSON.parse(readFileSync(file, 'utf8'))
const asyncapi = (): string => readFileSync(join(generated, 'asyncapi.json'), 'utf8')

const events = Object.values<unknown>(declaredEvents).filter(
  (value): value is EventDefinition => isRecord(value) && value.published === true,
)
const validator = addFormats.default(new Ajv.default({ strict: false, allErrors: true }))
const messages: Readonly<Record<string, { readonly examples: readonly { readonly payload: object }[] }>> = JSON.parse(asyncapi()).components
  .messages

let declared: Declarations
beforeAll(async () => {
  declared = await declarations()
})

test('what is declared is found', () => {
  expect(declared.events.map(({ type }) => type).sort()).toEqual(events.map(({ type }) => type).sort())
})

describe.each(events.map((event) => [event.type, event] as const))('%s', (type, event) => {
  const schema = read(join(generated, `${type}.json`))
  const valid = validator.compile({ ...schema, $id: `test:${type}` })
  const example = messages[type]?.examples[0]?.payload

  test('the schema is found where events say it is', () => {
    expect(schema.$id).toBe(`urn:wontanara:schema:${type}`)
    expect(event.schema.shape.dataschema?.safeParse(schema.$id).success).toBe(true)
  })

  test('the example is valid, by the schema and by the code', () => {
    expect(valid(example) ? [] : valid.errors).toEqual([])
    expect(event.parse(example)).toEqual(example)
  })

  test('schema and code both refuse an event without its data, and both take one with a field more', () => {
    const { data, ...context } = event.parse(example)
    expect(valid(context)).toBe(false)
    expect(() => event.parse(context)).toThrow()
    const more = { ...context, data: { ...(isRecord(data) ? data : {}), later: 'a field of tomorrow' } }
    expect(valid(more)).toBe(true)
    expect(event.parse(more).data).toEqual(data)
  })
})

const baseline = globSync('*.json', { cwd: published })
  .map((file) => basename(file))
  .sort()

test('schemas were published', () => {
  expect(baseline.length).toBeGreaterThan(0)
})

test.each(baseline)('%s is still what was published, but for optional fields', (file) => {
  expect(breaking(read(join(published, file)), read(join(generated, file)), 'event')).toEqual([])
})

test('every subscription names a published event', () => {
  const types = new Set(events.map(({ type }) => type))
  const unknown = declared.services.flatMap(({ name, subscriptions }) =>
    subscriptions.flatMap((each) => each.events.filter(({ type }) => !types.has(type)).map(({ type }) => `${name}: ${type}`)),
  )
  expect(unknown).toEqual([])
})

test('a service publishes only under its own name', () => {
  const foreign = declared.services.flatMap(({ name, aggregates }) =>
    aggregates.flatMap((aggregate) =>
      aggregate.events.filter((event) => event.published && !event.type.startsWith(`${name}.`)).map(({ type }) => `${name}: ${type}`),
    ),
  )
  expect(foreign).toEqual([])
})

test('the AsyncAPI document has nothing to complain of', async () => {
  const { document, diagnostics } = await new Parser().parse(asyncapi())
  expect(diagnostics.map(({ code, message, path }) => `${code} ${path.join('/')}: ${message}`)).toEqual([])
  expect(document?.channels().length).toBeGreaterThanOrEqual(events.length)
})

describe('what a partner is told', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/partner-events.md'), 'utf8')
  const [secret = ''] = /whsec_[A-Za-z0-9+/=]+/.exec(page) ?? []
  const blocks = [...page.matchAll(/## (\S+)\n.*?```http\n(.*?)\n\n(.*?)\n```/gs)].map(([, name = '', head = '', body = '']) => ({
    name,
    head,
    body,
  }))
  const document = z.object({ components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }) }).parse(JSON.parse(asyncapi()))
  const Body = z.looseObject({ id: z.string(), type: z.string(), data: z.looseObject({ status: z.string() }) })

  test('each event has its example, on the page and in the document', () => {
    const told = Object.entries(declared.partnerTypes)
    expect(told.every(([type]) => declared.events.some((event) => event.type === type))).toBe(true)
    expect(blocks.map(({ name, body }) => [name, Body.parse(JSON.parse(body)).data.status])).toEqual(told.map(([, [...names]]) => names))
    for (const { name, body } of blocks) expect(messages[name]?.examples[0]?.payload).toEqual(JSON.parse(body))
  })

  test('on an event bus it is the same, with the organisation that it is for', () => {
    const OnBus = z.strictObject({ 'detail-type': z.string(), source: z.string(), detail: z.looseObject({ organisationId: z.string() }) })
    const events = [...page.matchAll(/```json\n(.*?)\n```/gs)].map(([, text = '']) => OnBus.parse(JSON.parse(text)))
    expect(events.map(({ detail: { organisationId, ...body }, ...about }) => [about, body])).toEqual(
      blocks.map(({ name, body }) => [{ 'detail-type': name, source: 'wontanara.partners' }, JSON.parse(body)]),
    )
    for (const { detail, 'detail-type': name } of events) {
      const valid = validator.compile(document.components.schemas[`${name}.event-bridge`] ?? false)
      expect(valid(detail) ? [] : valid.errors).toEqual([])
    }
  })

  test('the examples are as their schemas say, and their signatures are right', () => {
    for (const { name, head, body } of blocks) {
      const valid = validator.compile(document.components.schemas[name] ?? false)
      expect(valid(JSON.parse(body)) ? [] : valid.errors).toEqual([])
      expect(valid({ ...JSON.parse(body), type: 'referral.other' })).toBe(false)
      const headers = Object.fromEntries(head.split('\n').map((line) => line.split(/: (.*)/s)))
      const at = new Date(Number(headers['webhook-timestamp']) * 1000)
      expect(new Webhook(secret).sign(headers['webhook-id'], at, body)).toBe(headers['webhook-signature'])
      expect(Body.parse(JSON.parse(body))).toMatchObject({ id: headers['webhook-id'], type: name })
    }
  })
})
