// Who may import what. A file may import its own package and what its row of the table lists, nothing else. The second lock is pnpm's
// strict node_modules: a package that the importer's package.json does not declare cannot be resolved at all.

const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`
const zod = npm('zod')
const sdk = npm('@aws-sdk/[^/]+', '@smithy/[^/]+')
const lambdaTypes = npm('@types/aws-lambda')
const events = '^events/src/'
const core = '^packages/core/src/'
const aws = '^packages/aws/src/'
const pureOfServices = '^services/[^/]+/src/(api|subscriptions)\\.ts$'
/** Rules of the world that others keep better than we would: numbering plans, edit distance, JSON Web Encryption. They do no I/O. */
const pureLibraries = npm('fastest-levenshtein', 'jose', 'libphonenumber-js')
const generated = '(^|/)(generated|docs/api)/.+\\.json$'

/** Tests run only here, so each may use Node and these on top of what its package may import. */
const forTests = ['^packages/testing/src/', core, events, zod, npm('fast-check')]

/** The table. `own` is the package's folder ($1 in `may` is what its group matched); `node` allows Node's built-in modules. */
const table = [
  { name: 'events', own: '^events/', may: [zod] },
  { name: 'core', own: '^packages/core/', may: [zod, events], node: true },
  {
    name: 'aws',
    own: '^packages/aws/',
    may: [core, events, generated, zod, sdk, npm('@middy/[^/]+', '@aws-lambda-powertools/[^/]+'), lambdaTypes],
    node: true,
  },
  { name: 'testing', own: '^packages/testing/', may: [core, events, zod, sdk, npm('fast-check')], node: true },
  { name: 'examples', own: '^examples/', may: ['^packages/testing/src/', zod, npm('standardwebhooks')], node: true },
  // It runs the synthesized template and the bundles: an import of our source would let it know more than AWS does.
  { name: 'local-cloud', own: '^packages/local-cloud/', may: [sdk, zod, npm('croner', 'jose', '@dynoxide/[^/]+')], node: true },
  {
    name: 'service',
    own: '^services/([^/]+)/',
    not: '\\.(lambda|dynamo|http)\\.ts$',
    may: ['^services/$1/', core, events, zod, pureLibraries],
  },
  {
    name: 'service-outside',
    own: '^services/([^/]+)/',
    only: '\\.(lambda|dynamo|http)',
    may: ['^services/$1/', core, events, zod, pureLibraries, aws],
    node: true,
  },
  {
    name: 'infra',
    own: '^infra/',
    may: [core, events, pureOfServices, generated, npm('aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild'), lambdaTypes],
    node: true,
  },
]

const rows = table.flatMap(({ name, own, only = '', not, may, node }) => {
  const allowed = own.includes('(') ? may : [own, ...may]
  const file = only ? `${own}.*${only}` : own
  return [
    {
      name: `${name}-may-import`,
      comment: 'Not in this row of the table in .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: only ? `${file}\\.ts$` : file, pathNot: ['\\.test\\.ts$', ...(not ? [not] : [])] },
      to: { pathNot: allowed, ...(node ? { dependencyTypesNot: ['core'] } : {}) },
    },
    {
      name: `${name}-tests-may-import`,
      comment: 'Not in this row of the table in .dependency-cruiser.mjs, nor in what tests may use on top.',
      severity: 'error',
      from: { path: `${file}.*\\.test\\.ts$`, ...(not ? { pathNot: not.replace('\\.ts$', '\\.test\\.ts$') } : {}) },
      to: { pathNot: [...allowed, ...forTests], dependencyTypesNot: ['core'] },
    },
  ]
})

export default {
  forbidden: [
    ...rows,
    {
      name: 'no-lambda-import',
      comment: 'An entry is referred to by its path, by CDK and the bundler: importing one would run its wiring.',
      severity: 'error',
      from: {},
      to: { path: '\\.lambda\\.ts$' },
    },
    {
      name: 'service-rules-stay-pure',
      comment:
        'Only entries (*.lambda.ts) and tests bring an adapter (*.dynamo.ts, *.http.ts) in: state what you need as a port of app.ts.',
      severity: 'error',
      from: { path: '^services/', pathNot: '\\.(lambda|dynamo|http|test)\\.ts$' },
      to: { path: '\\.(dynamo|http)\\.ts$' },
    },
    {
      name: 'no-way-round-exports',
      comment: 'Another package is imported by its name, which its "exports" govern, not by a relative path.',
      severity: 'error',
      from: { path: '^(events|infra|examples|test|tools|packages/[^/]+|services/[^/]+)/' },
      to: { path: '^(events|infra|examples|test|tools|packages|services)/', pathNot: ['^$1/', generated], dependencyTypes: ['local'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'No such file, no such entry in the "exports" of that package, or a dependency that package.json does not declare.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycle',
      comment: 'Types count too: two files that need each other are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API, so the files are read by swc, which sees type imports as well.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^cdk\\.out/', '(^|/)dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}
