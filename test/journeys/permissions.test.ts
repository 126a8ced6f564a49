import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apply, decideToReturn, eventually, openProgramme, type Programme, people, register } from '@wontanara/examples'
import { type LocalCloud, type LogEntry, startLocalCloud } from '@wontanara/local-cloud'
import { sendOnce } from '@wontanara/testing'

/*
 * Every grant is needed: take one out of the synthesized templates, and a journey fails on this machine, with a message that names function,
 * action and resource.
 */

const out = join(__dirname, '../../cdk.out')
const stage = 'assembly-local'

interface Statement {
  Effect: string
  Action: string | string[]
  Condition?: Record<string, Record<string, string | string[]>>
}
interface Resource {
  Type: string
  Properties: { PolicyDocument?: { Statement: Statement[] }; Roles?: readonly { Ref: string }[] } & Record<string, unknown>
}
type Resources = Record<string, Resource>

/** A copy of the stage whose templates a test may change. */
function copied(): { readonly folder: string; change(stack: string, edit: (resources: Resources) => void): void; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'permissions-'))
  const folder = join(root, stage)
  mkdirSync(folder)
  cpSync(join(out, stage), folder, { recursive: true })
  // Assets are beside the stage's folder.
  for (const name of readdirSync(out)) if (name.startsWith('asset.')) symlinkSync(join(out, name), join(root, name))
  return {
    folder,
    change: (stack, edit) => {
      const name = readdirSync(folder).find(
        (file) => file.startsWith(`local${stack.replaceAll('-', '')}`) && file.endsWith('.template.json'),
      )
      const file = join(folder, name ?? '')
      const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Resources }
      edit(template.Resources)
      writeFileSync(file, JSON.stringify(template))
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

type Edit = (resources: Resources) => void

/** Does something to each statement of a policy, by the beginning of its logical id, and demands that it was there. */
const inPolicy =
  (policy: string, wanted: (statement: Statement) => boolean, edit: (statement: Statement) => Statement | undefined): Edit =>
  (resources) => {
    let found = 0
    for (const [id, { Properties }] of Object.entries(resources)) {
      if (!id.startsWith(policy) || Properties.PolicyDocument === undefined) continue
      Properties.PolicyDocument.Statement = Properties.PolicyDocument.Statement.flatMap((statement) => {
        if (!wanted(statement)) return [statement]
        found++
        return edit(statement) ?? []
      })
    }
    if (found === 0) throw new Error(`no such statement in ${policy}`)
  }

const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat()
/** Takes one action out of what a policy grants. */
const without = (policy: string, action: string, condition = ''): Edit =>
  inPolicy(
    policy,
    (statement) => actionsOf(statement).includes(action) && JSON.stringify(statement).includes(condition),
    (statement) => {
      const Action = actionsOf(statement).filter((one) => one !== action)
      return Action.length === 0 ? undefined : { ...statement, Action }
    },
  )
const withoutPermissionsToInvoke: Edit = (resources) => {
  for (const [id, { Type }] of Object.entries(resources)) if (Type === 'AWS::Lambda::Permission') delete resources[id]
}

interface Stage {
  readonly cloud: LocalCloud
  readonly programme: Programme
}
interface Removal {
  /** Stack -> what is taken out of it. */
  readonly edits: readonly (readonly [string, Edit])[]
  /** What then does not work: throws. */
  readonly journey: (stage: Stage) => Promise<unknown>
  /** Function (or rule, schedule), action, and a part of the resource that the log names. */
  readonly told: readonly (readonly [string, string, string])[]
}

const intakeApi = 'ServiceapiRoleDefaultPolicy'
const registering = ({ programme }: Stage): Promise<unknown> => register(programme, people.mechanic)

const removals: Readonly<Record<string, Removal>> = {
  'the put inside of transactions, of the API': {
    edits: [['case-intake', without(intakeApi, 'dynamodb:PutItem')]],
    journey: registering,
    told: [['case-intake/Service/api', 'dynamodb:PutItem', ':table/']],
  },
  'the query of an index': {
    edits: [['case-intake', without(intakeApi, 'dynamodb:Query', '/index/gsi1')]],
    journey: async ({ programme }) => {
      const { status } = await programme.staff('case-manager').get(`/v1/cases?office=${programme.office}`)
      if (status >= 500) throw new Error(`cases cannot be listed: ${status}`)
    },
    told: [['case-intake/Service/api', 'dynamodb:Query', '/index/gsi1']],
  },
  'the counting of requests that need no login': {
    edits: [['case-intake', without('ServiceapplyRoleDefaultPolicy', 'dynamodb:UpdateItem')]],
    journey: ({ programme }) => apply(programme, people.mechanic),
    told: [['case-intake/Service/apply', 'dynamodb:UpdateItem', ':table/']],
  },
  'the making of data keys': {
    edits: [['case-intake', without(intakeApi, 'kms:GenerateDataKey')]],
    journey: registering,
    told: [['case-intake/Service/api', 'kms:GenerateDataKey', ':key/']],
  },
  'the data class in the encryption context': {
    edits: [
      [
        'case-intake',
        inPolicy(
          intakeApi,
          ({ Condition }) => Condition?.StringEquals?.['kms:EncryptionContext:class'] === 'C2',
          (statement) => ({ ...statement, Condition: { StringEquals: { 'kms:EncryptionContext:class': 'C4' } } }),
        ),
      ],
    ],
    journey: registering,
    told: [['case-intake/Service/api', 'kms:GenerateDataKey', ':key/']],
  },
  'publishing by the relay, and the leading keys of an index': {
    edits: [
      ['case-intake', without('ServicerelayRoleDefaultPolicy', 'events:PutEvents')],
      [
        'case-intake',
        inPolicy(
          'ServiceregistrationsRoleDefaultPolicy',
          ({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] !== undefined,
          (statement) => ({ ...statement, Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'other#*' } } }),
        ),
      ],
    ],
    journey: async (opened) => {
      await registering(opened)
      await opened.cloud.settled({ timeout: 700 })
    },
    told: [
      ['case-intake/Service/relay', 'events:PutEvents', ':event-bus/'],
      ['case-intake/Service/registrations', 'dynamodb:BatchWriteItem', ':table/'],
    ],
  },
  'opening data keys in what follows the table, and a queue’s trust in its rule': {
    edits: [
      ['case-intake', without('ServiceregistrationsRoleDefaultPolicy', 'kms:Decrypt')],
      ['medical-coordination', without('ServiceeventsQueuePolicy', 'sqs:SendMessage')],
    ],
    journey: async ({ cloud, programme }) => {
      await decideToReturn(programme, people.mechanic)
      await cloud.settled({ timeout: 700 })
    },
    told: [
      ['case-intake/Service/registrations', 'kms:Decrypt', ':key/'],
      ['medical-coordination/Service/eventsRule', 'sqs:SendMessage', 'medical-coordination-ServiceeventsQueue'],
    ],
  },
  'invoking by the API, and publishing by the schedule of days': {
    edits: [
      ['case-intake', withoutPermissionsToInvoke],
      ['platform', without('SchedulerRole', 'events:PutEvents')],
    ],
    journey: async (opened) => {
      await opened.cloud.advance('24h')
      await registering(opened)
    },
    told: [
      ['case-intake/Service/api', 'lambda:InvokeFunction', ':function:'],
      ['platform/Days', 'events:PutEvents', ':event-bus/'],
    ],
  },
}

test.each(Object.entries(removals))('without %s a journey fails, and the log says why', async (_, { edits, journey, told }) => {
  const copy = copied()
  const log: LogEntry[] = []
  let cloud: LocalCloud | undefined
  try {
    for (const [stack, edit] of edits) copy.change(stack, edit)
    cloud = await startLocalCloud({ assembly: copy.folder, log: (entry) => log.push(entry) })
    const programme = await openProgramme(
      cloud.apiUrl,
      (request) => cloud?.token(request) ?? Promise.reject(new Error('not running')),
      [],
      { send: sendOnce },
    )
    await expect(journey({ cloud, programme })).rejects.toThrow()
    for (const [path, action, resource] of told) {
      const refused = new RegExp(` is not authorized to perform: ${action} on resource: arn:aws:\\S*${resource}`)
      await eventually(`${path} is refused ${action}`, async () => log.find((entry) => entry.function === path && refused.test(entry.line)))
    }
  } finally {
    await cloud?.stop()
    copy.remove()
  }
})

test('without what Lambda needs to read queues and streams the stage does not start, and the error names each function and action', async () => {
  const needed =
    /^(sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes|SendMessage)|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams))$/
  const copy = copied()
  const taken: { readonly path: string; readonly action: string }[] = []
  try {
    for (const stack of ['case-intake', 'medical-coordination', 'referral-routing']) {
      copy.change(stack, (resources) => {
        const grants = Object.entries(resources).flatMap(([id, { Type, Properties }]) =>
          Type === 'AWS::IAM::Policy'
            ? (Properties.PolicyDocument?.Statement ?? []).flatMap(actionsOf).map((action) => ({ id, action }))
            : [],
        )
        // Who reads a queue sends to one on its own account; Lambda sends, to the dead letters, for who reads a stream.
        const ownSend = ({ id, action }: (typeof grants)[number]): boolean =>
          action === 'sqs:SendMessage' && grants.some((other) => other.id === id && other.action === 'sqs:ReceiveMessage')
        for (const { id, action } of grants.filter((grant) => needed.test(grant.action) && !ownSend(grant))) {
          without(id, action)(resources)
          taken.push({ path: `${stack}/Service/${/^Service(\w+?)RoleDefaultPolicy/.exec(id)?.[1]}`, action })
        }
      })
    }
    const message = await startLocalCloud({ assembly: copy.folder }).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(taken.length).toBeGreaterThan(20)
    for (const { path, action } of taken) {
      expect(message).toMatch(
        new RegExp(
          `no event source mapping for ${path}: User: arn:aws:sts::\\S+ is not authorized to perform: ${action} on resource: arn:aws:\\S+ because`,
        ),
      )
    }
  } finally {
    copy.remove()
  }
})
