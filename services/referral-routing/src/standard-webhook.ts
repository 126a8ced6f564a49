import type { GuardCode } from './refusals.ts'

/*
 * Standard Webhooks (standardwebhooks.com). Signed content `id.timestamp.body`, in base64.
 * Symmetric: HMAC-SHA256, prefix `v1,`; the secret is `whsec_` and 24 to 64 bytes in base64.
 * Asymmetric: ed25519, prefix `v1a,`; `whsk_` and `whpk_` with the keys in base64, the secret one as seed and public key (64 bytes).
 */
const prefix = 'whsec_'
const secretBytes = 32
const privatePrefix = 'whsk_'
const publicPrefix = 'whpk_'
const seedBytes = 32
const ed25519 = { name: 'Ed25519' }

export type Signing = 'v1' | 'v1a'

/** A new key to sign with. `publicKey`: what the receiver of `v1a` verifies with. */
export async function newSigningKey(signing: Signing): Promise<{ readonly secret: string; readonly publicKey?: string }> {
  if (signing === 'v1') return { secret: prefix + Buffer.from(crypto.getRandomValues(new Uint8Array(secretBytes))).toString('base64') }
  const pair = await crypto.subtle.generateKey(ed25519, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('not a pair of keys')
  const { d = '', x = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]
  return {
    secret: privatePrefix + Buffer.concat([seed, point]).toString('base64'),
    publicKey: publicPrefix + point.toString('base64'),
  }
}

async function asymmetric(secret: string, content: string): Promise<string> {
  const bytes = Buffer.from(secret.slice(privatePrefix.length), 'base64')
  const [d, x] = [bytes.subarray(0, seedBytes), bytes.subarray(seedBytes)].map((part) => part.toString('base64url'))
  const key = await crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', d: d ?? '', x: x ?? '' }, ed25519, false, ['sign'])
  return `v1a,${Buffer.from(await crypto.subtle.sign(ed25519, key, Buffer.from(content))).toString('base64')}`
}

async function signature(secret: string, content: string): Promise<string> {
  if (secret.startsWith(privatePrefix)) return asymmetric(secret, content)
  const bytes = Buffer.from(secret.slice(prefix.length), 'base64')
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signed = await crypto.subtle.sign('HMAC', key, Buffer.from(content))
  return `v1,${Buffer.from(signed).toString('base64')}`
}

/**
 * The headers of one delivery attempt.
 * @param secrets the secret in force, and during a change the one before: the receiver may still hold either
 * @param timestamp seconds since 1970 of this attempt; receivers tolerate 300 s
 */
export async function signedHeaders(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: string,
): Promise<Readonly<Record<string, string>>> {
  const signatures = await Promise.all(secrets.map((secret) => signature(secret, `${id}.${timestamp}.${body}`)))
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}

/** What a `Retry-After` header asks for, in seconds from an instant (RFC 9110, 10.2.3); undefined when it says nothing that can be read. */
export function secondsUntil(header: string | undefined, at: string): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header)
  const date = /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.parse(at)) / 1000))
}

/** First octets of IPv4 networks that are not the public internet (IANA special-purpose registry, RFC 6890): prefix, length. */
const specialNetworks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
const number = (dotted: string): number => dotted.split('.').reduce((total, octet) => total * 256 + Number(octet), 0)

/** Whether an IP address is one of the public internet. Of IPv6 only global unicast is, less what embeds or documents other addresses. */
export function isPublicAddress(address: string): boolean {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
    const value = number(address)
    return !specialNetworks.some(
      ([network, length]) => Math.floor(value / 2 ** (32 - length)) === Math.floor(number(network) / 2 ** (32 - length)),
    )
  }
  const [first = '', second = ''] = address.split(':')
  const head = Number.parseInt(first, 16)
  const next = second === '' ? 0 : Number.parseInt(second, 16)
  if (!(head >= 0x2000 && head <= 0x3fff)) return false
  // 2001::/23 protocol assignments and Teredo, 2001:db8::/32 and 3fff::/20 documentation, 2002::/16 6to4.
  return !((head === 0x2001 && (next < 0x200 || next === 0xdb8)) || head === 0x2002 || (head === 0x3fff && next < 0x1000))
}

/** Why a name that has these addresses may not be called. @param addresses undefined when that cannot be told: it is looked up again when it is called */
export function hostFault(addresses: readonly string[] | undefined): GuardCode | undefined {
  if (addresses === undefined) return undefined
  if (addresses.length === 0) return 'unknown-host'
  return addresses.every(isPublicAddress) ? undefined : 'not-a-public-address'
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * Why an endpoint is refused; undefined when it may be called. Names are looked up when they are called, and the addresses checked again.
 * @param local the stage on a developer's machine, where an endpoint on loopback may be reached without TLS
 */
export function endpointFault(url: string, local: boolean): GuardCode | undefined {
  if (!URL.canParse(url)) return 'not-a-url'
  const { protocol, hostname: written, username, password } = new URL(url)
  // A full stop at the end says that the name is whole; it is the same name.
  const hostname = written.replace(/\.$/, '')
  if (username !== '' || password !== '') return 'credentials-in-url'
  if (local && isLoopback(hostname)) return protocol === 'http:' || protocol === 'https:' ? undefined : 'not-https'
  if (protocol !== 'https:') return 'not-https'
  const literal = /^\[(.*)\]$/.exec(hostname)?.[1] ?? (/^[\d.]+$/.test(hostname) ? hostname : undefined)
  if (literal !== undefined) return isPublicAddress(literal) ? undefined : 'not-a-public-address'
  const inside = !hostname.includes('.') || /\.(localhost|local|internal|home\.arpa)$/.test(hostname)
  return inside ? 'not-a-public-address' : undefined
}
