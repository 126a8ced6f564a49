/**
 * Where the local cloud is known to differ from AWS: name of the test -> why. On the local cloud these tests must fail, so that a difference
 * that goes away is taken off this list; the same list is in the README of packages/local-cloud.
 */
export const knownDifferences: Readonly<Record<string, string>> = {
  'a call does not say what it consumed unless asked': 'the meter asks for it in every call',
  'a write that changes nothing leaves no record': 'dynoxide writes one',
  'a value that is not used, where the condition fails, is refused': 'dynoxide looks at the condition first',
}
