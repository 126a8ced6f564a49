import { pauseOf } from './retry-later.ts'

const schedule = [5, 300, 43_200]
const longest = 43_140

test.each([
  [1, 0, 0, 5],
  [1, 1, 0, 6],
  [2, 0.5, 0, 330],
  [3, 0, 0, longest],
  // What the other side asks for counts when it is longer.
  [1, 0, 120, 120],
  [2, 0, 120, 300],
  [1, 0, 1e9, longest],
  // Nothing more is planned: the queue gives up, and at once.
  [4, 1, 0, undefined],
  [4, 1, 1e9, undefined],
])('after receipt %i, at random %d and asked for %i s, a message waits %s s', (receiveCount, random, asked, seconds) => {
  expect(pauseOf(schedule, receiveCount, random, asked)).toBe(seconds)
})
