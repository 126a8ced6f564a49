/**
 * Calls DynamoDB by hand through the front door, outside of any function and without the SDK.
 * @throws with the answer when it is not 200
 */
export async function dynamo(endpoint: string, action: string, input: unknown): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=bench/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input),
  })
  if (!response.ok) throw new Error(`${action}: ${await response.text()}`)
  return (await response.json()) as Readonly<Record<string, unknown>>
}
