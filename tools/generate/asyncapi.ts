import { createHmac } from 'node:crypto'
import { type EventDefinition, OrganisationId, schemaReference } from '@wontanara/events'
import type { Declarations } from '../declarations.ts'
import { isObject, type Json, type JsonObject, jsonSchema, sampleOf } from './json.ts'

const serviceOf = ({ type }: EventDefinition): string => type.split('.')[0] ?? ''

/** `case-intake.case-registered.v1` -> `Case registered` */
const titleOf = ({ type }: EventDefinition): string => {
  const words = (type.split('.')[1] ?? '').replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The services that listen to an event. */
export const consumersOf = ({ services }: Declarations, { type }: EventDefinition): readonly string[] =>
  services
    .filter(({ subscriptions }) => subscriptions.some(({ events }) => events.some((event) => event.type === type)))
    .map(({ name }) => name)

/** Whether the partner organisation that an event names is told of it. */
export const concernsPartner = ({ partnerTypes }: Declarations, { type }: EventDefinition): boolean => type in partnerTypes

const attributes: Readonly<Record<string, { readonly description: string; readonly example?: string }>> = {
  specversion: { description: 'Version of CloudEvents.' },
  id: {
    description: 'The same however often the event is delivered: what a consumer has seen, it recognises by this.',
    example: 'case-26k47qx9tm2r.1.0',
  },
  source: { description: 'The service that published it.' },
  type: { description: 'The event, with its version.' },
  subject: { description: 'Id of the record it is about.', example: 'case-26k47qx9tm2r' },
  time: { description: 'When it happened.', example: '2026-03-02T09:00:00.000Z' },
  datacontenttype: { description: 'Media type of `data`.' },
  dataschema: { description: 'Path of this schema at the API.' },
  sequence: { description: 'Version of the record: the order of its events.', example: '1' },
  traceparent: { description: 'W3C Trace Context.', example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
}

/** The JSON Schema of a published event: the whole CloudEvent. */
export function eventSchema(event: EventDefinition): JsonObject {
  const { type, properties, required, ...rest } = jsonSchema(event.schema)
  const described = Object.entries(isObject(properties) ? properties : {}).map(([name, schema]): [string, Json] => {
    const { description, example } = attributes[name] ?? {}
    if (!isObject(schema) || description === undefined) return [name, schema]
    return [name, { ...schema, description, ...(example === undefined ? {} : { examples: [example] }) }]
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: schemaReference(event.type),
    title: titleOf(event),
    description: event.summary,
    type: type ?? 'object',
    properties: Object.fromEntries(described),
    required: required ?? [],
    ...rest,
  }
}

/** An event as it could be, of nobody. */
export const eventExample = (event: EventDefinition): Json => sampleOf(eventSchema(event), event.type)

const headersOfWebhook: JsonObject = {
  type: 'object',
  description: 'Standard Webhooks 1.0.',
  required: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  properties: {
    'webhook-id': { type: 'string', description: 'The same for every attempt to deliver this event: act once.' },
    'webhook-timestamp': { type: 'string', pattern: '^[0-9]+$', description: 'Seconds since 1970 of this attempt.' },
    'webhook-signature': {
      type: 'string',
      description:
        '`v1,` and the base64 of the HMAC-SHA-256 of `<id>.<timestamp>.<body>`; several, separated by spaces, while the secret changes.',
    },
  },
}

const description = `What the services of the programme tell each other, and what partner organisations are told.

Every message is a CloudEvent 1.0 in JSON. It carries ids, codes and dates and **no personal data**: who may know more reads it from the API.

- **On the bus** (EventBridge) \`Source\` is the event's \`source\`, \`DetailType\` its \`type\`, and \`Detail\` the whole CloudEvent.
- **Delivery** is at least once. The order is that of \`sequence\` for one \`subject\`; events of different subjects come in any order.
- **Versions**: an event may gain optional fields, and a code list may gain codes; anything else is a new version (\`.v2\`), published beside the old one.
- **Partners** are told of what happens to the referrals that were sent to them, in events of their own (\`referral.sent\` and so on): by webhook, on the feed \`GET /v1/partner-events\` and on an event bus of their own, with the same id and the same body.`

/** An event as partner organisations are told of it. */
export interface PartnerMessage {
  /** `referral.sent` */
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly schema: JsonObject
  readonly headers: JsonObject
  readonly payload: JsonObject
  /** `Detail` of the event on the bus of a partner, whose `DetailType` is the name. */
  readonly detail: { readonly schema: JsonObject; readonly payload: JsonObject }
}

/** `Source` of the events on the bus of a partner. */
export const partnerBusSource = 'wontanara.partners'

/** The secret of the signatures in the examples: whoever reads them can verify them. That of the published test vector. */
export const exampleSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** The headers of a webhook as they could be. */
function headersOf(id: string, at: string, body: string): JsonObject {
  const timestamp = String(Math.floor(Date.parse(at) / 1000) + 2)
  const key = Buffer.from(exampleSecret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

/** What partner organisations are told: in the schema that a service exports as `FeedItem`, with the example of the feed that gives the same. */
export function partnerMessages({ services, partnerTypes, events }: Declarations): readonly PartnerMessage[] {
  const told = services.flatMap(({ schemas }) => [...schemas].flatMap(([schema, name]) => (name === 'FeedItem' ? [schema] : [])))[0]
  if (told === undefined) return []
  const { properties, required, ...schema } = jsonSchema(told)
  const needed = Array.isArray(required) ? required : []
  const routes = services.flatMap(({ apis }) => apis.flatMap((api) => Object.values(api.routes)))
  const answer: Json = JSON.parse(JSON.stringify(routes.find(({ route }) => route === 'GET /v1/partner-events')?.example.response ?? {}))
  const organisationId = jsonSchema(OrganisationId)
  const [item] = isObject(answer) && Array.isArray(answer.items) ? answer.items : []
  if (!isObject(item) || !isObject(item.data) || !isObject(properties)) return []
  const { data } = item
  return Object.entries(partnerTypes).map(([type, [name, status]], later) => {
    // One after the other: of two events neither the id nor the place in the feed is the same.
    const [sequence, version] = [Number(item.sequence) + later, Number(data.version) + later]
    const id = String(item.id).replace(/_\d+_/, `_${version}_`)
    const timestamp = new Date(Date.parse(String(item.timestamp)) + later * 3_600_000).toISOString()
    const payload = { ...item, sequence, id, type: name, timestamp, data: { ...data, status, version } }
    const words = name.replaceAll('.', ' ')
    const fields = { ...properties, type: { const: name, 'x-data-class': 'C1' } }
    return {
      name,
      title: words.charAt(0).toUpperCase() + words.slice(1),
      summary: events.find((event) => event.type === type)?.summary ?? '',
      schema: { ...schema, properties: fields, required: needed },
      headers: headersOf(id, timestamp, JSON.stringify(payload)),
      payload,
      detail: {
        schema: { ...schema, properties: { organisationId, ...fields }, required: ['organisationId', ...needed] },
        payload: { organisationId: sampleOf(organisationId), ...payload },
      },
    }
  })
}

/** The AsyncAPI 3 document of all published events. */
export function asyncApi(declared: Declarations): JsonObject {
  const { events } = declared
  const channel = (type: string): JsonObject => ({ $ref: `#/channels/${type}` })
  const channels: Record<string, Json> = {}
  const operations: Record<string, Json> = {}
  const messages: Record<string, Json> = {}
  const schemas: Record<string, Json> = {}
  for (const event of events) {
    const { type, summary } = event
    const consumers = consumersOf(declared, event)
    channels[type] = {
      address: type,
      title: titleOf(event),
      description: summary,
      servers: [{ $ref: '#/servers/bus' }],
      messages: { event: { $ref: `#/components/messages/${type}` } },
    }
    const about = { channel: channel(type), messages: [{ $ref: `#/channels/${type}/messages/event` }] }
    operations[`${serviceOf(event)}:sends:${type}`] = { action: 'send', summary, tags: [{ name: serviceOf(event) }], ...about }
    for (const consumer of consumers)
      operations[`${consumer}:receives:${type}`] = { action: 'receive', summary, tags: [{ name: consumer }], ...about }
    messages[type] = {
      name: type,
      title: titleOf(event),
      summary,
      contentType: 'application/cloudevents+json',
      payload: { $ref: `#/components/schemas/${type}` },
      correlationId: { description: 'W3C Trace Context', location: '$message.payload#/traceparent' },
      tags: [{ name: serviceOf(event) }],
      examples: [{ name: 'example', summary, payload: eventExample(event) }],
      'x-producer': serviceOf(event),
      'x-consumers': [...consumers],
    }
    schemas[type] = eventSchema(event)
  }
  const partners = partnerMessages(declared)
  for (const { name, title, summary, schema, headers, payload, detail } of partners) {
    const onBus = `${name}.event-bridge`
    schemas[onBus] = detail.schema
    messages[onBus] = {
      name: onBus,
      title,
      summary,
      contentType: 'application/json',
      payload: { $ref: `#/components/schemas/${onBus}` },
      tags: [{ name: 'partners' }],
      examples: [{ name: 'example', summary, payload: detail.payload }],
    }
    schemas[name] = schema
    messages[name] = {
      name,
      title,
      summary,
      contentType: 'application/json',
      headers: { $ref: '#/components/schemas/webhook-headers' },
      payload: { $ref: `#/components/schemas/${name}` },
      tags: [{ name: 'partners' }],
      examples: [{ name: 'example', summary, headers, payload }],
    }
  }
  if (partners.length > 0) {
    schemas['webhook-headers'] = headersOfWebhook
    channels.webhook = {
      address: '/',
      title: 'Webhook of a partner',
      description: 'Posted to the address that the partner has set. Answer 2xx once it is kept; anything else is tried again.',
      servers: [{ $ref: '#/servers/partner' }],
      messages: Object.fromEntries(partners.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
    }
    operations['partners:webhook'] = {
      action: 'send',
      title: 'Tell a partner',
      channel: { $ref: '#/channels/webhook' },
      messages: partners.map(({ name }) => ({ $ref: `#/channels/webhook/messages/${name}` })),
      tags: [{ name: 'partners' }],
    }
    channels['partner-bus'] = {
      address: partnerBusSource,
      title: 'Event bus of a partner',
      description: `A bus in the AWS account of the partner: \`Source\` is \`${partnerBusSource}\`, \`DetailType\` the name of the event, \`Detail\` its body with the organisation that it is for.`,
      servers: [{ $ref: '#/servers/partner-bus' }],
      messages: Object.fromEntries(partners.map(({ name }) => [name, { $ref: `#/components/messages/${name}.event-bridge` }])),
    }
    operations['partners:event-bridge'] = {
      action: 'send',
      title: 'Tell a partner on its bus',
      channel: { $ref: '#/channels/partner-bus' },
      messages: partners.map(({ name }) => ({ $ref: `#/channels/partner-bus/messages/${name}` })),
      tags: [{ name: 'partners' }],
    }
  }
  return {
    asyncapi: '3.1.0',
    id: 'urn:wontanara:events',
    info: { title: 'Wontanara events', version: '1.0.0', description, tags: declared.services.map(({ name }) => ({ name })) },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      bus: { host: 'events.amazonaws.com', protocol: 'eventbridge', description: 'Event bus of the stage.' },
      ...(partners.length === 0
        ? {}
        : {
            partner: {
              host: '{host}',
              protocol: 'https',
              description: 'Where a partner takes webhooks.',
              variables: { host: { description: 'Set by the partner.', default: 'partner.example' } },
            },
            'partner-bus': { host: 'events.amazonaws.com', protocol: 'eventbridge', description: 'Event bus in the account of a partner.' },
          }),
    },
    channels,
    operations,
    components: { messages, schemas },
  }
}
