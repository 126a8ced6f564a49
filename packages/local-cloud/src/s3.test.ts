import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { writeFixture } from './fixture.ts'
import { type LocalCloud, startLocalCloud } from './local-cloud.ts'

const day = 24 * 60 * 60_000
const Bucket = 'fixture-files'
const rule = { Status: 'Enabled', Prefix: 'short/', ExpirationInDays: 1, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }
const large = Buffer.alloc(5 * 1024 * 1024, 'a')

let cloud: LocalCloud
let client: S3Client
const fixture = writeFixture({
  Files: { Type: 'AWS::S3::Bucket', Properties: { BucketName: Bucket, LifecycleConfiguration: { Rules: [rule] } } },
})
beforeAll(async () => {
  cloud = await startLocalCloud({ assembly: fixture.assembly })
  client = new S3Client({ endpoint: cloud.endpoint, region: cloud.region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
})
afterAll(async () => {
  client.destroy()
  await cloud.stop()
  fixture.remove()
})

async function begun(Key: string) {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'text/csv', ChecksumAlgorithm: 'CRC32' }),
  )
  const upload = { Bucket, Key, UploadId }
  const part = async (PartNumber: number, Body: Uint8Array) => {
    const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }))
    return { PartNumber, ETag, ChecksumCRC32 }
  }
  const complete = (Parts: readonly Awaited<ReturnType<typeof part>>[]) =>
    client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...Parts] } }))
  return { upload, part, complete }
}
const text = async (Key: string): Promise<string> =>
  (await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? ''

test('an object is what was put there last', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'one' }))
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'deux, où' }))
  expect(await text('a/b')).toBe('deux, où')
  await expect(text('a/c')).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } })
})

test('an upload becomes the parts that are named, each as it was sent last, and is complete once', async () => {
  const { upload, part, complete } = await begun('parts')
  await part(1, large.subarray(1))
  const parts = [await part(1, large), await part(7, Buffer.from('end'))]
  await part(3, Buffer.from('not named'))
  await complete(parts)
  const content = await text('parts')
  expect([content.length, content.slice(-4)]).toEqual([large.length + 3, 'aend'])
  expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'parts' }))).toMatchObject({
    ContentType: 'text/csv',
    ContentLength: large.length + 3,
  })
  await expect(complete(parts)).rejects.toMatchObject({ name: 'NoSuchUpload' })
  await expect(client.send(new AbortMultipartUploadCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
})

test('an upload is refused whose parts are too small, out of order, not there, or without their sums', async () => {
  const { part, complete } = await begun('refused')
  const [small, last] = [await part(1, Buffer.from('small')), await part(2, Buffer.from('last'))]
  await expect(complete([small, last])).rejects.toMatchObject({ name: 'EntityTooSmall' })
  await expect(complete([last, small])).rejects.toMatchObject({ name: 'InvalidPartOrder' })
  await expect(complete([{ ...last, ETag: '"0"' }])).rejects.toMatchObject({ name: 'InvalidPart' })
  await expect(complete([{ ...last, ChecksumCRC32: undefined }])).rejects.toMatchObject({ name: 'InvalidRequest' })
  await complete([last])
  expect(await text('refused')).toBe('last')
})

test('what the lifecycle rule says goes, at the midnight after its day, and nothing else', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'short/a', Body: 'a' }))
  await client.send(new PutObjectCommand({ Bucket, Key: 'long/a', Body: 'a' }))
  const { part } = await begun('short/b')
  const beforeMidnight = day - (cloud.now() % day) - 1000
  await cloud.advance(beforeMidnight)
  expect(await text('short/a')).toBe('a')
  await cloud.advance(day)
  expect(await text('short/a')).toBe('a')
  await cloud.advance(2000)
  await cloud.advance(day)
  await expect(text('short/a')).rejects.toMatchObject({ name: 'NoSuchKey' })
  await expect(part(1, large)).rejects.toMatchObject({ name: 'NoSuchUpload' })
  expect(await text('long/a')).toBe('a')
})
