import { serviceEnvironment } from './environment.ts'

const whole = { STAGE: 'test', SERVICE: 'one', TABLE_NAME: 'the-table', CLASS_KEYS: '{"C2":"arn:c2"}', AWS_REGION: 'eu-west-1' }
const outside = process.env
afterEach(() => {
  process.env = outside
})

test.each([
  ['STAGE', undefined],
  ['SERVICE', ''],
  ['TABLE_NAME', undefined],
  ['CLASS_KEYS', undefined],
  ['CLASS_KEYS', 'planted{'],
  ['CLASS_KEYS', '{"C9":"planted"}'],
  ['CLASS_KEYS', '{"C2":""}'],
])('%s = %j is refused by its name, without its value', (name, value) => {
  process.env = { ...whole, [name]: value }
  if (value === undefined) delete process.env[name]
  expect(() => serviceEnvironment()).toThrow(name)
  expect(() => serviceEnvironment()).not.toThrow('planted')
})

test('a whole one is read once', () => {
  process.env = { ...whole }
  const environment = serviceEnvironment()
  expect(environment).toMatchObject({ stage: 'test', service: 'one', table: { name: 'the-table' } })
  process.env = {}
  expect(serviceEnvironment()).toBe(environment)
})
