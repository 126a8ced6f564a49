import * as z from 'zod'
import { type Check, checks, type Keys, keyUse, type Place } from './actions.ts'
import { propertiesOf, type Resource } from './assembly.ts'
import { AwsError } from './aws-error.ts'
import { type AwsCall, inputOf, type Perform } from './front-door.ts'
import type { LogEntry } from './lambda.ts'
import type { Observations } from './observations.ts'
import { type Decision, decide, type Fit, type Policies, type Principal, type Statement } from './policy.ts'
import { type AttachedPolicy, policiesOf } from './template-policies.ts'

/*
 * What the policies of the templates allow: to functions and schedules, by their roles, and to the services that act for them. What AWS
 * checks when something is created ends the start; what it checks with each call is answered as AWS answers it.
 */

/** A grant of which something was never used. */
export interface UnusedGrant {
  /** The function or schedule whose role has it, by its path in the construct tree. */
  readonly function: string
  /** Path of the policy that holds it, or name of the managed policy. */
  readonly policy: string
  /** The statement's `Sid`, or its place in the policy. */
  readonly statement: string
  /** Patterns of the statement that allowed nothing that was done. */
  readonly unused: readonly { readonly action: string; readonly resource: string }[]
  /** What was done and the statement allowed. */
  readonly used: readonly { readonly action: string; readonly resource: string }[]
}

export interface Permissions {
  /** Performs the calls of functions that their roles may make, and everybody else's. @throws AwsError as the service refuses */
  authorized(perform: Perform): Perform
  /**
   * Whether a service of AWS may do something for a resource, such as EventBridge for a rule.
   * @param reporter the path under which a refusal is logged
   * @returns why not; undefined when it may
   */
  refusalToService(reporter: string, service: string, source: string, action: string, resource: string): string | undefined
  /** Whether AWS may do something with the role of a function or schedule, by its path. @returns why not; undefined when it may */
  refusalToRole(path: string, action: string, resource: string): string | undefined
  unusedGrants(): readonly UnusedGrant[]
}

/** Somebody who acts with a role, or a service that acts for somebody. */
interface Actor {
  readonly path: string
  readonly principal: Principal
  readonly keys: Keys
  readonly identity: readonly AttachedPolicy[]
  readonly boundary: readonly Statement[] | undefined
  /** Action and resource -> the statements that concern them, and the decision where it depends on nothing else. */
  readonly known: Map<string, { readonly policies: Policies; readonly decision: Decision | undefined }>
  /** What was used of each statement: pairs of patterns, and pairs of action and resource. */
  readonly used: Map<Statement, { readonly patterns: Set<string>; readonly calls: Set<string> }>
}

const Mapping = z.object({
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }).optional() }).optional(),
})

interface Settings extends Place {
  readonly resources: readonly Resource[]
  readonly clock: () => number
  readonly log: (entry: LogEntry) => void
  readonly listen: Observations['listen']
  /** ARN of the KMS key that a call is about. */
  readonly keyOf: (input: unknown) => string | undefined
}

/** @throws naming each thing that AWS would not create, with function, action and resource; or what a policy asks for and is not emulated */
export function permissions({ account, region, resources, clock, log, listen, keyOf }: Settings): Permissions {
  const of = (type: string): readonly Resource[] => resources.filter((resource) => resource.type === type)
  const arnOf = (service: string, path: string): string => `arn:aws:${service}:${region}:${account}:${path}`
  const policies = policiesOf({ account, region }, resources)
  const viaS3 = `s3.${region}.amazonaws.com`
  const viaSqs = `sqs.${region}.amazonaws.com`
  const problems: string[] = []

  function functionOf(nameOrArn: string): Resource | undefined {
    return of('AWS::Lambda::Function').find(({ name, arn }) => nameOrArn === name || nameOrArn === arn)
  }

  /**
   * A queue or a bucket with a key needs its use too: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (an upload in parts decrypts; a put of one piece is asked for the same here)
   */
  function withKey(check: Check, caller: string | undefined): readonly Check[] {
    const [bucket = ''] = /^arn:aws:s3:::[^/]+/.exec(check.resource) ?? []
    const sealed = policies.bucketKeys.get(bucket)
    if (sealed !== undefined) {
      const needed = { 's3:PutObject': ['GenerateDataKey', 'Decrypt'], 's3:GetObject': ['Decrypt'] }[check.action] ?? []
      const context = { 'aws:s3:arn': sealed.ofBucket ? bucket : check.resource }
      return [check, ...needed.map((use) => keyUse(use, sealed.key, caller, context, { 'kms:viaservice': () => [viaS3] }))]
    }
    const key = policies.queueKeys.get(check.resource)
    const uses = { 'sqs:SendMessage': ['GenerateDataKey', 'Decrypt'], 'sqs:ReceiveMessage': ['Decrypt'] }[check.action] ?? []
    if (key === undefined) return [check]
    const via: Keys = { 'kms:viaservice': () => [viaSqs] }
    return [check, ...uses.map((use) => keyUse(use, key, caller, { 'aws:sqs:arn': check.resource }, via))]
  }

  const serviceKeys = (service: string, source: string): Keys => ({
    'aws:principalisawsservice': () => ['true'],
    'aws:principalservicename': () => [service],
    'aws:sourceaccount': () => [account],
    'aws:sourcearn': () => [source],
  })

  /** Who acts with a role that a service assumes. @param source what the service assumes it for, as its trust policy is told */
  function session(resource: Resource, roleArn: unknown, service: string, source: string): Actor {
    const { path, name } = resource
    const role = of('AWS::IAM::Role').find(({ arn }) => arn === roleArn)
    if (role === undefined) throw new Error(`${path}: its role is not of the stage: ${String(roleArn)}`)
    const { identity, boundary, trust } = policies.ofRole(role)
    const keys = serviceKeys(service, source)
    const may = decide(
      { identity: [], boundary: undefined, resource: trust, delegated: false },
      { principal: { service }, action: 'sts:AssumeRole', resource: role.arn, context: (key) => keys[key]?.() },
    )
    if (!may.allowed)
      problems.push(`${path}: ${service} is not authorized to perform: sts:AssumeRole on resource: ${role.arn} ${may.because}`)
    const own: Keys = {
      'aws:principalaccount': () => [account],
      'aws:principalarn': () => [role.arn],
      'aws:principaltype': () => ['AssumedRole'],
      'aws:principalisawsservice': () => ['false'],
    }
    const principal = { role: role.arn, session: `arn:aws:sts::${account}:assumed-role/${role.name}/${name}`, account }
    return { path, principal, keys: own, identity, boundary, known: new Map(), used: new Map() }
  }

  const functions = new Map(
    of('AWS::Lambda::Function').map((fn) => [fn.path, session(fn, fn.properties.Role, 'lambda.amazonaws.com', fn.arn)]),
  )
  const Target = z.object({ Target: z.object({ RoleArn: z.string() }) })
  const group = arnOf('scheduler', 'schedule-group/default')
  const schedules = new Map(
    of('AWS::Scheduler::Schedule').map((schedule) => [
      schedule.path,
      session(schedule, propertiesOf(Target, schedule).Target.RoleArn, 'scheduler.amazonaws.com', group),
    ]),
  )
  /** A rule acts with a role where its target has one: a bus. Two targets of a rule with different roles are not emulated. */
  const RuleTargets = z.object({ Targets: z.array(z.object({ RoleArn: z.string().optional() })).default([]) })
  const rules = new Map(
    of('AWS::Events::Rule').flatMap((rule) => {
      const [role, ...others] = new Set(propertiesOf(RuleTargets, rule).Targets.flatMap(({ RoleArn }) => RoleArn ?? []))
      if (others.length > 0) throw new Error(`${rule.path}: a rule whose targets have different roles is not emulated`)
      return role === undefined ? [] : [[rule.path, session(rule, role, 'events.amazonaws.com', rule.arn)] as const]
    }),
  )
  const services = new Map<string, Actor>()

  const requestKeys: Keys = {
    'aws:currenttime': () => [new Date(clock()).toISOString()],
    'aws:epochtime': () => [String(Math.floor(clock() / 1000))],
    'aws:requestedregion': () => [region],
    'aws:resourceaccount': () => [account],
    // The endpoint here speaks plain HTTP, on this machine alone: AWS's own speak TLS.
    'aws:securetransport': () => ['true'],
    'aws:viaawsservice': () => ['false'],
  }

  function judge(by: Actor, { action, resource, keys }: Check): Decision {
    const id = `${action} ${resource}`
    const context = (key: string) => (keys[key] ?? by.keys[key] ?? requestKeys[key])?.()
    const request = { principal: by.principal, action, resource, context }
    let known = by.known.get(id)
    if (known === undefined) {
      const concerned = (statements: readonly Statement[]): readonly Statement[] =>
        statements.filter((statement) => statement.concerns(action, resource))
      const concerning: Policies = {
        identity: concerned(by.identity.flatMap(({ statements }) => statements)),
        boundary: by.boundary === undefined ? undefined : concerned(by.boundary),
        resource: concerned(policies.ofResource(resource)),
        delegated: action.startsWith('kms:'),
      }
      const depends = [...concerning.identity, ...(concerning.boundary ?? []), ...concerning.resource].some(
        (statement) => statement.keys.size > 0,
      )
      known = { policies: concerning, decision: depends ? undefined : decide(concerning, request) }
      by.known.set(id, known)
      if (known.decision?.allowed) note(by, known.decision.by, id)
    }
    if (known.decision !== undefined) return known.decision
    const decision = decide(known.policies, request)
    if (decision.allowed) note(by, decision.by, id)
    return decision
  }

  function note(by: Actor, fits: readonly Fit[], call: string): void {
    for (const { statement, actions, resources: patterns } of fits) {
      const uses = by.used.get(statement) ?? { patterns: new Set(), calls: new Set() }
      by.used.set(statement, uses)
      uses.calls.add(call)
      for (const action of actions) for (const pattern of patterns) uses.patterns.add(`${action} ${pattern}`)
    }
  }

  /** The first of some checks that fails, in AWS's words. */
  function refusal(by: Actor, needed: readonly Check[]): { readonly check: Check; readonly text: string } | undefined {
    for (const check of needed) {
      const decision = judge(by, check)
      if (!decision.allowed) return { check, text: sentence(by.principal, check, decision.because) }
    }
    return undefined
  }

  const write = (path: string, line: string, requestId?: string): void =>
    log({ time: new Date(clock()).toISOString(), function: path, ...(requestId === undefined ? {} : { requestId }), line })

  const checksOf = checks({ account, region }, resources, keyOf)
  function authorize(call: AwsCall): void {
    const by = call.by === undefined ? undefined : functions.get(call.by.fn.path)
    if (by === undefined) return
    const input = inputOf(call)
    const calling: Keys = { 'lambda:sourcefunctionarn': () => [call.by?.fn.arn ?? ''] }
    const needed = checksOf(call, input).flatMap((check) => withKey({ ...check, keys: { ...calling, ...check.keys } }, account))
    const refused = refusal(by, needed)
    if (refused === undefined) return
    write(by.path, refused.text, call.by?.requestId)
    throw errorOf(call, input, refused.check, refused.text)
  }

  const refusalToRole: Permissions['refusalToRole'] = (path, action, resource) => {
    const by = functions.get(path) ?? schedules.get(path) ?? rules.get(path)
    if (by === undefined) throw new Error(`${path} has no role`)
    return refusal(by, withKey({ action, resource, keys: {} }, account))?.text
  }

  /** What Lambda asks for when it creates a mapping: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html */
  for (const resource of of('AWS::Lambda::EventSourceMapping')) {
    const { FunctionName, EventSourceArn, DestinationConfig } = propertiesOf(Mapping, resource)
    const target = functionOf(FunctionName)
    if (target === undefined) continue
    const polling = EventSourceArn.startsWith('arn:aws:sqs:')
      ? ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']
      : ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams']
    const failures = DestinationConfig?.OnFailure?.Destination
    for (const [action, arn] of [
      ...polling.map((action) => [action, EventSourceArn]),
      ...(failures === undefined ? [] : [['sqs:SendMessage', failures]]),
    ]) {
      const refused = refusalToRole(target.path, action ?? '', arn ?? '')
      if (refused !== undefined) problems.push(`${resource.path}: no event source mapping for ${target.path}: ${refused}`)
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))

  /** Lambda writes a function's lines with the function's role. */
  const heard = new Set<string>()
  listen((observation) => {
    if (observation.kind !== 'invocation' || heard.has(observation.function)) return
    heard.add(observation.function)
    const fn = of('AWS::Lambda::Function').find(({ path }) => path === observation.function)
    if (fn === undefined) return
    const { LoggingConfig } = propertiesOf(z.object({ LoggingConfig: z.object({ LogGroup: z.string().optional() }).default({}) }), fn)
    const stream = arnOf('logs', `log-group:${LoggingConfig.LogGroup ?? `/aws/lambda/${fn.name}`}:log-stream:any`)
    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
      const refused = refusalToRole(fn.path, action, stream)
      if (refused !== undefined) write(fn.path, `On AWS, the lines of this function are lost: ${refused}`)
    }
  })

  return {
    authorized: (perform) => async (call, headers) => {
      authorize(call)
      return perform(call, headers)
    },
    refusalToService: (reporter, service, source, action, resource) => {
      const id = `${service} ${source}`
      const keys = serviceKeys(service, source)
      const by = services.get(id) ?? {
        path: reporter,
        principal: { service },
        keys,
        identity: [],
        boundary: undefined,
        known: new Map(),
        used: new Map(),
      }
      services.set(id, by)
      const refused = refusal(by, withKey({ action, resource, keys: {} }, undefined))
      if (refused !== undefined) write(reporter, refused.text)
      return refused?.text
    },
    refusalToRole: (path, action, resource) => {
      const refused = refusalToRole(path, action, resource)
      if (refused !== undefined) write(path, refused)
      return refused
    },
    unusedGrants: () => [...functions.values(), ...schedules.values(), ...rules.values()].flatMap(unusedOf),
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const sentence = (principal: Principal, { action, resource }: Check, because: string): string =>
  `User: ${'service' in principal ? principal.service : principal.session} is not authorized to perform: ${action} on resource: ${resource} ${because}`

/** How the services refuse: SQS has a status of its own and actions in lower case, and does not say which key; KMS does not tell of a key that was not named. */
function errorOf({ service, action }: AwsCall, input: unknown, check: Check, text: string): AwsError {
  if (service === 'S3') return new AwsError('AccessDenied', text, 403)
  if (service === 'SQS')
    return check.action.startsWith('kms:')
      ? new AwsError('KmsAccessDenied', text)
      : new AwsError('AccessDeniedException', text.replaceAll(check.action, check.action.toLowerCase()), 403)
  const named = z.object({ KeyId: z.string() }).safeParse(input).success
  return new AwsError(
    'AccessDeniedException',
    service === 'KMS' && action === 'Decrypt' && !named
      ? 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'
      : text,
  )
}

function unusedOf({ path, identity, used }: Actor): readonly UnusedGrant[] {
  return identity.flatMap((policy) =>
    policy.statements.flatMap((statement): UnusedGrant[] => {
      const uses = used.get(statement)
      const pairs = statement.actions.flatMap((action) => statement.resources.map((resource) => ({ action, resource })))
      const unused = pairs.filter(({ action, resource }) => !uses?.patterns.has(`${action} ${resource}`))
      if (statement.effect === 'Deny' || unused.length === 0) return []
      const calls = [...(uses?.calls ?? [])].map((call) => {
        const [action = '', resource = ''] = call.split(' ')
        return { action, resource }
      })
      return [{ function: path, policy: policy.path, statement: statement.id, unused, used: calls }]
    }),
  )
}
