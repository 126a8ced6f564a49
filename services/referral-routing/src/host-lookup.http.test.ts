import { hostLookup } from './host-lookup.http.ts'

const failing = (code: string) => () => Promise.reject(Object.assign(new Error('as asked'), { code }))

test('tells the addresses of a name, that there is none, and that it cannot tell', async () => {
  expect(await hostLookup(async () => [{ address: '8.8.8.8' }, { address: '::1' }])('a.example')).toEqual(['8.8.8.8', '::1'])
  expect(await hostLookup(failing('ENOTFOUND'))('a.example')).toEqual([])
  expect(await hostLookup(failing('EAI_AGAIN'))('a.example')).toBeUndefined()
})

test('knows this machine', async () => {
  expect(await hostLookup()('localhost')).toEqual(expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]))
})
