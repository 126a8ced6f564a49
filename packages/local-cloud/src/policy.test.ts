import fc from 'fast-check'
import { compilePolicy, type Decision, decide, type PolicyKind, type Principal, type Statement } from './policy.ts'

const account = '111122223333'
const role = `arn:aws:iam::${account}:role/worker`
const session: Principal = { role, session: `arn:aws:sts::${account}:assumed-role/worker/function`, account }
const table = `arn:aws:dynamodb:eu-west-1:${account}:table/cases`

type Shape = Readonly<Record<string, unknown>>
const allow: Shape = { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: table }
const deny: Shape = { ...allow, Effect: 'Deny' }
const compiled = (statements: Shape | readonly Shape[], kind: PolicyKind = 'identity', Version = '2012-10-17'): readonly Statement[] =>
  compilePolicy({ Version, Statement: statements }, kind, 'policy')

interface Asked {
  readonly principal?: Principal
  readonly action?: string
  readonly resource?: string
  readonly keys?: Readonly<Record<string, readonly string[]>>
}
interface Attached {
  readonly identity?: readonly Shape[]
  readonly boundary?: readonly Shape[] | undefined
  readonly resource?: readonly Shape[]
  readonly delegated?: boolean
}
const ask = (
  { identity = [], boundary, resource = [], delegated = false }: Attached,
  { principal = session, action = 'dynamodb:GetItem', resource: target = table, keys = {} }: Asked = {},
): Decision =>
  decide(
    {
      identity: compiled(identity),
      boundary: boundary === undefined ? undefined : compiled(boundary),
      resource: compiled(resource, 'resource'),
      delegated,
    },
    { principal, action, resource: target, context: (key) => keys[key] },
  )
const allowed = (attached: Attached, asked?: Asked): boolean => ask(attached, asked).allowed
/** Whether one statement applies. */
const fits = (statement: Shape, asked?: Asked): boolean => allowed({ identity: [{ ...allow, ...statement }] }, asked)

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
describe('a request in one account', () => {
  const toRole = { ...allow, Principal: { AWS: role } }
  const toSession = { ...allow, Principal: { AWS: session.session } }
  const toAccount = { ...allow, Principal: { AWS: `arn:aws:iam::${account}:root` } }
  const toEvents = { ...allow, Principal: { Service: 'events.amazonaws.com' } }
  const denyAll = { ...deny, Principal: '*' }
  const other = { ...allow, Action: 'dynamodb:PutItem' }
  const events: Principal = { service: 'events.amazonaws.com' }
  const no = (kind: string) => `because no ${kind} allows the dynamodb:GetItem action`
  const explicit = (kind: string) => `with an explicit deny in a ${kind}`

  test.each<[string, Attached, Principal, string | undefined]>([
    ['nothing', {}, session, no('identity-based policy')],
    ['an identity policy that allows', { identity: [allow] }, session, undefined],
    ['one that allows something else', { identity: [other] }, session, no('identity-based policy')],
    ['one that allows and denies', { identity: [allow, deny] }, session, 'with an explicit deny in an identity-based policy'],
    ['a resource policy that allows the role', { resource: [toRole] }, session, undefined],
    ['one that allows the session', { resource: [toSession] }, session, undefined],
    ['one that allows everybody', { resource: [{ ...allow, Principal: { AWS: '*' } }] }, session, undefined],
    ['one that allows the account, which does not', { resource: [toAccount] }, session, no('identity-based policy')],
    ['one that denies', { identity: [allow], resource: [denyAll] }, session, explicit('resource-based policy')],
    [
      'one that denies the account',
      { identity: [allow], resource: [{ ...toAccount, Effect: 'Deny' }] },
      session,
      explicit('resource-based policy'),
    ],
    [
      'one that denies somebody else',
      { identity: [allow], resource: [{ ...denyAll, Principal: { AWS: `${role}2` } }] },
      session,
      undefined,
    ],
    ['a boundary that allows', { identity: [allow], boundary: [allow] }, session, undefined],
    ['a boundary alone', { boundary: [allow] }, session, no('identity-based policy')],
    ['a boundary that does not allow', { identity: [allow], boundary: [other] }, session, no('permissions boundary')],
    ['a boundary that denies', { identity: [allow], boundary: [allow, deny] }, session, explicit('permissions boundary')],
    ['a boundary around what the role was given', { resource: [toRole], boundary: [other] }, session, no('permissions boundary')],
    ['a boundary beside what the session was given', { resource: [toSession], boundary: [other] }, session, undefined],
    ['a service that is allowed', { resource: [toEvents] }, events, undefined],
    ['a service that nobody names', { resource: [toRole] }, events, no('resource-based policy')],
    ['a service, and an identity policy', { identity: [allow] }, events, no('resource-based policy')],
    ['a service that is denied with everybody', { resource: [toEvents, denyAll] }, events, explicit('resource-based policy')],
    ['a key whose policy is silent', { identity: [allow], delegated: true }, session, no('resource-based policy')],
    ['a key that leaves it to the account', { identity: [allow], resource: [toAccount], delegated: true }, session, undefined],
    ['a key that leaves it to an account that does not', { resource: [toAccount], delegated: true }, session, no('identity-based policy')],
    ['a key that names the role', { resource: [toRole], delegated: true }, session, undefined],
  ])('%s', (_, attached, principal, because) => {
    expect(ask(attached, { principal })).toMatchObject(because === undefined ? { allowed: true } : { allowed: false, because })
  })
})

describe('actions and resources', () => {
  test.each<[Shape, Asked, boolean]>([
    [{ Action: '*' }, {}, true],
    [{ Action: 'dynamodb:*' }, {}, true],
    [{ Action: 'DynamoDB:getitem' }, {}, true],
    [{ Action: 'dynamodb:Get*' }, {}, true],
    [{ Action: 'dynamodb:?etItem' }, {}, true],
    [{ Action: 'dynamodb:?GetItem' }, {}, false],
    [{ Action: 'dynamodb:Get' }, {}, false],
    [{ Action: ['sqs:*', 'dynamodb:GetItem'] }, {}, true],
    [{ Action: undefined, NotAction: 'dynamodb:Put*' }, {}, true],
    [{ Action: undefined, NotAction: ['dynamodb:Put*', 'dynamodb:Get*'] }, {}, false],
    [{ Resource: '*' }, {}, true],
    [{ Resource: `${table}/index/*` }, {}, false],
    [{ Resource: `${table}/index/*` }, { resource: `${table}/index/gsi1` }, true],
    [{ Resource: `${table}*` }, { resource: `${table}/index/gsi1` }, true],
    [{ Resource: table.replace('cases', 'Cases') }, {}, false],
    [{ Resource: `arn:aws:dynamodb:*:*:table/cases` }, {}, true],
    // The last wildcard of a part runs on, one within a part does not: reference_policies_elements_resource.html
    [{ Resource: 'arn:aws:dynamodb:*:table/cases' }, {}, true],
    [{ Resource: 'arn:aws:dynamodb:*1:table/cases' }, {}, false],
    [{ Resource: 'arn:aws:dynamodb:eu-west-?:*' }, {}, true],
    [{ Resource: 'arn:aws:dynamodb:eu?west-1?111122223333:table/cases' }, {}, false],
    [{ Resource: 'arn:aws:logs:*:*:log-group:*:log-stream:a*c' }, { resource: 'arn:aws:logs:x:1:log-group:g:log-stream:a:b:c' }, true],
    [{ Resource: undefined, NotResource: `${table}/*` }, {}, true],
    [{ Resource: undefined, NotResource: '*' }, {}, false],
    [{ Resource: 'arn:aws:dynamodb:eu.west-1:*' }, {}, false],
    [{ Resource: 'arn:aws:dynamodb:eu-west-1:111122223333:table/(cases|others)' }, {}, false],
  ])('%j asked %j: %s', (statement, asked, expected) => {
    expect(fits(statement, asked)).toBe(expected)
  })
})

describe('variables', () => {
  const of = (name: string, keys: Asked['keys'] = {}) => ({ resource: `arn:aws:dynamodb:r:1:table/${name}`, keys })
  const resource = (text: string): Shape => ({ Resource: `arn:aws:dynamodb:r:1:table/${text}` })
  test.each<[Shape, Asked, boolean]>([
    [resource(`\${aws:PrincipalTag/team}-*`), of('a-1', { 'aws:principaltag/team': ['a'] }), true],
    [resource(`\${aws:PrincipalTag/team}-*`), of('b-1', { 'aws:principaltag/team': ['a'] }), false],
    [resource(`\${aws:PrincipalTag/team}-*`), of('-1'), false],
    [resource(`\${aws:PrincipalTag/team, 'none'}`), of('none'), true],
    // What a variable holds is text, wildcards and all.
    [resource(`\${aws:PrincipalTag/team}`), of('abc', { 'aws:principaltag/team': ['*'] }), false],
    [resource(`\${aws:PrincipalTag/team}`), of('a', { 'aws:principaltag/team': ['a', 'b'] }), false],
    [resource(`a\${*}`), of('a*'), true],
    [resource(`a\${*}`), of('ab'), false],
    [{ Condition: { StringEquals: { 'x:a': `\${x:b}` } } }, { keys: { 'x:a': ['1'], 'x:b': ['1'] } }, true],
    [{ Condition: { StringEquals: { 'x:a': `\${x:b}` } } }, { keys: { 'x:a': ['1'] } }, false],
  ])('%j asked %j: %s', (statement, asked, expected) => {
    expect(fits(statement, asked)).toBe(expected)
  })

  test('are text in the older version', () => {
    const old = (Resource: string) => compiled({ ...allow, Resource }, 'identity', '2008-10-17')[0]
    const asked = { principal: session, action: 'dynamodb:GetItem', resource: `\${x:b}`, context: () => ['1'] }
    expect(old(`\${x:b}`)?.fit(asked)).toBeDefined()
    expect(old(`\${x:b}`)?.fit({ ...asked, resource: '1' })).toBeUndefined()
  })
})

describe('conditions', () => {
  const one = (operator: string, operand: unknown): Shape => ({ Condition: { [operator]: { 'x:Key': operand } } })
  const held = (...values: string[]): Asked => ({ keys: { 'x:key': values } })
  const arn = 'arn:aws:events:eu-west-1:1:rule/bus/one'
  test.each<[Shape, Asked, boolean]>([
    [one('StringEquals', 'a'), held('a'), true],
    [one('StringEquals', 'a'), held('A'), false],
    [one('StringEquals', ['b', 'a']), held('a'), true],
    [one('StringEquals', 'a*'), held('ab'), false],
    [one('StringEquals', 'a'), {}, false],
    [one('StringEqualsIfExists', 'a'), {}, true],
    [one('StringEqualsIfExists', 'a'), held('b'), false],
    [one('StringEqualsIgnoreCase', 'a'), held('A'), true],
    [one('StringNotEquals', 'a'), held('b'), true],
    [one('StringNotEquals', ['a', 'b']), held('b'), false],
    [one('StringNotEquals', 'a'), {}, true],
    [one('StringNotEqualsIgnoreCase', 'a'), held('A'), false],
    [one('StringLike', 'a?c*'), held('abcd:/'), true],
    [one('StringLike', 'a?c*'), held('ac'), false],
    [one('StringNotLike', 'a*'), held('b'), true],
    [one('StringNotLike', 'a*'), held('ab'), false],
    [one('ArnLike', 'arn:aws:events:*:*:rule/*'), held(arn), true],
    [one('ArnLike', 'arn:aws:events:*:rule/*'), held(arn), false],
    [one('ArnEquals', arn.replace('one', '*')), held(arn), true],
    [one('ArnEquals', arn), held(`${arn}2`), false],
    [one('ArnNotLike', arn), held(arn), false],
    [one('ArnNotEquals', arn), {}, true],
    [one('NumericEquals', '10'), held('10.0'), true],
    [one('NumericEquals', 10), held('x'), false],
    [one('NumericNotEquals', 10), held('10'), false],
    [one('NumericLessThan', 10), held('9'), true],
    [one('NumericLessThan', 10), held('10'), false],
    [one('NumericLessThanEquals', 10), held('10'), true],
    [one('NumericGreaterThan', 10), held('10'), false],
    [one('NumericGreaterThanEquals', 10), held('10'), true],
    [one('DateLessThan', '2026-06-01T00:00:00Z'), held('2026-05-31T23:59:59Z'), true],
    [one('DateGreaterThan', '2026-06-01T00:00:00Z'), held('1780272001'), true],
    [one('DateEquals', '2026-06-01'), held('2026-06-01T00:00:00Z'), true],
    [one('DateNotEquals', '2026-06-01'), held('2026-06-01T00:00:00Z'), false],
    [one('Bool', 'false'), held('false'), true],
    [one('Bool', true), held('false'), false],
    [one('Bool', 'false'), {}, false],
    [one('BoolIfExists', 'false'), {}, true],
    [one('Null', 'true'), {}, true],
    [one('Null', 'true'), held('a'), false],
    [one('Null', false), held('a'), true],
    [one('ForAllValues:StringEquals', ['a', 'b']), held('a', 'b'), true],
    [one('ForAllValues:StringEquals', ['a', 'b']), held('a', 'c'), false],
    [one('ForAllValues:StringLike', 'find#*'), held('find#1', 'case#1'), false],
    // AWS warns of it: a request without the key passes.
    [one('ForAllValues:StringEquals', 'a'), {}, true],
    [one('ForAllValues:StringNotEquals', 'a'), held('b', 'c'), true],
    [one('ForAllValues:StringNotEquals', 'a'), held('a', 'c'), false],
    [one('ForAnyValue:StringEquals', 'a'), held('b', 'a'), true],
    [one('ForAnyValue:StringEquals', 'a'), held('b'), false],
    [one('ForAnyValue:StringEquals', 'a'), {}, false],
    [one('ForAnyValue:StringNotEquals', 'a'), held('a', 'b'), true],
    [one('ForAnyValue:StringNotEquals', 'a'), {}, false],
    [one('StringEquals', 'a'), { keys: { 'x:other': ['a'] } }, false],
    [{ Condition: { StringEquals: { 'x:key': 'a', 'x:other': 'b' } } }, { keys: { 'x:key': ['a'], 'x:other': ['b'] } }, true],
    [{ Condition: { StringEquals: { 'x:key': 'a', 'x:other': 'b' } } }, held('a'), false],
    [{ Condition: { StringEquals: { 'x:key': 'a' }, Bool: { 'x:key': 'true' } } }, held('a'), false],
  ])('%j asked %j: %s', (statement, asked, expected) => {
    expect(fits(statement, asked)).toBe(expected)
  })
})

test.each<[Shape, PolicyKind, string]>([
  [{ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }, 'identity', 'the condition operator IpAddress is not emulated'],
  [{ Condition: { 'ForSomeValues:StringEquals': { a: 'b' } } }, 'identity', 'ForSomeValues:StringEquals is not emulated'],
  [{ Condition: { Bool: { a: 'perhaps' } } }, 'identity', 'not an operand: perhaps'],
  [{ Condition: { NumericEquals: { a: 'one' } } }, 'identity', 'not an operand: one'],
  [{ Resource: `\${aws:username` + '()}' }, 'identity', 'not a policy variable'],
  [{ NotPrincipal: '*' }, 'resource', 'NotPrincipal is not emulated'],
  [{ Principal: { Federated: 'x' } }, 'resource', 'Federated'],
  [{ Principal: '*' }, 'identity', 'no Principal is expected'],
  [{}, 'resource', 'a Principal is expected'],
  [{ Resource: undefined }, 'identity', 'a Resource is expected'],
  [{ NotAction: 'a:b' }, 'identity', 'one of Action and NotAction'],
  [{ Effect: 'Maybe' }, 'identity', 'Effect'],
  [{ Unknown: 1 }, 'identity', 'Unknown'],
])('%j in a policy of kind %s is refused: %s', (statement, kind, reason) => {
  expect(() => compiled({ ...allow, Sid: 'Named', ...statement }, kind)).toThrow(reason)
})

describe('whatever the policies are', () => {
  const names = fc.constantFrom('a', 'b', '*')
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: names.map((name) => `x:${name}`),
    Resource: names,
    Condition: fc.constantFrom({}, { StringEquals: { 'x:key': 'a' } }, { StringNotEquals: { 'x:key': 'a' } }),
  })
  const principals = fc.constantFrom<Shape>(
    { AWS: role },
    { AWS: session.session },
    { AWS: account },
    { AWS: '*' },
    { Service: 'x.amazonaws.com' },
  )
  const onResource = fc.record({ shape: statement, Principal: principals }).map(({ shape, Principal }) => ({ ...shape, Principal }))
  const attached = fc.record({
    identity: fc.array(statement, { maxLength: 3 }),
    boundary: fc.option(fc.array(statement, { maxLength: 3 }), { nil: undefined }),
    resource: fc.array(onResource, { maxLength: 3 }),
    delegated: fc.boolean(),
  })
  const asked = fc.record({
    principal: fc.constantFrom<Principal>(session, { service: 'x.amazonaws.com' }),
    action: fc.constantFrom('x:a', 'x:b'),
    resource: fc.constantFrom('a', 'b'),
    keys: fc.constantFrom({}, { 'x:key': ['a'] }, { 'x:key': ['b'] }),
  })
  const everything = { Action: '*', Resource: '*' }

  test('a deny of everything wins, wherever it is', () => {
    fc.assert(
      fc.property(attached, asked, (policies, request) => {
        const denied = { Effect: 'Deny', ...everything }
        expect(allowed({ ...policies, resource: [...policies.resource, { ...denied, Principal: '*' }] }, request)).toBe(false)
        if (request.principal === session) expect(allowed({ ...policies, identity: [denied, ...policies.identity] }, request)).toBe(false)
        if (request.principal === session)
          expect(allowed({ ...policies, boundary: [...(policies.boundary ?? []), denied] }, request)).toBe(false)
      }),
    )
  })

  test('one more allow never takes away, one more deny never gives', () => {
    fc.assert(
      fc.property(attached, statement, onResource, asked, (policies, own, given, request) => {
        const before = allowed(policies, request)
        const more = (Effect: string): boolean[] => [
          allowed({ ...policies, identity: [...policies.identity, { ...own, Effect }] }, request),
          allowed({ ...policies, resource: [...policies.resource, { ...given, Effect }] }, request),
        ]
        if (before) expect(more('Allow')).toEqual([true, true])
        else expect(more('Deny')).toEqual([false, false])
      }),
    )
  })

  test('the order of statements does not count', () => {
    fc.assert(
      fc.property(attached, asked, (policies, request) => {
        const turned = { ...policies, identity: [...policies.identity].reverse(), resource: [...policies.resource].reverse() }
        expect(allowed(turned, request)).toBe(allowed(policies, request))
      }),
    )
  })

  test('without an allow there is none', () => {
    fc.assert(
      fc.property(attached, asked, (policies, request) => {
        const denying = <T extends Shape>(statements: readonly T[]) => statements.map((each) => ({ ...each, Effect: 'Deny' }))
        expect(allowed({ ...policies, identity: denying(policies.identity), resource: denying(policies.resource) }, request)).toBe(false)
      }),
    )
  })

  test('only what concerns a request decides on it', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 5 }), asked, (shapes, { action, resource, keys, principal }) => {
        const statements = compiled(shapes)
        const context = (key: string) => new Map(Object.entries(keys)).get(key)
        const request = { principal, action, resource, context }
        for (const each of statements) if (!each.concerns(action, resource)) expect(each.fit(request)).toBeUndefined()
      }),
    )
  })
})

test('a decision tells what allowed it: the patterns that fit', () => {
  const [statement] = compiled({
    Sid: 'Read',
    ...allow,
    Action: ['dynamodb:Get*', 'dynamodb:GetItem', 'dynamodb:Query'],
    Resource: [table, `${table}2`],
  })
  const decision = decide(
    { identity: statement === undefined ? [] : [statement], boundary: undefined, resource: [], delegated: false },
    { principal: session, action: 'dynamodb:GetItem', resource: table, context: () => undefined },
  )
  expect(decision).toEqual({
    allowed: true,
    by: [{ statement: expect.objectContaining({ id: 'Read' }), actions: ['dynamodb:Get*', 'dynamodb:GetItem'], resources: [table] }],
  })
})
