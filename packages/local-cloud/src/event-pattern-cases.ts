/*
 * Event patterns with what they match and what not: the examples of
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, of its pages on arrays and on null values and
 * empty strings, and what the tests of https://github.com/aws/event-ruler add. The package's own tests and the contract suite run them.
 */

/** A pattern for an event's `detail`. */
export interface PatternCase {
  readonly name: string
  readonly pattern: Readonly<Record<string, unknown>>
  /** Details that it matches, and others. */
  readonly matches: readonly Readonly<Record<string, unknown>>[]
  readonly others: readonly Readonly<Record<string, unknown>>[]
  /** Whether Lambda's event filters know it too: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax */
  readonly filter: boolean
}

type Row = readonly [name: string, pattern: PatternCase['pattern'], matches: PatternCase['matches'], others: PatternCase['others']]

const common: readonly Row[] = [
  ['exact', { s: ['a', 'b'] }, [{ s: 'a' }, { s: 'b', more: 1 }], [{ s: 'A' }, {}, { s: { a: 1 } }]],
  ['every field', { a: { b: [1] }, c: ['x'] }, [{ a: { b: 1 }, c: 'x' }], [{ a: { b: 1 } }, { a: { b: '1' }, c: 'x' }, { a: 1, c: 'x' }]],
  ['null', { a: [null] }, [{ a: null }], [{}, { a: '' }, { a: 'null' }, { a: [] }]],
  ['empty', { a: [''] }, [{ a: '' }], [{}, { a: null }, { a: ' ' }]],
  ['true and false', { a: [true, false] }, [{ a: true }, { a: false }], [{ a: 'true' }, { a: 0 }, {}]],
  ['number', { a: [300] }, [{ a: 300 }, { a: 3e2 }], [{ a: '300' }, { a: 301 }]],
  ['one of an array', { tags: ['x', 'y'] }, [{ tags: ['z', 'y'] }, { tags: 'x' }], [{ tags: ['z'] }, { tags: [] }]],
  [
    'an array of objects',
    { list: { a: [1], b: [2] } },
    [{ list: [{ a: 0 }, { a: 1, b: 2 }] }],
    [
      {
        list: [
          { a: 1, b: 0 },
          { a: 0, b: 2 },
        ],
      },
      { list: [] },
    ],
  ],
  ['a name with a dot', { 'a.b': ['x'] }, [{ a: { b: 'x' } }, { 'a.b': 'x' }], [{ a: 'x' }]],
  ['prefix', { a: [{ prefix: 'ab' }] }, [{ a: 'abc' }], [{ a: 'cab' }, { a: 5 }, {}]],
  ['prefix, empty', { a: [{ prefix: '' }] }, [{ a: 'abc' }], [{ a: 1 }]],
  ['suffix', { a: [{ suffix: '.png' }] }, [{ a: 'x.png' }], [{ a: 'x.PNG' }]],
  ['equals-ignore-case', { a: [{ 'equals-ignore-case': 'Ab' }] }, [{ a: 'aB' }], [{ a: 'abc' }]],
  ['anything-but', { a: [{ 'anything-but': 'x' }] }, [{ a: 'y' }, { a: 1 }, { a: null }], [{ a: 'x' }, {}]],
  ['anything-but a number', { a: [{ 'anything-but': 123 }] }, [{ a: 456 }, { a: '123' }], [{ a: 123 }]],
  ['anything-but texts', { a: [{ 'anything-but': ['x', 'y'] }] }, [{ a: 'z' }], [{ a: 'y' }]],
  ['anything-but numbers', { a: [{ 'anything-but': [100, 200] }] }, [{ a: 300 }], [{ a: 200 }]],
  [
    'exists',
    { a: { b: [{ exists: true }] } },
    [{ a: { b: null } }, { a: { b: false } }],
    [{ a: {} }, {}, { a: { b: { c: 1 } } }, { a: { b: [] } }],
  ],
  ['exists not', { a: { b: [{ exists: false }] } }, [{}, { a: {} }, { a: { b: { c: 1 } } }], [{ a: { b: 1 } }, { a: [{ b: 1 }, {}] }]],
  ['numeric range', { a: [{ numeric: ['>', 0, '<=', 5] }] }, [{ a: 5 }, { a: 0.1 }], [{ a: 0 }, { a: 6 }, { a: '3' }, { a: null }]],
  ['numeric at least', { a: [{ numeric: ['>=', -1.5] }] }, [{ a: -1.5 }], [{ a: -1.6 }]],
  ['numeric below', { a: [{ numeric: ['<', 10] }] }, [{ a: 9.99 }], [{ a: 10 }]],
  ['numeric equal', { a: [{ numeric: ['=', 3.018e2] }] }, [{ a: 301.8 }], [{ a: 301 }]],
  [
    '$or',
    { s: ['x'], $or: [{ a: [1] }, { b: [{ prefix: 'y' }] }] },
    [
      { s: 'x', a: 1 },
      { s: 'x', b: 'yz' },
    ],
    [{ s: 'x' }, { s: 'z', a: 1 }],
  ],
  [
    '$or within $or',
    { $or: [{ a: [1] }, { b: [2], $or: [{ c: [3] }, { d: { $or: [{ e: [4] }, { f: [5] }] } }] }] },
    [{ a: 1 }, { b: 2, c: 3 }, { b: 2, d: { e: 4 } }, { b: 2, d: { f: 5 } }],
    [{ b: 2 }, { c: 3 }, { b: 2, e: 4 }],
  ],
  ['or within a field', { a: ['x', { prefix: 'y' }, { exists: false }] }, [{ a: 'x' }, { a: 'yy' }, {}], [{ a: 'z' }]],
]

const ofRules: readonly Row[] = [
  ['prefix, any case', { a: [{ prefix: { 'equals-ignore-case': 'EventB' } }] }, [{ a: 'eventbridge' }], [{ a: 'bridge' }]],
  ['suffix, any case', { a: [{ suffix: { 'equals-ignore-case': '.png' } }] }, [{ a: 'x.PNG' }], [{ a: 'x.jpg' }]],
  [
    'anything-but prefix',
    { a: [{ 'anything-but': { prefix: 'init' } }] },
    [{ a: 'started' }, { a: 12 }, { a: null }],
    [{ a: 'initial' }, {}],
  ],
  ['anything-but prefixes', { a: [{ 'anything-but': { prefix: ['x', 'y'] } }] }, [{ a: 'za' }], [{ a: 'ya' }]],
  ['anything-but suffix', { a: [{ 'anything-but': { suffix: '.txt' } }] }, [{ a: 'a.png' }], [{ a: 'a.txt' }]],
  ['anything-but suffixes', { a: [{ 'anything-but': { suffix: ['.txt', '.rtf'] } }] }, [{ a: 'a.png' }], [{ a: 'a.rtf' }]],
  ['anything-but, any case', { a: [{ 'anything-but': { 'equals-ignore-case': ['x'] } }] }, [{ a: 'y' }], [{ a: 'X' }]],
  ['anything-but wildcard', { a: [{ 'anything-but': { wildcard: '*/lib/*' } }] }, [{ a: '/etc/x' }], [{ a: '/lib/x' }]],
  ['anything-but wildcards', { a: [{ 'anything-but': { wildcard: ['*/lib/*', '*.jar'] } }] }, [{ a: '/etc/x' }], [{ a: 'x.jar' }]],
  ['wildcard', { a: [{ wildcard: 'dir/*.png' }] }, [{ a: 'dir/x/y.png' }, { a: 'dir/.png' }], [{ a: 'dir/xpng' }, { a: 'a/dir/x.png' }]],
  ['wildcard, escaped', { a: [{ wildcard: 'a\\*b*\\\\' }] }, [{ a: 'a*bc\\' }], [{ a: 'axbc\\' }, { a: 'a*bc' }]],
  [
    'cidr',
    { a: [{ cidr: '10.0.0.0/24' }] },
    [{ a: '10.0.0.255' }],
    [{ a: '10.0.1.0' }, { a: '10.0.0.256' }, { a: 123 }, { a: '::ffff:10.0.0.1' }],
  ],
  [
    'cidr, IPv6',
    { a: [{ cidr: '2001:db8:1234:1a00::/64' }] },
    [{ a: '2001:0db8:1234:1a00:0000:0000:0000:0000' }, { a: '2001:db8:1234:1a00::7' }],
    [{ a: '2001:db8:1234:1a01::' }, { a: '10.0.0.1' }],
  ],
]

const caseOf =
  (filter: boolean) =>
  ([name, pattern, matches, others]: Row): PatternCase => ({ name, pattern, matches, others, filter })

export const patternCases: readonly PatternCase[] = [...common.map(caseOf(true)), ...ofRules.map(caseOf(false))]

/** What EventBridge refuses as a pattern, for an event's `detail`. */
export const invalidPatterns: readonly unknown[] = [
  {},
  { a: {} },
  { a: 'x' },
  { a: 42 },
  { a: [] },
  { a: [['x']] },
  { a: [{}] },
  { a: [{ unknown: 'x' }] },
  { a: [{ EXISTS: true }] },
  { a: [{ exists: 'yes' }] },
  { a: [{ prefix: 'x', suffix: 'y' }] },
  { a: [{ prefix: ['x'] }] },
  { a: [{ prefix: 1 }] },
  { a: [{ prefix: { suffix: 'x' } }] },
  { a: [{ suffix: ['x'] }] },
  { a: [{ 'equals-ignore-case': ['x'] }] },
  { a: [{ 'anything-but': null }] },
  { a: [{ 'anything-but': [] }] },
  { a: [{ 'anything-but': ['x', null] }] },
  { a: [{ 'anything-but': ['x', 1] }] },
  { a: [{ 'anything-but': { prefix: '' } }] },
  { a: [{ 'anything-but': { suffix: [1, 'x'] } }] },
  { a: [{ 'anything-but': { prefix: { 'equals-ignore-case': 'x' } } }] },
  { a: [{ 'anything-but': { numeric: ['=', 1] } }] },
  { a: [{ 'anything-but': { wildcard: 1 } }] },
  { a: [{ numeric: 10 }] },
  { a: [{ numeric: [] }] },
  { a: [{ numeric: ['>', '0'] }] },
  { a: [{ numeric: ['about', 0] }] },
  { a: [{ numeric: ['>', 0, '<'] }] },
  { a: [{ numeric: ['>', 0, '>', 1] }] },
  { a: [{ numeric: ['<', 5, '>', 0] }] },
  { a: [{ numeric: ['>', 5, '<', 5] }] },
  { a: [{ wildcard: 'a**' }] },
  { a: [{ wildcard: 'a\\b' }] },
  { a: [{ wildcard: ['a*'] }] },
  { a: [{ wildcard: '*:*:*:*:*:event-bus/*' }] },
  { a: [{ cidr: 'bad' }] },
  { a: [{ cidr: '10.0.0.0/x' }] },
  { a: [{ cidr: 'xx.11.xx/8' }] },
  { a: [{ cidr: '10.0.0.0/33' }] },
  { a: [{ cidr: ['10.0.0.0/8'] }] },
  { $or: [{ a: [1] }] },
  { $or: [{ prefix: ['x'] }, { a: [1] }] },
]
