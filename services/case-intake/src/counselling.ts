import { CaseId, languages, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { counsellingModes, counsellingOptions, counsellingOutcomes, counsellingSubjects, counsellingTopics } from './codes.ts'

/** What a counsellor writes down of a session (activities A9, A10). */
export const SessionTerms = {
  subjects: operational(z.array(counsellingSubjects.schema).min(1).max(2)),
  heldOn: operational(z.iso.date()),
  mode: operational(counsellingModes.schema),
  /** The language in which the person heard it, from the counsellor or from an interpreter. */
  language: operational(languages.schema),
  interpreted: operational(z.boolean()),
  topics: operational(z.array(counsellingTopics.schema).min(1).max(9)),
  optionsShown: operational(z.array(counsellingOptions.schema).min(1).max(9)),
  outcome: operational(counsellingOutcomes.schema),
}
/** A session of the file. `from`: the merged case that brought it. */
export const Session = z.strictObject({ ...SessionTerms, counsellor: StaffId, from: CaseId.optional() })
export type Session = z.output<typeof Session>

/** Whether a subject was covered in a language that the person understands. */
export const isCovered = (
  sessions: readonly Session[],
  subject: Session['subjects'][number],
  understood: readonly Session['language'][],
): boolean => sessions.some(({ subjects, language }) => subjects.includes(subject) && understood.includes(language))

/** The session held last; of those of one day the one recorded last. */
export const lastSession = (sessions: readonly Session[]): Session | undefined =>
  sessions.toSorted((one, other) => one.heldOn.localeCompare(other.heldOn)).at(-1)
