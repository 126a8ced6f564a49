import { type Call, ok, type Refusal, type Reply, type Result, type Seen } from '@wontanara/core'
import * as z from 'zod'
import { fileOf } from './case-file.ts'
import type { Leaving } from './disclosure.ts'
import { encryptTo } from './encryption.ts'
import { groundOf, unallowed } from './ground.ts'
import type { FeedItem } from './partner-feed.ts'
import type { Ports } from './ports.ts'
import type { Referral } from './referral.ts'
import { type Disclosing, forPartner, forStaff, kindOf, type ReferralView } from './views.ts'

const Items = z.object({ items: z.array(z.looseObject({})) })

/** Answers about referrals. Whatever a partner gets rests on what is read now, and has its line in the disclosure log before it leaves. */
export type AnsweringPorts = Pick<Ports, 'referrals' | 'caseFiles' | 'organisations' | 'disclosures' | 'encryptionKeys'>

export function answering({ referrals, caseFiles, organisations, disclosures, encryptionKeys }: AnsweringPorts) {
  /** What a disclosure of this referral rests on, read now. */
  async function disclosing({ facts: { caseId, organisationId } }: Referral): Promise<Disclosing> {
    const [file, organisation] = await Promise.all([
      fileOf(caseFiles.store, caseId),
      organisations.store.load(organisationId, { fresh: true }),
    ])
    return { file, organisation: organisation?.state }
  }

  const line = (
    state: Referral,
    { file }: Pick<Disclosing, 'file'>,
    told: Pick<Leaving, 'at' | 'what' | 'channel' | 'body'> & Partial<Pick<Leaving, 'format' | 'sealed' | 'encryptedTo'>>,
  ): Leaving => ({
    caseId: state.facts.caseId,
    referralId: state.referralId,
    recipient: state.facts.organisationId,
    format: 'json',
    ...groundOf(state, file, told.at),
    ...told,
  })

  /** A partner that has set a key gets the data encrypted to it, and in no other way. */
  async function toKeyOf(
    { facts: { organisationId } }: Referral,
    view: ReferralView,
  ): Promise<{ readonly body: ReferralView } & Partial<Pick<Leaving, 'sealed' | 'encryptedTo'>>> {
    if (view.snapshot === undefined) return { body: view }
    const key = (await encryptionKeys.store.load(organisationId, { fresh: true }))?.state
    if (key?.status !== 'active') return { body: view }
    const { snapshot, ...open } = view
    const encrypted = await encryptTo(key, { referralId: view.referralId, obligations: view.obligations, snapshot })
    return { body: { ...open, encrypted }, sealed: { snapshot }, encryptedTo: key.kid }
  }

  /**
   * Answers with a referral. What a partner gets of it is judged by this moment, also when the request is a repeat of an old one.
   * @param reading what is shown: codes after a step, the data where the partner reads or accepts
   * @param known what was read for the very same answer already
   * @param format what the view is written as
   */
  async function answer<R extends Refusal>(
    outcome: Promise<Result<Seen<Referral>, R>>,
    { principal, at }: Call,
    reading: 'codes' | 'data' = 'codes',
    known: () => Disclosing | undefined = () => undefined,
    format: Leaving['format'] = 'json',
  ): Promise<Result<Reply<ReferralView>, R>> {
    const result = await outcome
    if (!result.ok) return result
    const { state, version, classes } = result.value
    if (principal.kind !== 'partner') return ok({ body: forStaff(state), classes, version })
    const rests = known() ?? (await disclosing(state))
    // A repeat speaks of the record as it was then; what may be shown of it is judged now.
    const shown = classes.has('C2') ? reading : 'codes'
    const { body, ...sealed } = await toKeyOf(state, forPartner(state, rests, at, shown))
    const leaving = (text: string): Promise<void> =>
      disclosures.record(line(state, rests, { at, what: kindOf(body), channel: 'api', format, body: text, ...sealed }))
    return ok({ body, classes, version, leaving })
  }

  /** The referrals of a page, each with the file of its case. */
  const rests = async (ids: readonly string[]) =>
    new Map(
      await Promise.all(
        [...new Set(ids)].map(async (id) => {
          const state = (await referrals.store.load(id, { fresh: true }))?.state
          return [id, state && { state, file: await fileOf(caseFiles.store, state.facts.caseId) }] as const
        }),
      ),
    )
  type Rests = Awaited<ReturnType<typeof rests>>

  const mayBeTold = (known: Rests, referralId: string, at: string): boolean => {
    const found = known.get(referralId)
    if (found === undefined) return false
    const { state, file } = found
    return state.status !== 'recalled' && state.status !== 'entered-in-error' && unallowed(state, file, at).length === 0
  }

  /** A line for each item of a page, with the hash of that item. */
  const recording =
    (
      known: Rests,
      items: readonly { readonly referralId: string; readonly what: Leaving['what'] }[],
      at: string,
      channel: Leaving['channel'],
    ) =>
    async (text: string): Promise<void> => {
      const told = Items.parse(JSON.parse(text)).items
      const lines = items.flatMap(({ referralId, what }, i) => {
        const found = known.get(referralId)
        return found === undefined ? [] : [line(found.state, found, { at, what, channel, body: JSON.stringify(told[i]) })]
      })
      await disclosures.record(...lines)
    }

  return {
    answer,
    disclosing,

    /** Rows of a partner's list: those that it may still be told of. */
    async rows<T extends { readonly referralId: string }>(found: readonly T[], at: string) {
      const known = await rests(found.map(({ referralId }) => referralId))
      const items = found.filter(({ referralId }) => mayBeTold(known, referralId, at))
      const told = items.map(({ referralId }) => ({ referralId, what: 'codes' as const }))
      return { items, leaving: recording(known, told, at, 'api') }
    },

    /** What is on a partner's feed: of a referral that it may be told of no more, only the notice to stop and delete. */
    async items(found: readonly FeedItem[], at: string) {
      const known = await rests(found.map(({ data }) => data.referralId))
      const items = found.map((item): FeedItem => {
        const isNotice = item.type === 'referral.recalled' || item.type === 'referral.withdrawn'
        if (isNotice || mayBeTold(known, item.data.referralId, at)) return item
        return { ...item, type: 'referral.recalled', data: { ...item.data, status: 'recalled' } }
      })
      const told = items.map(({ type, data: { referralId } }) => ({
        referralId,
        what: type === 'referral.recalled' || type === 'referral.withdrawn' ? ('notice' as const) : ('codes' as const),
      }))
      return { items, leaving: recording(known, told, at, 'feed') }
    },
  }
}
