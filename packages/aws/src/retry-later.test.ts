import { pauseOf } from './retry-later.ts'

test('a message is hidden for as long as it asks, and for twelve hours less a minute at most', () => {
  expect([1, 4.2, 43_140, 43_200, 86_400].map(pauseOf)).toEqual([1, 5, 43_140, 43_140, 43_140])
})
