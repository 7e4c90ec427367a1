import { describe, expect, it } from 'vitest'
import { columns, SampleHistory } from '../../src/state/sample-history.ts'
import { sampleAt } from '../support/views.ts'

const times = (history: SampleHistory): number[] => history.samples.map(({ at }) => at)

describe('the history of samples', () => {
  it('keeps the newest and no more than it may', () => {
    const history = new SampleHistory(3)
    for (const at of [1000, 2000, 3000, 4000]) history.add(sampleAt(at))
    expect(times(history)).toEqual([2000, 3000, 4000])
    expect(history.latest?.at).toBe(4000)
  })

  it('takes no sample twice, and none that is older than the newest', () => {
    const history = new SampleHistory(10)
    history.add(sampleAt(2000))
    history.add(sampleAt(2000, { agents: 7 }))
    history.add(sampleAt(1000))
    expect(history.samples).toEqual([sampleAt(2000)])
  })

  it('keeps what it has when a restarted coordinator has kept nothing', () => {
    const history = new SampleHistory(10)
    history.add(sampleAt(1000))
    history.merge([])
    history.merge([sampleAt(9000), sampleAt(8000)])
    expect(times(history)).toEqual([1000, 8000, 9000])
  })
})

describe('columns for a plot', () => {
  it('hold seconds and one row a field, with nothing where a sample has no value', () => {
    const samples = [sampleAt(1000, { requestP50Ms: 2 }), sampleAt(2000)]
    expect(columns(samples, 0, ['requestP50Ms', 'agents'])).toEqual([
      [1, 2],
      [2, null],
      [1, 1]
    ])
  })

  it('leave out what is older than asked for', () => {
    expect(columns([sampleAt(1000), sampleAt(2000)], 1500, ['agents'])).toEqual([[2], [1]])
  })

  it('break the line where samples are missing', () => {
    expect(columns([sampleAt(1000), sampleAt(20_000)], 0, ['agents'])).toEqual([
      [1, 2, 20],
      [1, null, 1]
    ])
  })
})
