import type { Decision } from './access.ts'
import type { DomainEvent } from './aggregate.ts'
import { type Call, trailOf } from './call.ts'
import { classesIn, planOf } from './data.ts'
import { type CommonRefusalCode, common, type Refusal } from './refusal.ts'
import type { Store } from './store.ts'

/** Records a refused attempt and words the refusal: what is out of reach looks like what does not exist. */
export async function deny<S, E extends DomainEvent>(
  store: Store<S, E>,
  call: Call,
  id: string | undefined,
  decision: Extract<Decision, { allow: false }>,
): Promise<Refusal<CommonRefusalCode>> {
  await store.recordAccess({ id, trail: trailOf(call, call.principal.kind), decision: 'denied', denial: decision.reason })
  return common.refuse(decision.reason === 'role' ? 'not-permitted' : 'not-found')
}

/** Records that special-category data is about to be shown; does nothing when there is none of it. When it fails, nothing may be shown. */
export async function disclose<S, E extends DomainEvent>(
  store: Store<S, E>,
  schema: Parameters<typeof planOf>[0],
  call: Call,
  id: string,
  state: S,
  access: Extract<Decision, { allow: true }>,
): Promise<void> {
  const special = [...classesIn(planOf(schema), state)].filter((dataClass) => dataClass.startsWith('C3') && access.classes.has(dataClass))
  if (special.length > 0) await store.recordAccess({ id, trail: trailOf(call, access.as), decision: 'allowed', classes: special })
}
