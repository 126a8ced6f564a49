import { createPublicKey, verify } from 'node:crypto'
import { BlockList } from 'node:net'
import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { endpointFault, hostFault, isPublicAddress, newSigningKey, secondsUntil, signedHeaders } from './standard-webhook.ts'

const newSecret = async (): Promise<string> => (await newSigningKey('v1')).secret

/** The published vector: standard-webhooks, libraries/javascript/src/webhook.test.ts. */
const vector = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

test('the signature of the published vector', async () => {
  const headers = await signedHeaders([vector.secret], vector.id, vector.timestamp, vector.body)
  expect(headers).toEqual({
    'content-type': 'application/json',
    'webhook-id': vector.id,
    'webhook-timestamp': String(vector.timestamp),
    'webhook-signature': vector.signature,
  })
})

test('the official library accepts what we sign, with the secret in force and with the one before', async () => {
  const [current, previous] = [await newSecret(), await newSecret()]
  const body = JSON.stringify({ type: 'referral.sent', city: 'Nzérékoré' })
  const headers = await signedHeaders([current, previous], 'ref-26k47qx9tm2r_2_1', Math.floor(Date.now() / 1000), body)
  for (const secret of [current, previous]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
  const other = await newSecret()
  expect(() => new Webhook(other).verify(body, headers)).toThrow()
  expect(() => new Webhook(current).verify(`${body} `, headers)).toThrow()
})

test('v1a: whoever has the public key can tell that it was signed by the private one, and cannot sign', async () => {
  const { secret, publicKey = '' } = await newSigningKey('v1a')
  const other = await newSigningKey('v1a')
  expect([secret, publicKey]).toEqual([
    expect.stringMatching(/^whsk_[A-Za-z0-9+/]{86}==$/),
    expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
  ])
  const headers = await signedHeaders([secret, (await newSigningKey('v1')).secret], vector.id, vector.timestamp, vector.body)
  const [first = '', second] = (headers['webhook-signature'] ?? '').split(' ')
  expect(second).toMatch(/^v1,/)
  const signature = Buffer.from(first.slice('v1a,'.length), 'base64')
  const verified = (key: string, body: string): boolean => {
    const x = Buffer.from(key.slice('whpk_'.length), 'base64').toString('base64url')
    const content = Buffer.from(`${vector.id}.${vector.timestamp}.${body}`)
    return verify(null, content, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature)
  }
  expect([verified(publicKey, vector.body), verified(publicKey, '{}'), verified(other.publicKey ?? '', vector.body)]).toEqual([
    true,
    false,
    false,
  ])
})

test('a new secret is 32 random bytes in the form of the standard', async () => {
  const secrets = [await newSecret(), await newSecret()]
  for (const secret of secrets) {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32)
  }
  expect(secrets[0]).not.toBe(secrets[1])
})

describe('endpoints', () => {
  test.each([
    'https://partner.example/hook',
    'https://partner.example:8443/hook?tenant=1',
    'https://93.184.215.14/hook',
    'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook',
  ])('%s may be called', (url) => expect(endpointFault(url, false)).toBeUndefined())

  test.each([
    ['partner.example/hook', 'not-a-url'],
    ['http://partner.example/hook', 'not-https'],
    ['ftp://partner.example/hook', 'not-https'],
    ['https://user:secret@partner.example/hook', 'credentials-in-url'],
    ['https://localhost/hook', 'not-a-public-address'],
    ['https://intranet/hook', 'not-a-public-address'],
    ['https://localhost./hook', 'not-a-public-address'],
    ['https://intranet./hook', 'not-a-public-address'],
    ['https://db.internal/hook', 'not-a-public-address'],
    ['https://printer.local./hook', 'not-a-public-address'],
    ['https://127.0.0.1/hook', 'not-a-public-address'],
    // The URL standard reads each of these as 127.0.0.1 or 10.0.0.1.
    ['https://2130706433/hook', 'not-a-public-address'],
    ['https://0x7f.1/hook', 'not-a-public-address'],
    ['https://012.0.0.1/hook', 'not-a-public-address'],
    ['https://169.254.169.254/latest/meta-data', 'not-a-public-address'],
    ['https://[::1]/hook', 'not-a-public-address'],
    ['https://[::ffff:10.0.0.1]/hook', 'not-a-public-address'],
    ['https://[fd00:ec2::254]/hook', 'not-a-public-address'],
    ['http://127.0.0.1:8080/hook', 'not-https'],
  ])('%s is refused: %s', (url, fault) => expect(endpointFault(url, false)).toBe(fault))

  test('loopback without TLS only on a developer’s machine', () => {
    for (const url of ['http://127.0.0.1:8080/hook', 'http://localhost:8080/hook', 'http://[::1]:8080/hook']) {
      expect(endpointFault(url, true)).toBeUndefined()
      expect(endpointFault(url, false)).not.toBeUndefined()
    }
    expect(endpointFault('http://partner.example/hook', true)).toBe('not-https')
    expect(endpointFault('https://10.0.0.1/hook', true)).toBe('not-a-public-address')
  })

  test.each([
    ['8.8.8.8', true],
    ['172.15.255.255', true],
    ['172.16.0.0', false],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['100.64.0.1', false],
    ['100.128.0.1', true],
    ['192.168.1.1', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['2001:4860:4860::8888', true],
    ['2001:db8::1', false],
    ['2001::1', false],
    ['2002:7f00:1::', false],
    ['fe80::1', false],
    ['fc00::1', false],
    ['ff02::1', false],
    ['::', false],
    ['::1', false],
    ['::ffff:8.8.8.8', false],
    ['64:ff9b::7f00:1', false],
  ])('%s public: %s', (address, expected) => expect(isPublicAddress(address)).toBe(expected))
})

test.each([
  ['120', 120],
  ['Mon, 02 Mar 2026 09:02:00 GMT', 120],
  ['Mon, 02 Mar 2026 08:00:00 GMT', 0],
  ['-5', undefined],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After %s is %s seconds', (header, seconds) => expect(secondsUntil(header, '2026-03-02T09:00:00.000Z')).toBe(seconds))

describe('special addresses, as another implementation of networks tells them', () => {
  // Two: of a list with both kinds, IPv4 is looked up among IPv6 too.
  const [special, special6] = [new BlockList(), new BlockList()]
  // https://www.iana.org/assignments/iana-ipv4-special-registry: what is not globally reachable; and multicast.
  for (const [network, length] of [
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
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const)
    special.addSubnet(network, length)
  // https://www.iana.org/assignments/iana-ipv6-special-registry, and all that is not global unicast (2000::/3).
  for (const [network, length] of [
    ['::', 3],
    ['4000::', 2],
    ['8000::', 1],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
  ] as const)
    special6.addSubnet(network, length, 'ipv6')

  const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
  /** Anywhere, and often near the edges of networks. */
  const anyV4 = fc.oneof(
    fc.nat(0xffffffff),
    fc
      .tuple(
        fc.constantFrom(0x0a000000, 0x64400000, 0x7f000000, 0xa9fe0000, 0xac100000, 0xc0a80000, 0xc6120000, 0xe0000000),
        fc.integer({ min: -2, max: 2 }),
      )
      .map(([edge, by]) => (edge + by) >>> 0),
  )

  test('of IPv4', () => {
    void fc.assert(
      fc.property(anyV4, (value) => expect(isPublicAddress(dotted(value))).toBe(!special.check(dotted(value)))),
      { numRuns: 2000 },
    )
  })

  test('of IPv6', () => {
    const group = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0x2001, 0xdb8, 0x2002, 0x3fff, 0x64, 0xff9b, 0xfe80, 0xfc00, 0xffff))
    const any = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.map((one) => one.toString(16)).join(':'))
    void fc.assert(
      fc.property(any, (address) => {
        // As dns and URL write it.
        const written = new URL(`http://[${address}]`).hostname.slice(1, -1)
        expect(isPublicAddress(written)).toBe(!special6.check(address, 'ipv6'))
      }),
      { numRuns: 2000 },
    )
  })

  test('however a URL writes them: decimal, hexadecimal, octal, or within IPv6', () => {
    const ways: readonly ((value: number) => string)[] = [
      dotted,
      String,
      (value) => `0x${value.toString(16)}`,
      (value) => [24, 16, 8, 0].map((shift) => `0${((value >>> shift) & 255).toString(8)}`).join('.'),
      (value) => `${value >>> 24}.${value & 0xffffff}`,
      (value) => `[::ffff:${dotted(value)}]`,
      (value) => `[64:ff9b::${dotted(value)}]`,
    ]
    void fc.assert(
      fc.property(anyV4, fc.constantFrom(...ways), (value, write) => {
        fc.pre(special.check(dotted(value)))
        expect(endpointFault(`https://${write(value)}/hook`, false)).toBe('not-a-public-address')
      }),
      { numRuns: 1000 },
    )
  })
})

test('a name is held to all of its addresses', () => {
  expect(hostFault(['8.8.8.8', '2001:4860:4860::8888'])).toBeUndefined()
  expect(hostFault(['8.8.8.8', '127.0.0.1'])).toBe('not-a-public-address')
  expect(hostFault([])).toBe('unknown-host')
  expect(hostFault(undefined)).toBeUndefined()
})
