import { expiryAttribute } from '@wontanara/core'
import { Validations } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import { removalOf } from './function.ts'
import type { StageSettings } from './stages.ts'

/** The two sparse indexes that each service gives a meaning of its own; they hold list rows only. */
export const indexes = ['gsi1', 'gsi2']

/**
 * The table of a service (its items: packages/aws/src/record-items.ts), with a stream for the relay.
 * @param counts whether it holds counts of requests, which expire; nothing else does
 */
export function serviceTable(scope: Construct, settings: StageSettings, { counts }: { readonly counts: boolean }): Table {
  const table = new Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_IMAGE,
    ...(counts ? { timeToLiveAttribute: expiryAttribute } : {}),
    encryption: TableEncryption.AWS_MANAGED,
    deletionProtection: settings.keepData,
    removalPolicy: removalOf(settings),
    ...(settings.recoveryDays === 0
      ? {}
      : { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: settings.recoveryDays } }),
  })
  if (settings.recoveryDays === 0) {
    Validations.of(table).acknowledge({ id: 'AwsSolutions-DDB3', reason: 'This environment holds invented data only.' })
  }
  for (const index of indexes) {
    table.addGlobalSecondaryIndex({
      indexName: index,
      partitionKey: { name: `${index}pk`, type: AttributeType.STRING },
      sortKey: { name: `${index}sk`, type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ['row'],
    })
  }
  return table
}
