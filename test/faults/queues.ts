import type { LocalCloud } from '@wontanara/local-cloud'
import { dynamo } from '../bench/dynamo.ts'

/** The queue that a consumer reads. @param path of its function, such as `case-intake/Service/events` */
export function theQueue(cloud: LocalCloud, path: string): { readonly name: string; readonly url: string } {
  const queue = cloud.resources('AWS::SQS::Queue').find((resource) => resource.path === `${path}Queue`)
  if (queue === undefined) throw new Error(`${path} has no queue`)
  return { name: queue.name, url: queue.ref }
}

/** Puts a message into a queue, to be shown after some seconds. */
export async function sendTo(cloud: LocalCloud, QueueUrl: string, MessageBody: string, DelaySeconds: number): Promise<void> {
  const response = await fetch(cloud.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.SendMessage',
      authorization: 'AWS4-HMAC-SHA256 Credential=suite/20260101/local/sqs/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({ QueueUrl, MessageBody, DelaySeconds }),
  })
  if (!response.ok) throw new Error(`SendMessage: ${await response.text()}`)
}

/** Writes a commit that nobody can read into a table, as only a fault of ours could. */
export async function putPoison(cloud: LocalCloud, TableName: string, pk: string): Promise<void> {
  const Item = { pk: { S: pk }, sk: { S: 'event#00000001' }, c: { S: '{"not what it' }, h: { S: '' }, p: { S: '' }, out: { S: '0' } }
  await dynamo(cloud.endpoint, 'PutItem', { TableName, Item })
}
