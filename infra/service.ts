import type { Api, Subscriptions } from '@wontanara/core'
import { Duration, Names } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { FilterCriteria, FilterRule, type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { alarm, deadLetterQueue } from './alarm.ts'
import { addRoutes, lambdaFunction } from './function.ts'
import type { KeyName, Platform } from './platform.ts'
import { indexes, serviceTable } from './table.ts'

export interface ServiceSettings {
  readonly platform: Platform
  readonly api: Api
  /** The part of the API that each function answers, by the name of its `*.lambda.ts` entry; all of it is answered by `api` unless told. */
  readonly entries?: Readonly<Record<string, Api['routes']>>
  /** What each queue listens to, by the name of the `*.lambda.ts` entry that reads the queue. */
  readonly consumers: Readonly<Record<string, Subscriptions>>
  /** Queues that functions of this service alone send to, by the name of the entry that reads the queue. */
  readonly queues?: readonly string[]
  /** The data classes above C1 that this service stores, and `find` where it has blind indexes: the only ones whose keys its functions may use. */
  readonly classes: readonly KeyName[]
  /** What people suffer while it does not work, for the alarms: "People arriving cannot be registered." */
  readonly impact: string
}

const consumerSeconds = 30

/** Whether somebody may call it without a login: such requests are counted. */
const isPublic = (routes: Api['routes']): boolean => Object.values(routes).some((route) => route.public !== undefined)

/**
 * One service: table, API functions with their routes, relay of the table's stream, and for each list of subscriptions a rule, a queue with
 * its dead letters and a consumer. Functions are granted their own table, the keys of their classes, and the relay the bus; nothing else.
 */
export class Service extends Construct {
  readonly table: Table
  /** The functions that answer requests, by entry. */
  readonly answering: Readonly<Record<string, LambdaFunction>>
  readonly consumers: Readonly<Record<string, { readonly queue: Queue; readonly function: LambdaFunction }>>
  private readonly settings: ServiceSettings

  constructor(scope: Construct, id: string, settings: ServiceSettings) {
    super(scope, id)
    this.settings = settings
    const { api, entries = { api: api.routes } } = settings
    this.table = serviceTable(this, settings.platform.settings, { counts: isPublic(api.routes) })
    this.answering = Object.fromEntries(Object.entries(entries).map(([entry, routes]) => [entry, this.answer(entry, routes)]))
    this.alarm('ApiUnavailable', 'api-unavailable', this.counted('Fault'), 5)
    this.alarm('AccessDenied', 'access-denied', this.counted('AccessDenied'), 50)
    this.relay()
    this.consumers = Object.fromEntries(
      [...Object.entries(settings.consumers), ...(settings.queues ?? []).map((entry) => [entry, undefined] as const)].map(
        ([entry, subscriptions]) => [entry, this.consume(entry, subscriptions)],
      ),
    )
    // The consumers of a service count together.
    this.alarm('EventsRefused', 'events-refused', this.counted('EventRefused'), 20)
  }

  /** A function that works on the table. */
  private worker(entry: string, seconds: number): LambdaFunction {
    const { platform, api, classes } = this.settings
    const keys = classes.map((dataClass) => [dataClass, platform.keyOf(dataClass)] as const)
    const worker = lambdaFunction(this, entry, {
      owner: api.service,
      entry,
      service: api.service,
      seconds,
      stage: platform.settings,
      environment: {
        TABLE_NAME: this.table.tableName,
        CLASS_KEYS: JSON.stringify(Object.fromEntries(keys.map(([dataClass, { keyArn }]) => [dataClass, keyArn]))),
      },
    })
    worker.addToRolePolicy(
      new PolicyStatement({
        // The store writes whole items, and deletes none.
        actions: ['dynamodb:ConditionCheckItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        resources: [this.table.tableArn],
      }),
    )
    worker.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:Query'], resources: indexes.map((index) => `${this.table.tableArn}/index/${index}`) }),
    )
    for (const [dataClass, { keyArn }] of keys) {
      worker.addToRolePolicy(
        new PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [keyArn],
          conditions: {
            StringEquals: {
              'kms:EncryptionContext:env': platform.settings.name,
              'kms:EncryptionContext:service': api.service,
              'kms:EncryptionContext:class': dataClass,
            },
          },
        }),
      )
    }
    return worker
  }

  private answer(entry: string, routes: Api['routes']): LambdaFunction {
    const worker = this.worker(entry, 10)
    addRoutes(this, this.settings.platform.api, worker, routes)
    if (isPublic(routes)) {
      worker.addToRolePolicy(
        new PolicyStatement({
          actions: ['dynamodb:UpdateItem'],
          resources: [this.table.tableArn],
          conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['limit#*'] } },
        }),
      )
    }
    this.alarm(`${entry}Faults`, 'function-fails', worker.metricErrors({ period: Duration.minutes(1) }), 1)
    return worker
  }

  /** A counter that the functions write themselves (packages/aws/src/observability.ts). */
  private counted(metricName: string): Metric {
    return new Metric({
      namespace: 'Wontanara',
      metricName,
      dimensionsMap: { service: this.settings.api.service },
      statistic: 'Sum',
      period: Duration.minutes(5),
    })
  }

  /** An alarm at the first time in five minutes that functions count something. @param text whom it hurts, and how */
  alarmAt(metricName: string, runbook: string, text: string): void {
    alarm(this, metricName, { metric: this.counted(metricName), threshold: 1, text, runbook, action: this.settings.platform.alarms })
  }

  private deadLetters(name: string, problem: string): Queue {
    const { platform, impact } = this.settings
    const text = `${impact} ${problem}`
    return deadLetterQueue(this, `${name}DeadLetters`, { text, runbook: 'dead-letters', action: platform.alarms })
  }

  /**
   * A function that follows changes of the table inside the service, such as an index.
   * @param parts the sort keys of the items whose writing it follows, such as `state#registration`
   */
  onChange(entry: string, parts: readonly string[], problem: string): LambdaFunction {
    const worker = this.worker(entry, 60)
    this.followStream(worker, {
      runbook: 'changes-late',
      batchSize: 50,
      deadLetters: this.deadLetters(entry, problem),
      filter: { dynamodb: { Keys: { sk: { S: FilterRule.or(...parts) } }, NewImage: { pk: { S: FilterRule.exists() } } } },
    })
    worker.addToRolePolicy(
      new PolicyStatement({
        // Places of a blind index are written and taken away, in batches: that is one action.
        actions: ['dynamodb:BatchWriteItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['find#*'] } },
      }),
    )
    return worker
  }

  /** A stream has two readers at most: the relay, and one function that follows changes. */
  private followStream(
    worker: LambdaFunction,
    {
      runbook,
      batchSize,
      deadLetters,
      filter,
    }: { readonly runbook: string; readonly batchSize: number; readonly deadLetters: Queue; readonly filter: object },
  ): void {
    const stream = this.table.tableStreamArn ?? ''
    worker.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
        resources: [stream],
      }),
    )
    worker.addEventSourceMapping('Stream', {
      eventSourceArn: stream,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      // Tried again until shortly before the stream forgets it: a change is held up, and told of by the alarm, rather than skipped.
      maxRecordAge: Duration.hours(23),
      onFailure: {
        // Lambda sends there, and asks nothing of it.
        bind: (_mapping, target) => {
          deadLetters.grant(target, 'sqs:SendMessage')
          return { destination: deadLetters.queueArn }
        },
      },
      filters: [FilterCriteria.filter(filter)],
    })
    this.alarm(
      `${worker.node.id}Late`,
      runbook,
      worker.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) }),
      60_000,
    )
  }

  private relay(): void {
    const { platform, api } = this.settings
    const deadLetters = this.deadLetters('relay', 'Other services and partners do not learn what happened.')
    const relay = lambdaFunction(this, 'relay', {
      owner: 'aws',
      entry: 'relay',
      service: api.service,
      seconds: 30,
      stage: platform.settings,
      environment: { EVENT_BUS_NAME: platform.bus.eventBusName },
    })
    relay.addToRolePolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [platform.bus.eventBusArn] }))
    this.followStream(relay, {
      runbook: 'relay-late',
      batchSize: 100,
      deadLetters,
      // Only commits that hold a published event: not states, keys or access records.
      filter: { eventName: FilterRule.isEqual('INSERT'), dynamodb: { NewImage: { out: { S: FilterRule.exists() } } } },
    })
  }

  private consume(entry: string, subscriptions?: Subscriptions): { readonly queue: Queue; readonly function: LambdaFunction } {
    const { platform } = this.settings
    const deadLetters = this.deadLetters(entry, 'What other services reported is not carried into this one.')
    const queue = new Queue(this, `${entry}Queue`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // Six times the function's timeout, as AWS advises for event source mappings.
      visibilityTimeout: Duration.seconds(6 * consumerSeconds),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    })
    if (subscriptions !== undefined) {
      const { events } = subscriptions
      new Rule(this, `${entry}Rule`, {
        eventBus: platform.bus,
        eventPattern: {
          source: [...new Set(events.map(({ source }) => source))],
          detailType: events.map(({ type }) => type),
        },
        targets: [new SqsQueue(queue, { deadLetterQueue: deadLetters })],
      })
    }
    const worker = this.worker(entry, consumerSeconds)
    // What Lambda needs to read it, and nothing else: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    queue.grant(worker, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes')
    // The id that SqsEventSource gives: a mapping under another could not be made beside one that is deployed.
    worker.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(queue.node)}`, {
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency: 10,
    })
    this.alarm(`${entry}Late`, 'queue-late', queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }), 900)
    return { queue, function: worker }
  }

  private alarm(id: string, runbook: string, metric: Metric, threshold: number): void {
    const { platform, impact } = this.settings
    alarm(this, id, { metric, threshold, text: impact, runbook, action: platform.alarms })
  }
}
