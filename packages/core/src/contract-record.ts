import { defineEvent, identity, medical, operational, protection } from '@wontanara/events'
import * as z from 'zod'
import type { Principal } from './access.ts'
import { accept, aggregate, type Command, definePrivateEvent, type EventOf } from './aggregate.ts'
import { type Call, callOf } from './call.ts'
import { defineRefusals } from './refusal.ts'
import { refused } from './result.ts'

const Profile = z.object({ origin: operational(z.string()), birth: identity(z.string()), remark: protection(z.string()).nullable() })
const State = z.object({
  office: operational(z.string()),
  order: operational(z.string()),
  assignees: operational(z.array(z.string())),
  count: operational(z.int()),
  name: identity(z.string()).nullable(),
  aliases: z.array(identity(z.string())),
  profile: Profile.optional(),
  findings: z.array(z.object({ code: operational(z.string()), finding: medical(z.string()) })),
})
export type Dossier = z.output<typeof State>

export const DossierOpened = defineEvent('contract.dossier-opened.v1', {
  summary: 'A dossier was opened.',
  data: z.object({ office: operational(z.string()), order: operational(z.string()) }),
})
export const DossierMoved = defineEvent('contract.dossier-moved.v1', {
  summary: 'A dossier was moved to another office.',
  data: z.object({ office: operational(z.string()) }),
})
const Named = definePrivateEvent('named', z.object({ name: identity(z.string()).nullable(), aliases: z.array(identity(z.string())) }))
const Profiled = definePrivateEvent('profiled', z.object({ profile: Profile.optional() }))
const Found = definePrivateEvent('found', z.object({ code: operational(z.string()), finding: medical(z.string()) }))
const Counted = definePrivateEvent('counted', z.object({ by: operational(z.int()) }))
const Assigned = definePrivateEvent('assigned', z.object({ assignees: operational(z.array(z.string())) }))

const Erased = definePrivateEvent('erased', z.object({}), { erases: true })

const events = [DossierOpened, DossierMoved, Named, Profiled, Found, Counted, Assigned, Erased] as const
export type DossierEvent = EventOf<(typeof events)[number]>
export type DossierCommand = Command &
  (
    | { readonly type: 'open'; readonly office: string; readonly order: string; readonly notBefore?: string }
    | { readonly type: 'move'; readonly office: string }
    | { readonly type: 'name'; readonly name: string | null; readonly aliases?: readonly string[] }
    | { readonly type: 'profile'; readonly profile?: z.output<typeof Profile> | undefined }
    | { readonly type: 'find'; readonly code: string; readonly finding: string }
    | { readonly type: 'count'; readonly add: number }
    | { readonly type: 'assign'; readonly assignees: readonly string[] }
    | { readonly type: 'erase' }
  )

export const dossierRefusals = defineRefusals({
  'not-below-zero': { kind: 'conflict', en: 'The count cannot fall below zero.', fr: 'Le compte ne peut pas descendre sous zéro.' },
  'too-early': { kind: 'conflict', en: 'Not yet.', fr: 'Pas encore.' },
})
export type DossierRefusal = keyof typeof dossierRefusals.catalogue

/** A made-up record with every kind of field, for tests of stores and of what rests on them. */
export const dossiers = aggregate<Dossier, DossierCommand, DossierEvent, DossierRefusal>({
  name: 'dossier',
  state: State,
  events,
  refusals: dossierRefusals.catalogue,
  cold: ['profile'],
  resource: ({ office, assignees }) => ({ offices: [office], assignees }),
  index: ({ office, order, count, assignees }) => ({
    gsi1: { pk: `office#${office}`, sk: order },
    ...(assignees[0] === undefined ? {} : { gsi2: { pk: `assignee#${assignees[0]}`, sk: order } }),
    row: { order, count },
  }),
  decide: (state, command) => {
    switch (command.type) {
      case 'open':
        if (state !== undefined) return refused(dossierRefusals.refuse('already-exists'))
        if (command.notBefore !== undefined && command.at > command.notBefore) return refused(dossierRefusals.refuse('too-early'))
        return accept({ type: DossierOpened.type, data: { office: command.office, order: command.order } })
      case 'move':
        return accept({ type: DossierMoved.type, data: { office: command.office } })
      case 'name':
        return accept({ type: Named.type, data: { name: command.name, aliases: [...(command.aliases ?? [])] } })
      case 'profile':
        return accept({ type: Profiled.type, data: command.profile === undefined ? {} : { profile: command.profile } })
      case 'find':
        return accept({ type: Found.type, data: { code: command.code, finding: command.finding } })
      case 'count':
        if (command.add === 0) return accept()
        return (state?.count ?? 0) + command.add < 0
          ? refused(dossierRefusals.refuse('not-below-zero'))
          : accept({ type: Counted.type, data: { by: command.add } })
      case 'assign':
        return accept({ type: Assigned.type, data: { assignees: [...command.assignees] } })
      case 'erase':
        return accept({ type: Erased.type, data: {} })
    }
  },
  evolve: (before, event) => {
    const state = before ?? { office: 'conakry', order: '0', assignees: [], count: 0, name: null, aliases: [], findings: [] }
    switch (event.type) {
      case 'contract.dossier-opened.v1':
        return { ...state, office: event.data.office, order: event.data.order }
      case 'contract.dossier-moved.v1':
        return { ...state, office: event.data.office }
      case 'named':
        return { ...state, name: event.data.name, aliases: event.data.aliases }
      case 'profiled': {
        const { profile: _, ...rest } = state
        return event.data.profile === undefined ? rest : { ...rest, profile: event.data.profile }
      }
      case 'found':
        return { ...state, findings: [...state.findings, event.data] }
      case 'counted':
        return { ...state, count: state.count + event.data.by }
      case 'assigned':
        return { ...state, assignees: event.data.assignees }
      case 'erased': {
        const { profile: _, ...rest } = state
        return { ...rest, name: null, aliases: [], findings: [] }
      }
    }
  },
})

const officer: Principal = { kind: 'staff', id: 'officer-1', roles: ['case-manager'], offices: ['conakry', 'labe'] }
let made = 0
/** A call of an officer, or of another principal. */
export const dossierCall = ({
  by = officer,
  action = 'case:correct',
  key = `call-${++made}`,
  content = '',
  at = '2026-03-02T09:00:00.000Z',
  ...rest
}: Partial<Omit<Call, 'principal' | 'newId' | 'fingerprint'>> & { readonly by?: Principal; readonly content?: string } = {}): Call =>
  callOf({ principal: by, action, key, content, at, ...rest })
