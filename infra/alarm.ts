import { Duration, Validations } from 'aws-cdk-lib'
import { ComparisonOperator, type IAlarmAction, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

export interface AlarmSettings {
  readonly metric: Metric
  readonly threshold: number
  /** Whom it hurts, and how. */
  readonly text: string
  /** Heading of docs/runbooks/alarms.md. */
  readonly runbook: string
  readonly action: IAlarmAction
}

/** An alarm that says whom it hurts, where the runbook is, and tells somebody. */
export function alarm(scope: Construct, id: string, { metric, threshold, text, runbook, action }: AlarmSettings): void {
  metric
    .createAlarm(scope, `${id}Alarm`, {
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${text} Runbook: docs/runbooks/alarms.md#${runbook}`,
    })
    .addAlarmAction(action)
}

/** A queue whose messages end in it only when they could not be handled: its alarm wakes somebody with the first one. */
export function deadLetterQueue(scope: Construct, id: string, settings: Pick<AlarmSettings, 'text' | 'runbook' | 'action'>): Queue {
  const queue = new Queue(scope, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) })
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason: 'It is itself a dead-letter queue.' })
  alarm(scope, id, { ...settings, metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1) }), threshold: 1 })
  return queue
}
