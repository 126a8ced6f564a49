import { traceIdOf, traceparentOf } from './trace.ts'

const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const lambda = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'

test('a valid traceparent of the caller is carried on', () => {
  expect(traceparentOf(valid, lambda)).toBe(valid)
  expect(traceIdOf(valid)).toBe('0af7651916cd43dd8448eb211c80319c')
})

test.each([
  undefined,
  '',
  'planted',
  `${valid}x`,
  valid.toUpperCase(),
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
])('%j is not: Lambda’s own trace is taken, else a new one', (header) => {
  expect(traceparentOf(header, lambda)).toMatch(/^00-5759e988bd862e3fe1be46a994272793-[0-9a-f]{16}-01$/)
  expect(traceparentOf(header, lambda.replace('Sampled=1', 'Sampled=0'))).toMatch(/-00$/)
  expect(traceparentOf(header, '')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  expect(traceparentOf(header, '')).not.toBe(traceparentOf(header, ''))
})
