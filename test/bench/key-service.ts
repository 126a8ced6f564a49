// As much of KMS as opening a class key takes: for benches of one function, where the local cloud would be in the way.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A wrapped key is the plain one: nothing here is secret. */
export async function keyService(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer(async (request, response) => {
    const { CiphertextBlob } = (await json(request)) as { CiphertextBlob?: string }
    const Plaintext = CiphertextBlob ?? randomBytes(32).toString('base64')
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    response.end(JSON.stringify({ Plaintext, CiphertextBlob: Plaintext }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
