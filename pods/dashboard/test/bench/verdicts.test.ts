import { describe, expect, it } from 'vitest'
import { interactionP75Ms, trend } from '../../bench/statistics.ts'
import { verdicts, type Results } from '../../bench/verdicts.ts'

const mebibyte = 1024 ** 2
const asked = { containers: 100_000, events: 500 }

function resultsWith(differing: Partial<Results>): Results {
  const memory = Array.from({ length: 8 }, (_, index) => ({
    seconds: index * 10,
    heapBytes: 5 * mebibyte,
    processBytes: 70 * mebibyte,
    nodes: 1000
  }))
  return {
    firstPaintsMs: [300, 400],
    interactions: { count: 100, p75Ms: 40, worstMs: 200 },
    memory,
    containers: 100_000,
    eventsPerSecond: 500,
    ...differing
  }
}

const at = (seconds: number, value: number) => ({ seconds, value })

const missed = (results: Results): string[] =>
  verdicts(results, asked)
    .filter(({ reached }) => !reached)
    .map(({ name }) => name)

describe('the verdict', () => {
  it('is that all was reached when all was', () => {
    expect(missed(resultsWith({}))).toEqual([])
  })

  it.each([
    ['the load: containers', { containers: 90_000 }],
    ['the load: events a second', { eventsPerSecond: 400 }],
    ['first paint, the worst of some', { firstPaintsMs: [200, 1000] }],
    ['interactions, 75th percentile', { interactions: { count: 9, p75Ms: 100, worstMs: 100 } }],
    ['interactions, 75th percentile', { interactions: { count: 0, p75Ms: undefined, worstMs: 0 } }]
  ] as const)('is that %s was missed', (name, differing) => {
    expect(missed(resultsWith(differing))).toEqual([name])
  })

  it('is that memory was missed when it rises, or was measured too seldom to tell', () => {
    const { memory } = resultsWith({})
    const rising = memory.map((figures, index) => ({
      ...figures,
      heapBytes: figures.heapBytes + index * mebibyte,
      nodes: figures.nodes + index * 40
    }))
    const both = ['heap, rise while it was measured', 'nodes, rise while it was measured']
    expect(missed(resultsWith({ memory: rising }))).toEqual(both)
    expect(missed(resultsWith({ memory: memory.slice(0, 2) }))).toEqual(both)
  })

  it('overlooks what the first quarter of a run takes', () => {
    const { memory } = resultsWith({})
    const filling = memory.map((figures, index) => (index < 2 ? { ...figures, heapBytes: 0 } : figures))
    expect(missed(resultsWith({ memory: filling }))).toEqual([])
  })
})

it('a trend is what the line through all measurements rises, whatever one of them is', () => {
  expect(trend([at(0, 0), at(10, 20), at(20, 20), at(30, 40)])).toBeCloseTo(36)
  expect(trend([at(0, 5), at(10, 5), at(20, 5)])).toBeCloseTo(0)
})

it('interactions that were too short to be reported count, as if they had been just long enough', () => {
  expect(interactionP75Ms([400], 100)).toBe(16)
  expect(interactionP75Ms([40, 80, 120], 4)).toBe(90)
  expect(interactionP75Ms([], 0)).toBeUndefined()
})
