import { memoryFindIndex, memoryStore } from '@wontanara/core'
import { agendas } from './agenda.ts'
import { applications } from './application.ts'
import { appointments } from './appointment.ts'
import { cases } from './case.ts'
import { manifests } from './manifest.ts'
import { manifestParts } from './manifest-part.ts'
import type { Ports } from './ports.ts'
import { transfers } from './transfer.ts'

/** What the service works with in tests: nothing of it is kept. */
export const memoryPorts = () =>
  ({
    cases: { aggregate: cases, store: memoryStore(cases) },
    manifests: { aggregate: manifests, store: memoryStore(manifests) },
    parts: { aggregate: manifestParts, store: memoryStore(manifestParts) },
    applications: { aggregate: applications, store: memoryStore(applications) },
    appointments: { aggregate: appointments, store: memoryStore(appointments) },
    agendas: { aggregate: agendas, store: memoryStore(agendas) },
    transfers: { aggregate: transfers, store: memoryStore(transfers) },
    index: memoryFindIndex(),
  }) satisfies Ports
