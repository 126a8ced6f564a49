// The process that test/faults/kill-run.ts kills: a local cloud on a data folder. It says where it is on its first line, as JSON.
//   node killed-cloud.ts <assembly> <data folder> <port, 0 for a free one>
import { startLocalCloud } from '@wontanara/local-cloud'

const [assembly = '', data = '', port = '0'] = process.argv.slice(2)
// Whoever started it is gone.
process.stdin.resume().on('end', () => process.exit())

/** What a consumer held when it was killed is hidden for less than this, in milliseconds: it comes again. */
const hidden = 181_000

const cloud = await startLocalCloud({ assembly, data, port: Number(port), log: () => undefined })
await cloud.advance(hidden)
process.stdout.write(`${JSON.stringify({ apiUrl: cloud.apiUrl, ahead: cloud.now() - Date.now() })}\n`)
