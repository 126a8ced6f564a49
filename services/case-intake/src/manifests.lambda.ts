import { eventHandler, findIndex, repository, serviceEnvironment } from '@wontanara/aws'
import { cases } from './case.ts'
import { manifests } from './manifest.ts'
import { manifestParts } from './manifest-part.ts'
import { manifestConsumers } from './manifests.app.ts'
import { manifestSubscriptions } from './subscriptions.ts'

const { table, vault } = serviceEnvironment()

export const handler = eventHandler(
  manifestSubscriptions,
  manifestConsumers({
    cases: repository(cases),
    manifests: repository(manifests),
    parts: repository(manifestParts),
    index: findIndex('case', table, vault),
  }),
)
