import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { errors, jwtVerify, SignJWT } from 'jose'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { heldSecret, keptSecret } from './database.ts'
import { readBody } from './front-door.ts'
import { shortHash } from './hash.ts'

/*
 * Amazon Cognito user pools, as far as tokens go: access tokens, the client-credentials grant, the signing keys.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */

const ClientProperties = z.object({
  UserPoolId: z.string(),
  ClientName: z.string().optional(),
  GenerateSecret: z.boolean().default(false),
  AllowedOAuthFlows: z.array(z.string()).default([]),
  AllowedOAuthScopes: z.array(z.string()).default([]),
  AccessTokenValidity: z.coerce.number().optional(),
  TokenValidityUnits: z.object({ AccessToken: z.string().optional() }).default({}),
})

interface Client extends z.infer<typeof ClientProperties> {
  readonly id: string
  readonly path: string
  readonly secret: string
}

/** What a token is asked for with. */
export interface TokenRequest {
  /** Who: a pseudonym. */
  readonly sub: string
  /** Groups of the user pool: roles, offices. */
  readonly groups?: readonly string[]
  /** Scopes, separated by spaces. */
  readonly scope?: string
  /** Seconds; an hour unless told. Negative for a token that has expired. */
  readonly expiresIn?: number
  /** The user pool client that asked for it; the first that the API accepts unless told. */
  readonly clientId?: string
}

/** A verified token's claims, or why it is none. */
export type Verified =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string }

export interface Cognito {
  token(request: TokenRequest, clientId: string): Promise<string>
  isIssuer(issuer: string): boolean
  verify(token: string, issuer: string, audience: readonly string[]): Promise<Verified>
  /** The token endpoint. Tells whether the request was for it. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  call(action: string, input: unknown): unknown
}

interface KeyPair {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export function cognito(database: DatabaseSync, resources: readonly Resource[], region: string, clock: () => number): Cognito {
  const issuers = new Map(
    resources
      .filter(({ type }) => type === 'AWS::Cognito::UserPool')
      .map(({ name }) => [`https://cognito-idp.${region}.amazonaws.com/${name}`, name]),
  )
  const clients = new Map(
    resources.flatMap((resource): [string, Client][] =>
      resource.type === 'AWS::Cognito::UserPoolClient'
        ? [
            [
              resource.name,
              {
                id: resource.name,
                path: resource.path,
                secret: shortHash(`secret of ${resource.name}`, 45),
                ...propertiesOf(ClientProperties, resource),
              },
            ],
          ]
        : [],
    ),
  )
  /** Made beside the start: RSA keys take their time, and only RSA is supported by HTTP APIs. */
  const keys: Promise<KeyPair> = signingKey(database)
  keys.catch(() => undefined)

  async function sign(claims: Readonly<Record<string, unknown>>, client: Client, expiresIn: number): Promise<string> {
    const { id, privateKey } = await keys
    const now = Math.floor(clock() / 1000)
    return new SignJWT({ ...claims, token_use: 'access', client_id: client.id, version: 2, auth_time: now, jti: randomUUID() })
      .setProtectedHeader({ kid: id, alg: 'RS256' })
      .setIssuer(`https://cognito-idp.${region}.amazonaws.com/${client.UserPoolId}`)
      .setIssuedAt(now)
      .setExpirationTime(now + expiresIn)
      .sign(privateKey)
  }

  function secondsOf({ AccessTokenValidity, TokenValidityUnits }: Client): number {
    const units: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }
    return AccessTokenValidity === undefined ? 3600 : AccessTokenValidity * (units[TokenValidityUnits.AccessToken ?? 'hours'] ?? 3600)
  }

  /** RFC 6749 section 4.4, as Cognito's token endpoint does it. */
  async function grant(form: URLSearchParams, authorization: string | undefined): Promise<{ status: number; body: object }> {
    const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1]
    const [user = '', password = ''] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':')
    const client = clients.get(user || (form.get('client_id') ?? ''))
    const secret = Buffer.from(password || (form.get('client_secret') ?? ''))
    const right = client === undefined ? secret : Buffer.from(client.secret)
    if (client === undefined || !client.GenerateSecret || secret.length !== right.length || !timingSafeEqual(secret, right)) {
      return { status: 400, body: { error: 'invalid_client' } }
    }
    if (form.get('grant_type') !== 'client_credentials') return { status: 400, body: { error: 'unsupported_grant_type' } }
    if (!client.AllowedOAuthFlows.includes('client_credentials')) return { status: 400, body: { error: 'unauthorized_client' } }
    const scopes = (form.get('scope') ?? client.AllowedOAuthScopes.join(' ')).split(' ').filter((scope) => scope !== '')
    if (scopes.some((scope) => !client.AllowedOAuthScopes.includes(scope))) return { status: 400, body: { error: 'invalid_scope' } }
    const expires = secondsOf(client)
    const access = await sign({ sub: client.id, scope: scopes.join(' ') }, client, expires)
    return { status: 200, body: { access_token: access, expires_in: expires, token_type: 'Bearer' } }
  }

  function clientOf(input: unknown): Client {
    const { ClientId } = z.object({ ClientId: z.string() }).parse(input)
    const client = clients.get(ClientId)
    if (client === undefined) throw new AwsError('ResourceNotFoundException', `User pool client ${ClientId} does not exist.`)
    return client
  }

  return {
    token: ({ sub, groups = [], scope = 'aws.cognito.signin.user.admin', expiresIn = 3600 }, clientId) => {
      const client = clientOf({ ClientId: clientId })
      return sign(
        { sub, ...(groups.length === 0 ? {} : { 'cognito:groups': groups, username: sub }), scope, origin_jti: randomUUID() },
        client,
        expiresIn,
      )
    },
    isIssuer: (issuer) => issuers.has(issuer),
    verify: async (token, issuer, audience) => {
      try {
        const { publicKey } = await keys
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: ['RS256'],
          issuer,
          requiredClaims: ['exp'],
          currentDate: new Date(clock()),
        })
        // `client_id` counts only where there is no `aud`.
        const named = payload.aud === undefined ? [payload.client_id] : [payload.aud].flat()
        if (!named.some((name) => typeof name === 'string' && audience.includes(name)))
          return { ok: false, reason: 'the token does not have a valid audience' }
        return { ok: true, claims: payload }
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error
        return { ok: false, reason: error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid' }
      }
    },
    handle: async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://local')
      const answer = (status: number, body: object): true => {
        response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-store' })
        response.end(JSON.stringify(body))
        return true
      }
      if (request.method === 'POST' && url.pathname === '/oauth2/token') {
        const form = new URLSearchParams(((await readBody(request, 100_000)) ?? '').toString())
        const { status, body } = await grant(form, request.headers.authorization)
        return answer(status, body)
      }
      return false
    },
    call: (action, input) => {
      if (action === 'ListUserPoolClients') {
        const { UserPoolId } = z.object({ UserPoolId: z.string() }).parse(input)
        const own = [...clients.values()].filter((client) => client.UserPoolId === UserPoolId)
        return { UserPoolClients: own.map(({ id, path, ClientName = path }) => ({ ClientId: id, UserPoolId, ClientName })) }
      }
      if (action === 'DescribeUserPoolClient') {
        const { id, secret, path, ClientName = path, ...client } = clientOf(input)
        return { UserPoolClient: { ...client, ClientId: id, ClientName, ...(client.GenerateSecret ? { ClientSecret: secret } : {}) } }
      }
      throw new AwsError('UnknownOperationException', `the local cloud does not emulate Cognito ${action}`)
    },
  }
}

async function signingKey(database: DatabaseSync): Promise<KeyPair> {
  const name = 'cognito signing key'
  const pem =
    heldSecret(database, name) ?? keptSecret(database, name, pemOf(await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })))
  const privateKey = createPrivateKey(Buffer.from(pem))
  const publicKey = createPublicKey(privateKey)
  return { id: shortHash(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 20), privateKey, publicKey }
}

const pemOf =
  ({ privateKey }: { readonly privateKey: KeyObject }) =>
  (): Uint8Array =>
    Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
