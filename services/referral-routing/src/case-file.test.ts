import { fold } from '@wontanara/core'
import { dataScopes } from '@wontanara/events'
import { hoursLater, now, scenario, serviceNamed } from '@wontanara/testing'
import * as fc from 'fast-check'
import { type CaseFile, type CaseFileCommand, type CaseFileEvent, caseFiles, uncovered } from './case-file.ts'

const caseId = 'case-26k47qx9tm2r'
const us = 'org-avocats-sans-rive'
const issued = { at: now, by: serviceNamed('referral-routing'), caseId }
const consentId = 'consent-8j3n5d2w9q7z'

/** What the file says after some commands, each applied to the state before it. */
const after = (...commands: readonly CaseFileCommand[]): CaseFile | undefined =>
  commands.reduce<CaseFile | undefined>((state, command) => {
    const decided = caseFiles.decide(state, command)
    return decided.ok ? fold(caseFiles, state, decided.value) : state
  }, undefined)

const give = (changes: object = {}): CaseFileCommand => ({
  type: 'record-consent',
  consentId,
  given: { purpose: 'referral', recipient: us, scopes: ['name', 'contact'], validFrom: now, ...changes },
  ...issued,
})
const withdraw: CaseFileCommand = { type: 'record-withdrawal', consentId, withdrawnAt: hoursLater(1), ...issued }

describe('a consent covers what is asked', () => {
  test.each<[string, object, string, readonly string[]]>([
    ['given for this recipient and purpose', {}, now, []],
    ['not yet valid', { validFrom: hoursLater(1) }, now, ['name', 'contact']],
    ['until the last instant', { validUntil: hoursLater(2) }, hoursLater(1.999), []],
    ['not at the instant it ends', { validUntil: hoursLater(2) }, hoursLater(2), ['name', 'contact']],
    ['not for another recipient', { recipient: 'org-autre-association' }, now, ['name', 'contact']],
    ['not without a recipient', { recipient: undefined }, now, ['name', 'contact']],
    ['not for another purpose', { purpose: 'follow-up' }, now, ['name', 'contact']],
    ['only its scopes', { scopes: ['name'] }, now, ['contact']],
  ])('%s', (_, changes, at, lacking) => {
    expect(uncovered(after(give(changes)), us, ['name', 'contact'], at)).toEqual(lacking)
  })

  test('nothing is covered when nothing is known', () => expect(uncovered(undefined, us, ['name'], now)).toEqual(['name']))

  test('a withdrawal counts whether it arrives after the consent or before it', () => {
    for (const commands of [
      [give(), withdraw],
      [withdraw, give()],
    ])
      expect(uncovered(after(...commands), us, ['name'], hoursLater(2))).toEqual(['name'])
  })

  test('a consent given anew, under its own id, covers again', () => {
    const again = { ...give({ validFrom: hoursLater(2) }), consentId: 'consent-0000000000zz' }
    expect(uncovered(after(give(), withdraw, again), us, ['name'], hoursLater(3))).toEqual([])
  })
})

test('of closing and reopening, and of confirming and withdrawing the return, the later version of the case counts in either order', () => {
  const close: CaseFileCommand = { type: 'record-course', course: 'closed', version: 4, ...issued }
  const reopen: CaseFileCommand = { type: 'record-course', course: 'open', version: 11, ...issued }
  const confirm: CaseFileCommand = { type: 'record-return-decision', withdrawn: false, version: 9, ...issued }
  const give: CaseFileCommand = { type: 'record-return-decision', withdrawn: true, version: 10, ...issued }
  for (const commands of [
    [close, reopen, confirm, give],
    [give, reopen, confirm, close],
  ])
    expect(after(...commands)).toMatchObject({ course: { now: 'open' }, returnWithdrawn: { holds: true } })
})

test('a need is noted once, at the office that recorded it', () => {
  const note = { type: 'note-need', needId: 'need-7h2m9c4x1v6b', office: 'conakry', ...issued } as const
  expect(after(note, note)).toMatchObject({ needs: [{ needId: 'need-7h2m9c4x1v6b', office: 'conakry' }] })
})

test('a repeat changes nothing', () => {
  const first: CaseFileEvent = {
    type: 'consent-recorded',
    data: { caseId, consentId, given: { purpose: 'referral', recipient: us, scopes: ['name'], validFrom: now } },
  }
  const { given } = scenario(caseFiles)
  expect(given(first).when(give()).events).toEqual([])
  expect(
    given({ type: 'referral-noted', data: { caseId, referralId: 'ref-26k47qx9tm2r' } }).when({
      type: 'note-referral',
      referralId: 'ref-26k47qx9tm2r',
      ...issued,
    }).events,
  ).toEqual([])
})

const hour = fc.integer({ min: 0, max: 48 })
const scopes = fc.subarray([...dataScopes.codes], { minLength: 1 })
const consents = fc.array(
  fc.record({
    recipient: fc.constantFrom(us, 'org-autre-association', undefined),
    purpose: fc.constantFrom('referral' as const, 'follow-up' as const),
    scopes,
    from: hour,
    until: fc.option(hour, { nil: undefined }),
    withdrawn: fc.option(hour, { nil: undefined }),
  }),
  { maxLength: 5 },
)

test('in any order of the events and with repeats: what a withdrawn, expired or foreign consent covers is not covered', () => {
  const withOrder = consents.chain((given) => {
    const commands = given.flatMap(({ recipient, purpose, scopes, from, until, withdrawn }, i): CaseFileCommand[] => {
      const id = `consent-00000000000${i}`
      const validUntil = until === undefined ? {} : { validUntil: hoursLater(until) }
      const data = { purpose, recipient, scopes, validFrom: hoursLater(from), ...validUntil }
      return [
        { type: 'record-consent', consentId: id, given: data, ...issued },
        ...(withdrawn === undefined
          ? []
          : [{ type: 'record-withdrawal' as const, consentId: id, withdrawnAt: hoursLater(withdrawn), ...issued }]),
      ]
    })
    const doubled = [...commands, ...commands]
    const order = fc.shuffledSubarray(doubled, { minLength: doubled.length })
    return fc.record({ given: fc.constant(given), order, asked: scopes, at: hour })
  })
  void fc.assert(
    fc.property(withOrder, ({ given, order, asked, at }) => {
      const allowed = new Set(
        given
          .filter(({ recipient, purpose, from, until, withdrawn }) => {
            const inTime = from <= at && (until === undefined || at < until)
            return recipient === us && purpose === 'referral' && inTime && withdrawn === undefined
          })
          .flatMap((consent) => consent.scopes),
      )
      expect(uncovered(after(...order), us, asked, hoursLater(at))).toEqual(asked.filter((scope) => !allowed.has(scope)))
    }),
  )
})
