import { Duration, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { CfnQueue } from 'aws-cdk-lib/aws-sqs'
import type { IConstruct } from 'constructs'
import { removalOf } from './function.ts'
import type { Service } from './service.ts'
import type { StageSettings } from './stages.ts'

/** A part of an export has to be written within it, 26,000 lines; whatever does not end comes again after six times as long. In seconds. */
const turn = 300

/** The private bucket where exports are written and, for a day, downloaded from. */
export function exportFiles(service: Service, stage: StageSettings): void {
  const prefix = 'exports/'
  const key = new Key(service, 'FilesKey', {
    description: `Wontanara ${stage.name}: files of exports`,
    enableKeyRotation: true,
    removalPolicy: removalOf(stage),
  })
  const bucket = new Bucket(service, 'Files', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    enforceSSL: true,
    // Nothing is in it that is not made again: what is deleted must be gone.
    versioned: false,
    lifecycleRules: [{ prefix, expiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy: removalOf(stage),
  })
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'Each file and each link to it is recorded in the audit trail of the service, and is gone after a day.',
  })
  const { exports } = service.consumers
  const { lists } = service.answering
  if (exports === undefined || lists === undefined) throw new Error('the service has no entries "exports" and "lists"')
  const { queue, function: writer } = exports
  const finding = `AwsSolutions-IAM5[Resource::<${Stack.of(bucket).getLogicalId(only(CfnBucket, bucket))}.Arn>/${prefix}*]`
  for (const worker of [lists, writer]) {
    worker.addEnvironment('FILES_BUCKET', bucket.bucketName)
    Validations.of(worker.role ?? worker).acknowledge({ id: finding, reason: 'Files of exports, each under its id.' })
  }
  const files = [bucket.arnForObjects(`${prefix}*`)]
  const keyUse = (...actions: string[]) =>
    new PolicyStatement({
      actions,
      resources: [key.keyArn],
      // With a key of the bucket the context is the bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
      conditions: { StringEquals: { 'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn } },
    })
  // Whoever signs a link must itself be allowed to read.
  lists.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: files }))
  lists.addToRolePolicy(keyUse('kms:Decrypt'))
  writer.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject'], resources: files }))
  // An upload in parts opens again what it has sealed.
  writer.addToRolePolicy(keyUse('kms:GenerateDataKey', 'kms:Decrypt'))

  // Lines are made of many reads and much opening of sealed parts: a whole processor, and one export at a time, so that one part is in memory.
  only(CfnFunction, writer).addPropertyOverride('Timeout', turn)
  only(CfnFunction, writer).addPropertyOverride('MemorySize', 1769)
  only(CfnQueue, queue).addPropertyOverride('VisibilityTimeout', 6 * turn)
  const mapping = writer.node.findAll().find((child) => child instanceof CfnEventSourceMapping)
  if (mapping === undefined) throw new Error('nothing reads the queue "exports"')
  mapping.addPropertyOverride('BatchSize', 1)
}

/** What CloudFormation knows of a construct. */
function only<T extends IConstruct>(kind: abstract new (...args: never[]) => T, construct: IConstruct): T {
  const { defaultChild } = construct.node
  if (!(defaultChild instanceof kind)) throw new Error(`${construct.node.path} is no ${kind.name}`)
  return defaultChild
}
