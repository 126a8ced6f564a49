import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { webhookPost } from './webhook.http.ts'

let server: Server
let listener: RequestListener
const received: { headers: IncomingMessage['headers']; url: string | undefined; body: string }[] = []
let origin: string

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      received.push({ headers: request.headers, url: request.url, body })
      listener(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => received.splice(0))

const headers = { 'content-type': 'application/json', 'webhook-id': 'ref-1_2_0' }

test('sends body and headers, and gives the status without reading the answer', async () => {
  listener = (_, response) => response.writeHead(202).end('x'.repeat(1_000_000))
  expect(await webhookPost(true)(`${origin}/hook?a=1`, headers, '{"é":1}')).toEqual({ status: 202 })
  expect(received).toMatchObject([{ url: '/hook?a=1', headers, body: '{"é":1}' }])
})

test('does not follow a redirect', async () => {
  listener = (_, response) => response.writeHead(307, { location: `${origin}/elsewhere` }).end()
  expect(await webhookPost(true)(`${origin}/hook`, headers, '{}')).toEqual({ status: 307 })
  expect(received.map(({ url }) => url)).toEqual(['/hook'])
})

test('gives what Retry-After asks for', async () => {
  listener = (_, response) => response.writeHead(429, { 'retry-after': '120' }).end()
  expect(await webhookPost(true)(`${origin}/hook`, headers, '{}')).toEqual({ status: 429, retryAfter: '120' })
})

test('an answer that changes the protocol is no answer, and no wait without end', async () => {
  listener = (request) => request.socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')
  await expect(webhookPost(true)(`${origin}/hook`, headers, '{}')).rejects.toThrow('no answer')
})

test('throws when the connection breaks before an answer', async () => {
  listener = (request) => request.socket.destroy()
  await expect(webhookPost(true)(`${origin}/hook`, headers, '{}')).rejects.toThrow()
})

test('a name that leads to loopback is not called', async () => {
  const { port } = server.address() as AddressInfo
  await expect(webhookPost(false)(`https://localhost:${port}/hook`, headers, '{}')).rejects.toThrow('not a public address')
  expect(received).toEqual([])
})
