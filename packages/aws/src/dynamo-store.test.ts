import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type Call, chainHash, create, execute, fold, issued, partDigest, read, verifyHistory } from '@wontanara/core'
import { type Dossier, type DossierCommand, type DossierEvent, dossierCall, dossiers, storeContract } from '@wontanara/core/store-contract'
import { type Dynoxide, startDynoxide } from '@wontanara/testing/dynoxide'
import { fakeKms } from '@wontanara/testing/kms'
import fc from 'fast-check'
import { dynamoStore } from './dynamo-store.ts'
import { keyVault } from './key-vault.ts'
import type { Table } from './table.ts'

let dynoxide: Dynoxide
beforeAll(async () => {
  dynoxide = await startDynoxide()
})
afterAll(() => dynoxide.stop())

const keys = { C2: 'arn:c2', 'C3-medical': 'arn:medical', 'C3-protection': 'arn:protection' }
let tables = 0
async function newTable(client: DynamoDBClient = dynoxide.client): Promise<Table> {
  const table = { name: `table-${++tables}`, client }
  await dynoxide.createTable(table.name)
  return table
}
const storeOf = (table: Table, kms = fakeKms()) =>
  dynamoStore(dossiers, table, keyVault({ stage: 'test', service: 'contract', table, kms: kms.client, keys }))

storeContract(async () => storeOf(await newTable()))

const id = 'dossier-1'
const opening = { type: 'open', office: 'conakry', order: '1' } as const
type Distribute<T> = T extends unknown ? Omit<T, 'at' | 'by'> : never
async function setup({ client, call = dossierCall() }: { client?: DynamoDBClient; call?: Call } = {}) {
  const table = await newTable(client)
  const kms = fakeKms()
  const repository = { aggregate: dossiers, store: storeOf(table, kms) }
  const run = (command: Distribute<DossierCommand>, options: Parameters<typeof dossierCall>[0] = {}) => {
    const made = dossierCall(options)
    return execute(repository, id, { ...command, ...issued(made) }, made)
  }
  await create(repository, id, { ...opening, ...issued(call) }, call)
  return { table, kms, repository, store: repository.store, run }
}
const scan = async ({ client, name }: Table) => (await client.send(new ScanCommand({ TableName: name }))).Items ?? []
const itemAt = async (table: Table, sk: string) => (await scan(table)).find((item) => item.sk?.S === sk)!
const put = ({ client, name }: Table, Item: Record<string, never> | Awaited<ReturnType<typeof itemAt>>) =>
  client.send(new PutItemCommand({ TableName: name, Item }))

describe('what lies in the table', () => {
  const canaries = ['PlantedName', 'PlantedAlias', 'PlantedBirth', 'PlantedRemark', 'PlantedFinding']
  async function planted() {
    const made = await setup()
    await made.run({ type: 'name', name: canaries[0]!, aliases: [canaries[1]!] })
    await made.run({ type: 'profile', profile: { origin: 'OpenOrigin', birth: canaries[2]!, remark: canaries[3]! } })
    await made.run({ type: 'find', code: 'OpenCode', finding: canaries[4]! })
    return made
  }

  test('holds nothing of C2 or C3 in clear, in any encoding, in any item (the stream carries the same) or index', async () => {
    const { table } = await planted()
    const items = await scan(table)
    const rows = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'office#conakry' } },
      }),
    )
    const raw = [...items, ...(rows.Items ?? [])].map((item) =>
      JSON.stringify(item, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)),
    )
    const stored = raw.join('\n')
    expect(stored).toContain('OpenOrigin')
    expect(stored).toContain('OpenCode')
    for (const canary of canaries) {
      for (const form of [
        canary,
        Buffer.from(canary).toString('base64').replace(/=+$/, ''),
        Buffer.from(canary).toString('hex'),
        JSON.stringify(canary),
      ])
        expect(stored.includes(form)).toBe(false)
    }
  })

  test('hashes the very text that is stored, and that text names each sealed part by its digest', async () => {
    const { table, store } = await planted()
    const commits = (await scan(table)).filter((item) => item.sk?.S?.startsWith('event#')).sort((a, b) => (a.sk!.S! < b.sk!.S! ? -1 : 1))
    expect(commits).toHaveLength(4)
    for (const { c, h, p, s } of commits) {
      expect(chainHash(p!.S!, c!.S!)).toBe(h!.S)
      const digests = Object.fromEntries(Object.entries(s?.M ?? {}).map(([name, { B }]) => [name, partDigest(B!)]))
      expect(JSON.parse(c!.S!).sealed ?? {}).toEqual(digests)
    }
    expect(verifyHistory(await store.chain(id))).toBeUndefined()
  })

  test.each<[string, string, (item: Awaited<ReturnType<typeof itemAt>>, table: Table) => Promise<unknown>, object]>([
    [
      'a changed text',
      'event#00000002',
      (item, table) => put(table, { ...item, c: { S: item.c!.S!.replace('officer-1', 'officer-2') } }),
      { version: 2, fault: 'altered' },
    ],
    [
      'a sealed part of another commit',
      'event#00000002',
      async (item, table) => put(table, { ...item, s: (await itemAt(table, 'event#00000004')).s! }),
      { version: 2, fault: 'sealed-part' },
    ],
    ['a sealed part taken away', 'event#00000003', ({ s: _, ...item }, table) => put(table, item), { version: 3, fault: 'sealed-part' }],
    [
      'a commit taken away',
      'event#00000003',
      (item, table) => table.client.send(new DeleteItemCommand({ TableName: table.name, Key: { pk: item.pk!, sk: item.sk! } })),
      { version: 3, fault: 'missing' },
    ],
    [
      'the last commit taken away',
      'event#00000004',
      (item, table) => table.client.send(new DeleteItemCommand({ TableName: table.name, Key: { pk: item.pk!, sk: item.sk! } })),
      { version: 4, fault: 'missing' },
    ],
  ])('verification finds %s', async (_, sk, tamper, expected) => {
    const { table, store } = await planted()
    await tamper(await itemAt(table, sk), table)
    expect(verifyHistory(await store.chain(id))).toEqual(expected)
  })

  test('a sealed value does not open in another version, item or record', async () => {
    const { table, store, run } = await planted()
    const old = await itemAt(table, 'state')
    await run({ type: 'name', name: 'Other' })
    const now = await itemAt(table, 'state')
    await put(table, { ...now, s: old.s! })
    await expect(store.load(id, { fresh: true })).rejects.toThrow()
    await put(table, { ...now, pk: { S: 'dossier#dossier-2' }, f: { S: '{}' } })
    await expect(store.load('dossier-2', { fresh: true })).rejects.toThrow()
    await put(table, now)
    await expect(store.load(id, { fresh: true })).resolves.toBeDefined()
  })

  test('a cold field set back to what it was before, or a mark taken away, is not taken for the record', async () => {
    const { table, store, run } = await planted()
    const before = await itemAt(table, 'state#profile')
    await run({ type: 'profile', profile: { origin: 'x', birth: 'y', remark: null } })
    await put(table, before)
    await expect(store.load(id, { fresh: true })).rejects.toThrow('do not belong together')
    const state = await itemAt(table, 'state')
    await put(table, { ...state, f: { S: JSON.stringify({ profile: Number(before.v!.N) }) }, a: { S: state.a!.S!.slice(16) } })
    await expect(store.load(id, { fresh: true })).rejects.toThrow('do not belong together')
  })

  test('destroying the keys of a record makes its state and its history unreadable, and leaves the chain verifiable', async () => {
    const { table, store } = await planted()
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: { pk: { S: `dossier#${id}` }, sk: { S: 'state' } },
        UpdateExpression: 'REMOVE k',
      }),
    )
    await expect(store.load(id, { fresh: true })).rejects.toThrow('no key')
    await expect(store.history(id)).rejects.toThrow('no key')
    expect(verifyHistory(await store.chain(id))).toBeUndefined()
  })

  test('an item that is not of our making is a fault', async () => {
    const { table, store } = await planted()
    const state = await itemAt(table, 'state')
    for (const broken of [{ v: { S: 'one' } }, { c: { S: '{"count":"many"}' } }, { s: { S: 'text' } }, { f: { S: '[]' } }]) {
      await put(table, { ...state, ...broken })
      await expect(store.load(id, { fresh: true })).rejects.toThrow()
    }
    await put(table, { ...(await itemAt(table, 'event#00000002')), c: { S: '{}' } })
    await put(table, state)
    await expect(store.history(id)).rejects.toThrow()
  })
})

test('KMS is not asked for a request: one call a class, however many commands and reads', async () => {
  const { kms, run, repository } = await setup()
  for (let i = 0; i < 10; i++) {
    await run({ type: 'find', code: 'c', finding: `f${i}` })
    await read(repository, id, dossierCall({ action: 'case:read' }))
  }
  expect(kms.calls.map(({ keyId }) => keyId).sort()).toEqual(['arn:c2', 'arn:medical'])
})

test('the hot item does not grow with the number of commands', async () => {
  const { table, run } = await setup()
  const sizeOf = async () => JSON.stringify(await itemAt(table, 'state')).length
  await run({ type: 'count', add: 1 })
  const sizes: number[] = []
  for (let i = 0; i < 130; i++) {
    await run({ type: 'count', add: 1 })
    sizes.push(await sizeOf())
  }
  expect(Math.max(...sizes)).toBeLessThan(sizes[0]! + 64 * 16 + 10)
  expect(sizes.at(-1)).toBeLessThan(sizes[50]!)
})

/** A client that a test can make fail: `fault` sees each call after it was sent, and may throw instead of answering. */
function faulty(fault: (command: string, output: unknown) => unknown, maxAttempts = 3) {
  const client = dynoxide.clientWith({ maxAttempts })
  let sent = 0
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next(args)
        if (commandName === 'TransactWriteItemsCommand') sent++
        fault(commandName, result.output)
        return result
      },
    // Inside of the SDK's retries: it sends again what is thrown here as a transient error.
    { step: 'deserialize', priority: 'high', name: 'faulty' },
  )
  return { client, sent: () => sent }
}
const lost = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' })

describe('an answer that is lost after the commit', () => {
  test.each([
    ['and the SDK sends again', 3, 2],
    ['and nobody sends again but the caller', 1, 1],
  ])('%s: applied once, answered as success', async (_, maxAttempts, expected) => {
    let armed = false
    const wire = faulty((command) => {
      if (!armed || command !== 'TransactWriteItemsCommand') return
      armed = false
      throw lost()
    }, maxAttempts)
    const { store, run } = await setup({ client: wire.client })
    const before = wire.sent()
    armed = true
    const options = { key: 'k', ifMatch: 1 }
    const send = () => run({ type: 'count', add: 1 }, options)
    const result = maxAttempts === 1 ? await send().catch(send) : await send()
    expect(wire.sent() - before).toBe(expected)
    expect(result).toMatchObject({ ok: true, value: { version: 2, state: { count: 1 } } })
    expect(await send()).toEqual(result)
    expect(await store.history(id)).toHaveLength(2)
  })

  test('of a creation: the repeat is answered as the first', async () => {
    let armed = true
    const wire = faulty((command) => {
      if (!armed || command !== 'TransactWriteItemsCommand') return
      armed = false
      throw lost()
    })
    const call = dossierCall({ key: 'creation' })
    const { repository } = await setup({ client: wire.client, call })
    expect(await create(repository, id, { ...opening, ...issued(call) }, call)).toMatchObject({ ok: true, value: { version: 1 } })
    expect(await repository.store.history(id)).toHaveLength(1)
  })
})

describe('a transaction that is cancelled', () => {
  const cancelled = (...codes: readonly string[]) =>
    new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: codes.map((Code) => ({ Code })) })
  async function cancelling(error: Error, times: number) {
    const made = await setup()
    let left = times
    const { client } = made.table
    const send = client.send.bind(client) as (command: object) => Promise<unknown>
    const failing = Object.assign(Object.create(client), {
      send: async (command: object) => {
        if (command.constructor.name === 'TransactWriteItemsCommand' && left-- > 0) throw error
        return send(command)
      },
    }) as DynamoDBClient
    const store = dynamoStore(
      dossiers,
      { ...made.table, client: failing },
      keyVault({ stage: 'test', service: 'contract', table: made.table, kms: made.kms.client, keys }),
    )
    const call = dossierCall()
    const run = () => execute({ aggregate: dossiers, store }, id, { type: 'count', add: 1, ...issued(call) }, call)
    return { run, history: () => made.store.history(id) }
  }

  test.each([
    ['by another transaction', cancelled('TransactionConflict', 'None')],
    ['by a change in between', cancelled('ConditionalCheckFailed', 'None')],
    ['by itself, still under way', Object.assign(new Error('in progress'), { name: 'TransactionInProgressException' })],
  ])('%s is tried again', async (_, error) => {
    const { run, history } = await cancelling(error, 2)
    expect(await run()).toMatchObject({ ok: true, value: { version: 2 } })
    expect(await history()).toHaveLength(2)
  })

  test.each([
    ['by throttling', cancelled('ThrottlingError', 'None')],
    ['by throughput, beside a conflict', cancelled('ProvisionedThroughputExceeded', 'TransactionConflict')],
    ['by its size', cancelled('ValidationError', 'None')],
    ['before it began', Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' })],
  ])('%s is a fault, and nothing of it is there', async (_, error) => {
    const { run, history } = await cancelling(error, 1)
    await expect(run()).rejects.toBe(error)
    expect(await history()).toHaveLength(1)
    expect(await run()).toMatchObject({ ok: true, value: { version: 2, state: { count: 1 } } })
  })
})

test('a read that meets a transaction halfway reads again', async () => {
  let torn = 0
  const wire = faulty((command, output) => {
    if (torn === 0 || command !== 'QueryCommand') return
    torn--
    const page = output as { Items: unknown[] }
    page.Items = page.Items.slice(0, 1)
  })
  const { store, run } = await setup({ client: wire.client })
  await run({ type: 'profile', profile: { origin: 'o', birth: 'b', remark: null } })
  torn = 2
  expect((await store.load(id))?.state.profile).toEqual({ origin: 'o', birth: 'b', remark: null })
  expect(torn).toBe(0)
})

test('whatever is done to a record, what is loaded is what its history makes of it', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 })
  const command: fc.Arbitrary<Distribute<DossierCommand>> = fc.oneof(
    fc.record({ type: fc.constant('name' as const), name: fc.option(text), aliases: fc.array(text, { maxLength: 3 }) }),
    fc.record({
      type: fc.constant('profile' as const),
      profile: fc.option(fc.record({ origin: text, birth: text, remark: fc.option(text) }), { nil: undefined }),
    }),
    fc.record({ type: fc.constant('find' as const), code: text, finding: text }),
    fc.record({ type: fc.constant('count' as const), add: fc.integer({ min: -3, max: 5 }) }),
    fc.record({ type: fc.constant('assign' as const), assignees: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }) }),
    fc.record({ type: fc.constant('move' as const), office: fc.constantFrom('conakry', 'labe') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
      const { store, run } = await setup()
      let expected: Dossier | undefined = fold(dossiers, undefined, [
        { type: 'contract.dossier-opened.v1', data: { office: 'conakry', order: '1' } },
      ])
      for (const one of commands) {
        const result = await run(one)
        if (result.ok) expected = result.value.state
        expect((await store.load(id, { fresh: true }))?.state).toEqual(expected)
      }
      const events: DossierEvent[] = (await store.history(id)).flatMap((commit) => commit.events)
      expect(fold(dossiers, undefined, events)).toEqual(expected)
      expect(verifyHistory(await store.chain(id))).toBeUndefined()
    }),
    { numRuns: 15 },
  )
})
