import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import * as z from 'zod'
import { defaultProvider } from './environment-credentials.ts'

const Place = z.object({ AWS_REGION: z.string().min(1), AWS_ENDPOINT_URL: z.url().optional() })

/**
 * Signs links to files in a bucket of S3, for whoever has the link and until it expires: as long as the function's role may read the file.
 * The signer alone, which the other clients bring along anyway: the client of S3 and its presigner would add 130 KB to the bundle.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @param bucket without dots in its name
 * @returns makes a link that holds for some seconds from an instant on
 */
export function downloadLinks(bucket: string): (key: string, at: string, seconds: number) => Promise<string> {
  const { AWS_REGION, AWS_ENDPOINT_URL } = Place.parse(process.env)
  // As the client of S3 does: the bucket is part of the host's name, and of the path where an endpoint is given.
  const base = new URL(
    AWS_ENDPOINT_URL === undefined ? `https://${bucket}.s3.${AWS_REGION}.amazonaws.com` : `${AWS_ENDPOINT_URL}/${bucket}`,
  )
  const signer = new SignatureV4({
    service: 's3',
    region: AWS_REGION,
    credentials: defaultProvider(),
    sha256: Sha256,
    uriEscapePath: false,
  })
  return async (key, at, seconds) => {
    const path = `${base.pathname.replace(/\/$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`
    const signed = await signer.presign(
      {
        method: 'GET',
        protocol: base.protocol,
        hostname: base.hostname,
        ...(base.port === '' ? {} : { port: Number(base.port) }),
        path,
        query: {},
        headers: { host: base.host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      },
      { signingDate: new Date(at), expiresIn: seconds },
    )
    const query = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
    )
    return `${base.origin}${path}?${query.join('&')}`
  }
}
