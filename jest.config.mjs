import { availableParallelism } from 'node:os'

if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(`Tests run on the Node of node_modules, not on ${process.version}: use npm test, or pnpm exec jest.`)
}

/** Packages that ship ES modules only: compiled like our own source, because jest runs CommonJS. */
const esm = ['@middy/[^/]+', '@seriousme/[^/]+', 'canonicalize', 'jose']

const shared = {
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/(cdk\\.out|dist)/'],
  moduleFileExtensions: ['ts', 'mjs', 'cjs', 'js', 'json'],
  resolver: '<rootDir>/tools/jest-resolver.cjs',
  transform: {
    '\\.(ts|mjs|js)$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // The last node_modules of a path, because pnpm's own comes before it: node_modules/.pnpm/<name>@<version>/node_modules/<name>.
  transformIgnorePatterns: [`/node_modules/(?!\\.pnpm/|(${esm.join('|')})/)`],
}

/** @type {import('jest').Config} */
export default {
  testTimeout: 120_000,
  maxWorkers: Math.max(2, availableParallelism() - 1),
  projects: [
    { ...shared, testMatch: ['<rootDir>/{events,examples,packages,services,infra,tools}/**/*.test.ts'] },
    // These read or run the synthesized stacks.
    { ...shared, testMatch: ['<rootDir>/test/**/*.test.ts'], globalSetup: '<rootDir>/tools/jest-synth.ts' },
  ],
}
