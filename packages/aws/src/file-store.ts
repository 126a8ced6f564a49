import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchUpload,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { clientOptions } from './client-options.ts'

/** A part as it was stored: what completes the upload must name it so. */
interface StoredPart {
  readonly number: number
  readonly etag: string
  /** CRC-32, base64. */
  readonly checksum: string
}

/** Small files as a whole, and large ones in parts, each at least 5 MiB but the last, so that none of these is ever held as a whole. */
interface FileStore {
  put(key: string, text: string): Promise<void>
  get(key: string): Promise<string>
  /** @param name under which a browser saves it @returns id of the upload */
  begin(key: string, type: string, name: string): Promise<string>
  /** A part may be sent again, and takes the place of the one before with its number. @param number from 1 to 10,000 */
  part(key: string, upload: string, number: number, bytes: Uint8Array): Promise<StoredPart>
  /** Makes the file of some parts, in ascending order; the others go. May be repeated. */
  complete(key: string, upload: string, parts: readonly StoredPart[]): Promise<void>
  /** Forgets an upload; does nothing when there is none. */
  abort(key: string, upload: string): Promise<void>
}

/** A part is some megabytes: time enough for them on a slow day, and no more. */
const options = { ...clientOptions, requestHandler: { ...clientOptions.requestHandler, requestTimeout: 30_000 } }

/** Files in a bucket of S3. The client is some 130 KB of a bundle: only a function that writes files imports this. */
export function fileStore(Bucket: string): FileStore {
  const client = new S3Client(options)
  return {
    put: async (Key, Body) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/plain' }))),
    get: async (Key) => (await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? '',
    begin: async (Key, ContentType, name) => {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket,
          Key,
          ContentType,
          ContentDisposition: `attachment; filename="${name}"`,
          // Named here, or S3 would refuse the sums that the SDK sends with the parts.
          ChecksumAlgorithm: 'CRC32',
        }),
      )
      if (UploadId === undefined) throw new Error('an upload without an id')
      return UploadId
    },
    part: async (Key, UploadId, PartNumber, Body) => {
      const { ETag, ChecksumCRC32 } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }),
      )
      if (ETag === undefined || ChecksumCRC32 === undefined) throw new Error('a part without a tag')
      return { number: PartNumber, etag: ETag, checksum: ChecksumCRC32 }
    },
    complete: async (Key, UploadId, parts) => {
      try {
        const Parts = parts.map(({ number, etag, checksum }) => ({ PartNumber: number, ETag: etag, ChecksumCRC32: checksum }))
        await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
      } catch (error) {
        // Completed before, and the answer lost: then the file is there.
        if (!(error instanceof NoSuchUpload)) throw error
        await client.send(new HeadObjectCommand({ Bucket, Key }))
      }
    },
    abort: async (Key, UploadId) => {
      try {
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      } catch (error) {
        if (!(error instanceof NoSuchUpload)) throw error
      }
    },
  }
}
