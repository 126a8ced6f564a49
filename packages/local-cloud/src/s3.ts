import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import * as z from 'zod'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { atomically } from './database.ts'

/*
 * Amazon S3, as far as files are written in parts, downloaded by presigned URLs, and expire: https://docs.aws.amazon.com/AmazonS3/latest/API/
 * What an object holds are the parts of its upload, one after the other: nothing is copied when an upload is completed.
 */

/** A part but the last is no smaller: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const smallestPart = 5 * 1024 * 1024
const day = 86_400_000

const Rule = z.strictObject({
  Id: z.string().optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: z.string().default(''),
  ExpirationInDays: z.coerce.number().int().min(1).optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: z.coerce.number().int().min(1) }).optional(),
})
const Properties = z.strictObject({
  BucketName: z.string().optional(),
  BucketEncryption: z
    .strictObject({
      ServerSideEncryptionConfiguration: z.array(
        z.strictObject({
          BucketKeyEnabled: z.boolean().optional(),
          // Nothing is encrypted here; the use of a key of KMS must be allowed (permissions.ts).
          ServerSideEncryptionByDefault: z.discriminatedUnion('SSEAlgorithm', [
            z.strictObject({ SSEAlgorithm: z.literal('AES256') }),
            z.strictObject({ SSEAlgorithm: z.literal('aws:kms'), KMSMasterKeyID: z.string() }),
          ]),
        }),
      ),
    })
    .optional(),
  LifecycleConfiguration: z.strictObject({ Rules: z.array(Rule) }).default({ Rules: [] }),
  OwnershipControls: z.unknown().optional(),
  // Nobody gets in here without a signature anyway.
  PublicAccessBlockConfiguration: z.unknown().optional(),
  Tags: z.unknown().optional(),
})

/** What is sent with an object and given back with it. */
const Described = { ContentType: z.string().optional(), ContentDisposition: z.string().optional() }
const Place = z.object({ Bucket: z.string(), Key: z.string().min(1).max(1024) })
const Create = Place.extend({ ...Described, ChecksumAlgorithm: z.literal('CRC32').optional() })
const Put = Place.extend({ ...Described, ChecksumCRC32: z.string().optional() })
const Upload = Place.extend({ UploadId: z.string() })
const Part = Upload.extend({ PartNumber: z.number().int().min(1).max(10_000), ChecksumCRC32: z.string().optional() })
const Complete = Upload.extend({
  Parts: z.array(z.object({ PartNumber: z.number(), ETag: z.string(), ChecksumCRC32: z.string().optional() })).min(1),
})

const UploadRow = z.object({ bucket: z.string(), key: z.string(), description: z.string(), checksums: z.number() })
const PartRow = z.object({ number: z.number(), etag: z.string(), crc: z.string(), size: z.number() })
const ObjectRow = z.object({ upload: z.string(), etag: z.string(), size: z.number(), written: z.number(), description: z.string() })
const Bytes = z.object({ bytes: z.instanceof(Uint8Array) })

export interface S3 {
  /** Whether a path such as `/bucket/key` is one of a bucket here. */
  owns(path: string): boolean
  /** @param payload what was sent along @throws AwsError as S3 refuses */
  call(action: string, input: unknown, payload: Buffer): unknown
  /** What an object holds, part by part. */
  content(bucket: string, key: string): Iterable<Uint8Array>
  /** Does away with what the lifecycle rules say. */
  expire(): void
}

const base64Crc = (bytes: Uint8Array): string => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum.toString('base64')
}
function requireSum(given: string | undefined, payload: Uint8Array): void {
  if (given !== undefined && given !== base64Crc(payload))
    throw new AwsError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.')
}
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
const unquoted = (etag: string): string => etag.replaceAll('"', '')

export function s3(database: DatabaseSync, resources: readonly Resource[], clock: () => number): S3 {
  const buckets = new Map(
    resources
      .filter(({ type }) => type === 'AWS::S3::Bucket')
      .map((resource) => [
        resource.name,
        propertiesOf(Properties, resource).LifecycleConfiguration.Rules.filter(({ Status }) => Status === 'Enabled'),
      ]),
  )
  const sql = {
    begin: database.prepare('INSERT INTO upload (id, bucket, key, description, checksums, begun) VALUES (?, ?, ?, ?, ?, ?)'),
    upload: database.prepare('SELECT bucket, key, description, checksums FROM upload WHERE id = ?'),
    uploadsBefore: database.prepare('SELECT id FROM upload WHERE bucket = ? AND substr(key, 1, length(?2)) = ?2 AND begun < ?3'),
    end: database.prepare('DELETE FROM upload WHERE id = ?'),
    put: database.prepare('INSERT OR REPLACE INTO part (upload, number, etag, crc, bytes) VALUES (?, ?, ?, ?, ?)'),
    parts: database.prepare('SELECT number, etag, crc, length(bytes) AS size FROM part WHERE upload = ? ORDER BY number'),
    bytes: database.prepare('SELECT bytes FROM part WHERE upload = ? AND number = ?'),
    drop: database.prepare('DELETE FROM part WHERE upload = ?'),
    dropOne: database.prepare('DELETE FROM part WHERE upload = ? AND number = ?'),
    write: database.prepare(
      'INSERT OR REPLACE INTO object (bucket, key, upload, etag, size, written, description) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    object: database.prepare('SELECT upload, etag, size, written, description FROM object WHERE bucket = ? AND key = ?'),
    objectsBefore: database.prepare('SELECT key FROM object WHERE bucket = ? AND substr(key, 1, length(?2)) = ?2 AND written < ?3'),
    remove: database.prepare('DELETE FROM object WHERE bucket = ? AND key = ?'),
  }

  const objectAt = (bucket: string, key: string) => ObjectRow.optional().parse(sql.object.get(bucket, key))
  function found(bucket: string, key: string): z.infer<typeof ObjectRow> {
    const object = objectAt(bucket, key)
    if (object === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404)
    return object
  }
  function uploadOf({ UploadId, Bucket, Key }: z.infer<typeof Upload>): z.infer<typeof UploadRow> {
    const upload = UploadRow.optional().parse(sql.upload.get(UploadId))
    if (upload === undefined || upload.bucket !== Bucket || upload.key !== Key)
      throw new AwsError(
        'NoSuchUpload',
        'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
        404,
      )
    return upload
  }
  function removed(bucket: string, key: string): void {
    const object = objectAt(bucket, key)
    if (object === undefined) return
    sql.remove.run(bucket, key)
    sql.drop.run(object.upload)
  }
  function aborted(id: string): void {
    sql.drop.run(id)
    sql.end.run(id)
  }

  function completed(input: z.infer<typeof Complete>): object {
    const { Bucket, Key, UploadId, Parts } = input
    const { description, checksums } = uploadOf(input)
    const stored = new Map(
      z
        .array(PartRow)
        .parse(sql.parts.all(UploadId))
        .map((part) => [part.number, part]),
    )
    const listed = Parts.map(({ PartNumber, ETag, ChecksumCRC32 }, i) => {
      if (PartNumber <= (Parts[i - 1]?.PartNumber ?? 0))
        throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order. Parts must be ordered by part number.')
      const part = stored.get(PartNumber)
      if (checksums === 1 && ChecksumCRC32 === undefined)
        throw new AwsError(
          'InvalidRequest',
          `The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part ${PartNumber} in the request.`,
        )
      if (part === undefined || part.etag !== unquoted(ETag) || (ChecksumCRC32 !== undefined && part.crc !== ChecksumCRC32))
        throw new AwsError(
          'InvalidPart',
          "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        )
      return part
    })
    if (listed.slice(0, -1).some(({ size }) => size < smallestPart))
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
    const etag = `${md5(Buffer.concat(listed.map((part) => Buffer.from(part.etag, 'hex'))))}-${listed.length}`
    const size = listed.reduce((sum, part) => sum + part.size, 0)
    atomically(database, () => {
      removed(Bucket, Key)
      for (const number of stored.keys()) if (!Parts.some(({ PartNumber }) => PartNumber === number)) sql.dropOne.run(UploadId, number)
      sql.write.run(Bucket, Key, UploadId, etag, size, clock(), description)
      sql.end.run(UploadId)
    })
    return { Bucket, Key, ETag: `"${etag}"` }
  }

  function head(input: unknown): object {
    const { Bucket, Key } = Place.parse(input)
    const { etag, size, written, description } = found(Bucket, Key)
    const described: unknown = JSON.parse(description)
    return {
      ETag: `"${etag}"`,
      ContentLength: size,
      LastModified: new Date(written).toUTCString(),
      ContentType: 'binary/octet-stream',
      ...z.object(Described).parse(described),
    }
  }

  return {
    owns: (path) => buckets.has(path.split(/[/?]/)[1] ?? ''),
    call: (action, input, payload) => {
      switch (action) {
        case 'CreateMultipartUpload': {
          const { Bucket, Key, ContentType, ContentDisposition, ChecksumAlgorithm } = Create.parse(input)
          const UploadId = randomBytes(48).toString('base64url')
          const description = JSON.stringify({ ContentType, ContentDisposition })
          sql.begin.run(UploadId, Bucket, Key, description, ChecksumAlgorithm === undefined ? 0 : 1, clock())
          return { Bucket, Key, UploadId }
        }
        case 'PutObject': {
          const { Bucket, Key, ContentType, ContentDisposition, ChecksumCRC32 } = Put.parse(input)
          requireSum(ChecksumCRC32, payload)
          const [upload, etag] = [randomBytes(48).toString('base64url'), md5(payload)]
          atomically(database, () => {
            removed(Bucket, Key)
            sql.put.run(upload, 1, etag, base64Crc(payload), payload)
            sql.write.run(Bucket, Key, upload, etag, payload.length, clock(), JSON.stringify({ ContentType, ContentDisposition }))
          })
          return { ETag: `"${etag}"` }
        }
        case 'UploadPart': {
          const part = Part.parse(input)
          const { checksums } = uploadOf(part)
          const crc = base64Crc(payload)
          if (part.ChecksumCRC32 !== undefined && checksums === 0)
            throw new AwsError(
              'InvalidRequest',
              'Checksum Type mismatch occurred, expected checksum Type: null, actual checksum Type: crc32',
            )
          requireSum(part.ChecksumCRC32, payload)
          const etag = md5(payload)
          sql.put.run(part.UploadId, part.PartNumber, etag, crc, payload)
          return { ETag: `"${etag}"`, ...(part.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: crc }) }
        }
        case 'CompleteMultipartUpload':
          return completed(Complete.parse(input))
        case 'AbortMultipartUpload': {
          const upload = Upload.parse(input)
          uploadOf(upload)
          atomically(database, () => aborted(upload.UploadId))
          return {}
        }
        case 'GetObject':
        case 'HeadObject':
          return head(input)
        default:
          throw new AwsError('NotImplemented', `the local cloud does not emulate S3 ${action}`, 501)
      }
    },
    content: function* (bucket, key) {
      const { upload } = found(bucket, key)
      for (const { number } of z.array(PartRow).parse(sql.parts.all(upload))) yield Bytes.parse(sql.bytes.get(upload, number)).bytes
    },
    expire: () => {
      // Counted in days, and up to the next midnight: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
      const midnight = Math.floor(clock() / day) * day
      atomically(database, () => {
        for (const [bucket, rules] of buckets)
          for (const { Prefix, ExpirationInDays, AbortIncompleteMultipartUpload } of rules) {
            const before = (days: number): number => midnight - days * day
            if (ExpirationInDays !== undefined)
              for (const { key } of z
                .array(z.object({ key: z.string() }))
                .parse(sql.objectsBefore.all(bucket, Prefix, before(ExpirationInDays))))
                removed(bucket, key)
            if (AbortIncompleteMultipartUpload !== undefined) {
              const old = sql.uploadsBefore.all(bucket, Prefix, before(AbortIncompleteMultipartUpload.DaysAfterInitiation))
              for (const { id } of z.array(z.object({ id: z.string() })).parse(old)) aborted(id)
            }
          }
      })
    },
  }
}

/** Functions sign with it (lambda.ts). */
const secret = 'local'

const denied = (message: string): AwsError => new AwsError('AccessDenied', message, 403)
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * Checks a presigned URL of GET: that it was signed so, and still holds.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @throws AwsError as S3 refuses
 */
export function requirePresigned(url: URL, host: string, now: number): void {
  const query = url.searchParams
  const [date = '', expires = '', signature = '', credential = ''] = ['Date', 'Expires', 'Signature', 'Credential'].map(
    (name) => query.get(`X-Amz-${name}`) ?? '',
  )
  if (signature === '') throw denied('Access Denied')
  const [, ...scope] = credential.split('/')
  const [, year, month, dayOfMonth, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const signed = Date.parse(`${year}-${month}-${dayOfMonth}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(signed) || !/^\d{1,6}$/.test(expires) || Number(expires) > 604_800 || query.get('X-Amz-SignedHeaders') !== 'host')
    throw new AwsError('AuthorizationQueryParametersError', 'Query-string authentication is not as it should be.')
  const canonicalQuery = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
  const request = ['GET', url.pathname, canonicalQuery, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(request)].join('\n')
  const key = scope.reduce<string | Buffer>((above, part) => hmac(above, part), `AWS4${secret}`)
  const expected = hmac(key, toSign)
  const given = Buffer.from(signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
    )
  if (now < signed - 15 * 60_000 || now >= signed + Number(expires) * 1000) throw denied('Request has expired')
}
