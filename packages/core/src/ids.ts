import { createHash, randomBytes } from 'node:crypto'

/** Crockford base32, lower case: no i, l, o, u. Its order is the order of the numbers it writes. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Writes the first `length * 5` bits of `bytes` in base32. */
function base32(bytes: Uint8Array, length: number): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5 && text.length < length) {
      bits -= 5
      text += alphabet[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text
}

/** A random id that sorts by time: 10 characters of milliseconds, 16 random (the layout of a ULID). */
export function newId(prefix: string, now: Date): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(now.getTime()) << 14n)
  return `${prefix}-${base32(time, 10)}${base32(randomBytes(10), 16)}`
}

/**
 * The id that a given request gives to what it creates: the same request sent twice names the same thing, so a creation needs no
 * look-up and no lock to be idempotent. 60 bits of SHA-256; a collision is refused by the store's "not exists" condition, never merged.
 */
export function derivedId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}-${base32(createHash('sha256').update(parts.join('\u0000')).digest(), 12)}`
}

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * Check character after ISO/IEC 7064, MOD 37,36: finds every single wrong character and all but one in 630 swaps of two neighbours.
 * @param text characters 0-9 and A-Z
 */
export function checkCharacter(text: string): string {
  let product = 36
  for (const character of text) {
    const sum = (product + alphanumeric.indexOf(character)) % 36
    product = ((sum === 0 ? 36 : sum) * 2) % 37
  }
  return alphanumeric.charAt((37 - product) % 36)
}

/** The reference of a case that a person dictates over the phone, `26K4-7QX9-TM2R-H`: the id's twelve characters and a check character. */
export function referenceOf(id: string): string {
  const body = id.slice(id.indexOf('-') + 1).toUpperCase()
  return `${body.match(/.{4}/g)?.join('-') ?? body}-${checkCharacter(body)}`
}

/**
 * Reads a reference as people write it: spaces, dashes, dots and case do not matter, and the letters O, I and L are read as 0 and 1.
 * @returns the id it stands for, or undefined when the check character says that it was mistyped
 */
export function idOfReference(prefix: string, written: string): string | undefined {
  const plain = written.toUpperCase().replace(/[\s.\p{Pd}]/gu, '')
  const body = plain.slice(0, -1).replace(/O/g, '0').replace(/[IL]/g, '1')
  if (!/^[0-9A-HJKMNP-TV-Z]{12}$/.test(body) || checkCharacter(body) !== plain.slice(-1)) return undefined
  return `${prefix}-${body.toLowerCase()}`
}

/** A UUID that is always the same for a name within a namespace (RFC 9562, version 5). @param namespace a UUID */
export function namedUuid(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
