/**
 * Where the local cloud is known to differ from AWS: name of the test -> why. On the local cloud these tests must fail, so that a difference
 * that goes away is taken off this list; the same list is in the README of packages/local-cloud.
 */
export const knownDifferences: Readonly<Record<string, string>> = {}
