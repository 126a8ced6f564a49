import { createHash } from 'node:crypto'

/** Letters and digits that depend on nothing but the text. */
export const shortHash = (text: string, length = 12): string =>
  BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString(36)
    .slice(0, length)
