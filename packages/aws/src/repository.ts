import type { Aggregate, Command, DomainEvent, Repository } from '@wontanara/core'
import { dynamoStore } from './dynamo-store.ts'
import { serviceEnvironment } from './environment.ts'

/** An aggregate in the function's own table. The class keys are fetched meanwhile, so that the first request need not wait for KMS. */
export function repository<S, C extends Command, E extends DomainEvent, R extends string>(
  aggregate: Aggregate<S, C, E, R>,
): Repository<S, C, E, R> {
  const { table, vault } = serviceEnvironment()
  void vault.warm()
  return { aggregate, store: dynamoStore(aggregate, table, vault) }
}
