import { describe, expect, it } from 'vitest'
import { median, medianRatio } from '../src/statistics.ts'

describe('median', () => {
  it('is the middle of an odd number of values, and between the middle two of an even number', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 7])).toBe(6)
  })

  it('is nothing when there is nothing', () => {
    expect(median([])).toBeUndefined()
  })
})

describe('median ratio', () => {
  it('compares within each round, so that a slow round does not matter', () => {
    expect(medianRatio([100, 10, 100], [50, 5, 50])).toBe(2)
    expect(medianRatio([100, 10, 90], [50, 5, 30])).toBe(2)
  })

  it('looks only at rounds that have both', () => {
    expect(medianRatio([undefined, 30, 80], [10, 10, undefined])).toBe(3)
  })

  it('compares medians where no round has both', () => {
    expect(medianRatio([40, undefined], [undefined, 10])).toBe(4)
  })

  it('is nothing when one side is missing', () => {
    expect(medianRatio([1], [])).toBeUndefined()
    expect(medianRatio([], [1])).toBeUndefined()
  })
})
