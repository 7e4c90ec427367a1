import { describe, expect, it } from 'vitest'
import { leaseTone } from '../../src/pages/lease-tone.ts'
import { rangeOf, shownSince } from '../../src/ui/plot-range.ts'
import { sparklinePath } from '../../src/ui/sparkline-path.ts'

describe('a sparkline', () => {
  it('goes from edge to edge and stays within its height', () => {
    expect(sparklinePath([0, 5, 10])).toBe('M0.0,27.0L60.0,15.0L120.0,3.0')
  })

  it('skips what is missing, and is level when nothing changes', () => {
    expect(sparklinePath([null, 4, null, 4])).toBe('M0.0,15.0L120.0,15.0')
  })

  it('is nothing with fewer than two points', () => {
    expect([sparklinePath([]), sparklinePath([3]), sparklinePath([null, 3])]).toEqual(['', '', ''])
  })
})

describe('the range of an axis', () => {
  it.each([
    ['from zero, with room above', [3, 100, true], [0, 112]],
    ['without values', [null, null, true], [0, 1]],
    ['with nothing but zero', [0, 0, true], [0, 1]],
    ['around one value', [100, 100, false], [95, 105]],
    ['never below zero', [1, 100, false], [0, 114.85]]
  ] as const)('%s', (_, [low, high, fromZero], expected) => {
    const range = rangeOf(low, high, fromZero)
    expect(range[0]).toBeCloseTo(expected[0])
    expect(range[1]).toBeCloseTo(expected[1])
  })
})

it('a plot begins where was asked for, or with the first sample, and shows a minute at least', () => {
  const now = 1_000_000
  expect(shownSince(now, 300_000, undefined)).toBe(700_000)
  expect(shownSince(now, 300_000, 500_000)).toBe(700_000)
  expect(shownSince(now, 300_000, 850_000)).toBe(850_000)
  expect(shownSince(now, 300_000, 995_000)).toBe(940_000)
})

it('a lease is good while the agent may miss a renewal, and bad when it is about to end', () => {
  expect([2400, 1200, 1100, 450, 440, 0].map((left) => leaseTone(left, 3000))).toEqual([
    'good',
    'good',
    'warn',
    'warn',
    'bad',
    'bad'
  ])
})
