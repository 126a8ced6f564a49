import { pauseOf } from './retry-later.ts'

const schedule = [5, 300, 43_200]

test.each([
  [1, 0, 5],
  [1, 1, 6],
  [2, 0.5, 330],
  [3, 0, 43_140],
  [4, 1, 43_140],
  [99, 0, 43_140],
])('after receipt %i and at random %d a message waits %i s', (receiveCount, random, seconds) => {
  expect(pauseOf(schedule, receiveCount, random)).toBe(seconds)
})
