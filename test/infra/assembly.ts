import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const stageNames = ['local', 'dev', 'staging', 'prod'] as const
export type StageName = (typeof stageNames)[number]

export interface Resource {
  readonly stage: StageName
  readonly stack: string
  readonly id: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly deletionPolicy?: string
}

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Record<string, unknown>; DeletionPolicy?: string }>>
}

const assembly = (stage: StageName): string => join(import.meta.dirname, '../../cdk.out', `assembly-${stage}`)

/** Every synthesized resource of a stage. */
export const resourcesOf = (stage: StageName): readonly Resource[] =>
  readdirSync(assembly(stage))
    .filter((file) => file.endsWith('.template.json'))
    .flatMap((file) => {
      const template = JSON.parse(readFileSync(join(assembly(stage), file), 'utf8')) as Template
      return Object.entries(template.Resources).map(([id, { Type, Properties = {}, DeletionPolicy }]) => ({
        stage,
        stack: file.slice(0, -'.template.json'.length),
        id,
        type: Type,
        properties: Properties,
        ...(DeletionPolicy === undefined ? {} : { deletionPolicy: DeletionPolicy }),
      }))
    })

const everything = stageNames.flatMap(resourcesOf)

interface Manifest {
  readonly artifacts: Readonly<Record<string, { readonly dependencies?: readonly string[] }>>
}
/** The stacks that are deployed before a stack of the stage. */
export const deployedBefore = (stage: StageName, stack: string): readonly string[] => {
  const manifest = JSON.parse(readFileSync(join(assembly(stage), 'manifest.json'), 'utf8')) as Manifest
  return manifest.artifacts[stack]?.dependencies ?? []
}

/** The synthesized resources of a type, in every stage or in one. */
export const resources = (type: string, stage?: StageName): readonly Resource[] =>
  everything.filter((resource) => resource.type === type && (stage === undefined || resource.stage === stage))

/** `stage/stack/id`, to name a resource in a failure. */
export const nameOf = ({ stage, stack, id }: Resource): string => `${stage}/${stack}/${id}`

export interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
/** Statements of the inline policies of a stack's roles, with the role they belong to. */
export const statements = (stage?: StageName): readonly (Statement & { readonly role: string; readonly policy: Resource })[] =>
  resources('AWS::IAM::Policy', stage).flatMap((policy) => {
    const { PolicyDocument, Roles } = policy.properties as {
      PolicyDocument: { Statement: readonly Statement[] }
      Roles: readonly { Ref: string }[]
    }
    return PolicyDocument.Statement.flatMap((statement) =>
      Roles.map(({ Ref }) => ({ ...statement, role: `${policy.stage}/${policy.stack}/${Ref}`, policy })),
    )
  })

export const actionsOf = ({ Action }: Statement): readonly string[] => (typeof Action === 'string' ? [Action] : Action)
