import { compilePattern } from './event-pattern.ts'

/** The documentation's own examples, with an event that matches and one that does not. */
const cases: readonly (readonly [name: string, pattern: unknown, matches: readonly unknown[], others: readonly unknown[]])[] = [
  ['exact', { source: ['a', 'b'] }, [{ source: 'a' }, { source: 'b', more: 1 }], [{ source: 'A' }, {}, { source: { a: 1 } }]],
  [
    'nested, every field',
    { a: { b: [1] }, c: ['x'] },
    [{ a: { b: 1 }, c: 'x' }],
    [{ a: { b: 1 } }, { a: { b: '1' }, c: 'x' }, { a: 1, c: 'x' }],
  ],
  ['null and empty', { a: [null, ''] }, [{ a: null }, { a: '' }], [{}, { a: ' ' }]],
  ['one of an array', { tags: ['x', 'y'] }, [{ tags: ['z', 'y'] }], [{ tags: ['z'] }, { tags: [] }]],
  ['an array of objects', { list: { a: [1] } }, [{ list: [{ a: 2 }, { a: 1 }] }], [{ list: [{ a: 2 }] }, { list: [] }]],
  ['prefix', { a: [{ prefix: 'ab' }] }, [{ a: 'abc' }], [{ a: 'cab' }, { a: 5 }]],
  ['prefix, any case', { a: [{ prefix: { 'equals-ignore-case': 'AB' } }] }, [{ a: 'abc' }], [{ a: 'cab' }]],
  ['suffix', { a: [{ suffix: '.png' }] }, [{ a: 'x.png' }], [{ a: 'x.PNG' }]],
  ['suffix, any case', { a: [{ suffix: { 'equals-ignore-case': '.png' } }] }, [{ a: 'x.PNG' }], [{ a: 'x.jpg' }]],
  ['equals-ignore-case', { a: [{ 'equals-ignore-case': 'Ab' }] }, [{ a: 'aB' }], [{ a: 'abc' }]],
  ['anything-but', { a: [{ 'anything-but': 'x' }] }, [{ a: 'y' }, { a: 1 }], [{ a: 'x' }, {}]],
  ['anything-but a list', { a: [{ 'anything-but': [1, 2] }] }, [{ a: 3 }], [{ a: 2 }]],
  ['anything-but prefix', { a: [{ 'anything-but': { prefix: 'init' } }] }, [{ a: 'started' }], [{ a: 'initial' }]],
  ['anything-but prefixes', { a: [{ 'anything-but': { prefix: ['x', 'y'] } }] }, [{ a: 'za' }], [{ a: 'ya' }]],
  ['anything-but suffix', { a: [{ 'anything-but': { suffix: '.txt' } }] }, [{ a: 'a.png' }], [{ a: 'a.txt' }]],
  ['anything-but any case', { a: [{ 'anything-but': { 'equals-ignore-case': ['x'] } }] }, [{ a: 'y' }], [{ a: 'X' }]],
  ['anything-but wildcard', { a: [{ 'anything-but': { wildcard: '*/lib/*' } }] }, [{ a: '/etc/x' }], [{ a: '/lib/x' }]],
  ['exists', { a: { b: [{ exists: true }] } }, [{ a: { b: null } }, { a: { b: false } }], [{ a: {} }, {}, { a: { b: { c: 1 } } }]],
  ['exists not', { a: { b: [{ exists: false }] } }, [{}, { a: {} }], [{ a: { b: 1 } }]],
  ['numeric', { a: [{ numeric: ['>', 0, '<=', 5] }] }, [{ a: 5 }, { a: 0.1 }], [{ a: 0 }, { a: 6 }, { a: '3' }]],
  ['numeric equal', { a: [{ numeric: ['=', 3.018e2] }] }, [{ a: 301.8 }], [{ a: 301 }]],
  ['wildcard', { a: [{ wildcard: 'dir/*.png' }] }, [{ a: 'dir/x/y.png' }], [{ a: 'dir/xpng' }, { a: 'a/dir/x.png' }]],
  ['wildcard escaped', { a: [{ wildcard: 'a\\*b*' }] }, [{ a: 'a*bc' }], [{ a: 'axbc' }]],
  [
    '$or',
    { s: ['x'], $or: [{ a: [1] }, { b: [{ prefix: 'y' }] }] },
    [
      { s: 'x', a: 1 },
      { s: 'x', b: 'yz' },
    ],
    [{ s: 'x' }, { s: 'z', a: 1 }],
  ],
  ['or within a field', { a: ['x', { prefix: 'y' }, { exists: false }] }, [{ a: 'x' }, { a: 'yy' }, {}], [{ a: 'z' }]],
]

test.each(cases)('%s', (_, pattern, matches, others) => {
  const matcher = compilePattern(pattern)
  for (const event of matches) expect([event, matcher(event)]).toEqual([event, true])
  for (const event of others) expect([event, matcher(event)]).toEqual([event, false])
})

test.each([
  [{}],
  [{ a: 'x' }],
  [{ a: [] }],
  [{ a: [{ unknown: 'x' }] }],
  [{ a: [{ numeric: ['>', '0'] }] }],
  [{ a: [{ numeric: ['about', 0] }] }],
  [{ a: [{ wildcard: 'a**' }] }],
  [{ a: [{ prefix: 'x', suffix: 'y' }] }],
])('%j is no pattern', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow('Event pattern is not valid')
})
