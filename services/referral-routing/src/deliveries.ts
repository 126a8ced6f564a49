import type { Delivery } from './delivery-state.ts'

/** How far each endpoint is. Whoever saves says which version it has read: of two at once, one is told to read again. */
export interface Deliveries {
  load(endpointId: string): Promise<{ readonly version: number; readonly state: Delivery } | undefined>
  /** @param from the version read; 0 for none @returns whether it was saved: as version `from + 1` */
  save(endpointId: string, from: number, state: Delivery): Promise<boolean>
}

/** For tests. */
export function memoryDeliveries(): Deliveries {
  const held = new Map<string, { readonly version: number; readonly state: Delivery }>()
  return {
    load: async (endpointId) => structuredClone(held.get(endpointId)),
    save: async (endpointId, from, state) => {
      if ((held.get(endpointId)?.version ?? 0) !== from) return false
      held.set(endpointId, structuredClone({ version: from + 1, state }))
      return true
    },
  }
}
