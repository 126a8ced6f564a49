import { type CloudEvent, schemaReference } from '@wontanara/events'
import type { DomainEvent } from './aggregate.ts'
import type { Trail } from './store.ts'

/**
 * The CloudEvent of one event of a commit. Its id says record, version and place in the commit: the same however often it is published.
 * @param index place of the event in the commit, from 0
 */
export function cloudEvent(subject: string, version: number, index: number, trail: Trail, event: DomainEvent): CloudEvent {
  const service = event.type.slice(0, event.type.indexOf('.'))
  return {
    specversion: '1.0',
    id: `${subject}.${version}.${index}`,
    source: `wontanara.${service}`,
    type: event.type,
    subject,
    time: trail.at,
    datacontenttype: 'application/json',
    dataschema: schemaReference(event.type),
    sequence: String(version),
    ...(trail.traceparent === undefined ? {} : { traceparent: trail.traceparent }),
    data: event.data,
  }
}
