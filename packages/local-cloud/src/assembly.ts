import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { shortHash } from './hash.ts'
import { isObject, parseJson } from './json.ts'
import { identityOf, isKnown, type Place } from './resource-types.ts'

const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      environment: z.string().optional(),
      additionalMetadataFile: z.string().optional(),
      properties: z
        .object({ templateFile: z.string().optional(), file: z.string().optional(), stackName: z.string().optional() })
        .optional(),
    }),
  ),
})
const Assets = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string().optional() })),
      }),
    )
    .default({}),
})
const Template = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z
    .record(
      z.string(),
      z.object({
        Type: z.string(),
        Condition: z.string().optional(),
        Properties: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default({}),
  Outputs: z
    .record(
      z.string(),
      z.object({
        Value: z.unknown().optional(),
        Export: z.object({ Name: z.unknown().optional() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
})

const MetadataFile = z.record(z.string(), z.array(z.object({ type: z.string(), data: z.unknown().optional() })))

interface Stack {
  readonly name: string
  /** Logical id -> construct path. */
  readonly paths: ReadonlyMap<string, string>
  readonly template: z.infer<typeof Template>
}

/** A resource of a template, its properties resolved. */
export interface Resource {
  readonly type: string
  /** Its construct's path without the stage, such as `case-intake/Service/api`, or `<stack>/<logical id>`: what a person calls it. */
  readonly path: string
  /** The physical name: the template's own, else `<stack>-<logical id>-<hash>` as CloudFormation makes them, but the same at each start. */
  readonly name: string
  readonly arn: string
  /** What `Ref` gives. */
  readonly ref: string
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, unknown>>
}

export interface Assembly {
  readonly region: string
  readonly account: string
  readonly resources: readonly Resource[]
  /** Object key of an asset -> its folder or file. */
  readonly assets: ReadonlyMap<string, string>
  readonly outputs: Outputs
}

/** Stack -> name -> value, as `cdk deploy --outputs-file` writes them. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * Reads the cloud assembly of one stage and resolves its templates: intrinsic functions, pseudo parameters, conditions, exports.
 * @param folder with manifest.json, `*.template.json` and `*.assets.json`
 * @param endpoint where the AWS protocols are served; queue URLs begin with it
 * @throws naming every resource whose behaviour is not emulated, or the value that cannot be resolved
 */
export function readAssembly(folder: string, endpoint: string): Assembly {
  const { artifacts } = Manifest.parse(readJson(join(folder, 'manifest.json')))
  const stacks: Stack[] = []
  const assets = new Map<string, string>()
  let environment = ''
  for (const [id, { type, environment: target, properties, additionalMetadataFile }] of Object.entries(artifacts)) {
    if (type === 'aws:cloudformation:stack' && properties?.templateFile !== undefined) {
      const template = Template.parse(readJson(join(folder, properties.templateFile)))
      const paths = additionalMetadataFile === undefined ? new Map<string, string>() : constructPaths(join(folder, additionalMetadataFile))
      stacks.push({ name: properties.stackName ?? id, template, paths })
      environment = target ?? environment
    }
    if (type === 'cdk:asset-manifest' && properties?.file !== undefined) {
      for (const { source, destinations } of Object.values(Assets.parse(readJson(join(folder, properties.file))).files)) {
        for (const { objectKey } of Object.values(destinations)) {
          if (objectKey !== undefined && source.path !== undefined) assets.set(objectKey, join(folder, source.path))
        }
      }
    }
  }
  if (stacks.length === 0) throw new Error(`no stack in ${folder}`)
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(environment) ?? []
  const place = {
    account: account !== undefined && /^\d{12}$/.test(account) ? account : '000000000000',
    region: region !== undefined && region !== 'unknown-region' ? region : 'eu-west-1',
  }
  return { ...place, assets, ...resolveStacks(stacks, { ...place, endpoint }) }
}

/** What the construct tree calls each resource: `/local/case-intake/Service/api/Resource` is `case-intake/Service/api`. */
function constructPaths(file: string): Map<string, string> {
  return new Map(
    Object.entries(MetadataFile.parse(readJson(file))).flatMap(([path, entries]) =>
      entries.flatMap(({ type, data }): [string, string][] =>
        type === 'aws:cdk:logicalId' && typeof data === 'string' ? [[data, path.replace(/^\/[^/]+\//, '').replace(/\/Resource$/, '')]] : [],
      ),
    ),
  )
}

function readJson(file: string): unknown {
  if (!existsSync(file)) throw new Error(`no ${file}`)
  return parseJson(readFileSync(file, 'utf8'))
}

function resolveStacks(stacks: readonly Stack[], place: Place): Pick<Assembly, 'resources' | 'outputs'> {
  const exports = new Map<string, () => unknown>()
  const all = stacks.map((stack) => resolver(stack, place, exports))
  for (const { registerExports } of all) registerExports()
  const unknown = new Set(all.flatMap(({ types }) => types.filter((type) => !isKnown(type))))
  if (unknown.size > 0) throw new Error(`the local cloud does not emulate ${[...unknown].sort().join(', ')}`)
  return {
    resources: all.flatMap(({ resources }) => resources()),
    outputs: Object.fromEntries(all.map(({ name, outputs }) => [name, outputs()])),
  }
}

function resolver({ name: stackName, template, paths }: Stack, place: Place, exports: Map<string, () => unknown>) {
  const pending = new Set<string>()
  const holds = (condition: string | undefined): boolean => condition === undefined || truth(resolve(template.Conditions[condition]))
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': place.account,
    'AWS::Region': place.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.account}:stack/${stackName}/${shortHash(stackName)}`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': undefined,
  }

  function identity(id: string) {
    const resource = template.Resources[id]
    if (resource === undefined) throw new Error(`${stackName}: no resource or parameter ${id}`)
    const key = `${stackName}.${id}`
    if (pending.has(key)) throw new Error(`${stackName}: ${id} refers to itself`)
    pending.add(key)
    try {
      return identityOf(
        resource.Type,
        // Of at most 64 characters, as a function's name must be.
        `${stackName}-${id}-${shortHash(key)}`.slice(-64),
        createHash('sha256').update(key).digest('hex'),
        (property) => resolve(resource.Properties[property]),
        place,
      )
    } finally {
      pending.delete(key)
    }
  }

  function ref(id: string): unknown {
    if (id in pseudo) return pseudo[id]
    const parameter = template.Parameters[id]
    return parameter === undefined ? identity(id).ref : parameter.Default
  }

  function attribute(id: string, name: string): unknown {
    const { attributes, passive } = identity(id)
    const value = attributes[name]
    if (value !== undefined) return value
    if (passive) return `${id}.${name}`
    throw new Error(`${stackName}: attribute ${name} of ${id} (${template.Resources[id]?.Type}) is not emulated`)
  }

  function substitute(text: string, values: Readonly<Record<string, unknown>>): string {
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`
      if (name in values) return string(resolve(values[name]))
      const dot = name.indexOf('.')
      return string(dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1)))
    })
  }

  /** One entry per intrinsic function; `argument` is not yet resolved. */
  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (argument) => ref(string(argument)),
    'Fn::GetAtt': (argument) => {
      const [id, ...rest] = typeof argument === 'string' ? argument.split('.') : list(argument)
      return attribute(string(id), rest.map(string).join('.'))
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = list(argument)
      return list(resolve(parts)).map(string).join(string(separator))
    },
    'Fn::Sub': (argument) => {
      const [text, values] = Array.isArray(argument) ? argument : [argument]
      return substitute(string(text), isObject(values) ? values : {})
    },
    'Fn::Select': (argument) => {
      const [index, values] = list(argument)
      return list(resolve(values))[Number(resolve(index))]
    },
    'Fn::Split': (argument) => {
      const [separator, text] = list(argument)
      return string(resolve(text)).split(string(separator))
    },
    'Fn::ImportValue': (argument) => {
      const name = string(resolve(argument))
      const value = exports.get(name)
      if (value === undefined) throw new Error(`${stackName}: no stack exports ${name}`)
      return value()
    },
    'Fn::If': (argument) => {
      const [condition, yes, no] = list(argument)
      return resolve(holds(string(condition)) ? yes : no)
    },
    'Fn::Equals': (argument) => {
      const [left, right] = list(argument).map(resolve)
      return left === right
    },
    'Fn::And': (argument) => list(argument).every((part) => truth(resolve(part))),
    'Fn::Or': (argument) => list(argument).some((part) => truth(resolve(part))),
    'Fn::Not': (argument) => !truth(resolve(list(argument)[0])),
    Condition: (argument) => holds(string(argument)),
  }

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== undefined)
    if (!isObject(value)) return value
    const keys = Object.keys(value)
    const [key] = keys
    if (
      keys.length === 1 &&
      key !== undefined &&
      (key === 'Ref' || key.startsWith('Fn::') || (key === 'Condition' && typeof value[key] === 'string'))
    ) {
      const run = functions[key]
      if (run === undefined) throw new Error(`${stackName}: ${key} is not emulated`)
      return run(value[key])
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, item]) => {
        const resolved = resolve(item)
        return resolved === undefined ? [] : [[name, resolved]]
      }),
    )
  }

  const present = Object.entries(template.Resources).filter(([, { Condition }]) => holds(Condition))
  return {
    name: stackName,
    outputs: () =>
      Object.fromEntries(
        Object.entries(template.Outputs).flatMap(([name, { Value, Condition }]) =>
          holds(Condition) ? [[name, string(resolve(Value))]] : [],
        ),
      ),
    types: present.map(([, { Type }]) => Type),
    registerExports: () => {
      for (const { Value, Export, Condition } of Object.values(template.Outputs)) {
        if (Export !== undefined && holds(Condition)) exports.set(string(resolve(Export.Name)), () => resolve(Value))
      }
    },
    resources: () =>
      present.flatMap(([id, { Type, Properties }]): Resource[] => {
        const { ref: reference, name, arn, attributes, passive } = identity(id)
        if (passive) return []
        const path = paths.get(id) ?? `${stackName}/${id}`
        const properties = resolve(Properties)
        return [{ type: Type, path, name, arn, ref: reference, attributes, properties: isObject(properties) ? properties : {} }]
      }),
  }
}

function string(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Error(`expected a text, found ${JSON.stringify(value)}`)
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`expected a list, found ${JSON.stringify(value)}`)
}

const truth = (value: unknown): boolean => value === true || value === 'true'

/** The properties of a resource that matter here. @throws naming the resource when they are malformed, or ask for what is not emulated */
export function propertiesOf<T extends z.ZodType>(schema: T, { path, properties }: Resource): z.output<T> {
  const parsed = schema.safeParse(properties)
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
