import { expect, it } from 'vitest'
import { backOffMs } from '../../src/state/back-off.ts'

it('the wait before another attempt doubles up to ten seconds, and is spread over its last quarter', () => {
  expect([0, 1, 2, 3, 4, 5, 100].map((attempt) => backOffMs(attempt, 0))).toEqual([
    375, 750, 1500, 3000, 6000, 7500, 7500
  ])
  expect(backOffMs(100, 0.999_999)).toBe(10_000)
})
