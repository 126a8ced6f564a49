import { memoryFindIndex, memoryStore } from '@wontanara/core'
import { agendas } from './agenda.ts'
import { applications } from './application.ts'
import { appointments } from './appointment.ts'
import { cases } from './case.ts'
import { caseExports, exportDesks } from './export.ts'
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
    caseExports: { aggregate: caseExports, store: memoryStore(caseExports) },
    exportDesks: { aggregate: exportDesks, store: memoryStore(exportDesks) },
    linkTo: async (key: string, at: string, seconds: number) => `https://files.example/${key}?from=${at}&seconds=${seconds}`,
    index: memoryFindIndex(),
  }) satisfies Ports
