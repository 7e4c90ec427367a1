import { describe, expect, it } from 'vitest'
import { report, type Outcome } from '../src/report.ts'
import type { Row } from '../src/rows.ts'
import { table } from '../src/table.ts'

const floor = { run: 'floor', figure: 'p50Us', name: 'the floor' }

const row: Row = {
  work: 'some work',
  metric: 'p50',
  unit: 'µs',
  source: { run: 'ours', figure: 'p50Us' },
  floor,
  mustReach: [{ is: 'at most', value: 1.25, times: floor }]
}

function outcomes(ours: Outcome): Map<string, Outcome> {
  return new Map([
    ['floor', { rounds: [{ p50Us: 100 }, { p50Us: 200 }, { p50Us: 100 }] }],
    ['ours', ours]
  ])
}

const measured: Outcome = { rounds: [{ p50Us: 120 }, { p50Us: 220 }, { p50Us: 130 }] }

describe('report', () => {
  it('gives the median, the ratio to the floor of the same round, and whether that is enough', () => {
    expect(report([row], outcomes(measured))).toEqual([
      {
        work: 'some work',
        metric: 'p50',
        value: 130,
        unit: 'µs',
        floorRatio: 1.2,
        mustReach: 'at most 1.25 × the floor',
        ok: true,
        reached: '1.20 ×'
      }
    ])
  })

  it('has every requirement reached, or says no', () => {
    const both: Row = { ...row, mustReach: [...(row.mustReach ?? []), { is: 'at least', value: 500 }] }
    expect(report([both], outcomes(measured))[0]).toMatchObject({
      ok: false,
      mustReach: 'at most 1.25 × the floor, and at least 500 µs',
      reached: '1.20 ×, 130'
    })
  })

  it('below means below', () => {
    const below: Row = {
      ...row,
      mustReach: [{ is: 'below', value: 1, times: { ...row.source, name: 'itself' } }]
    }
    expect(report([below], outcomes(measured))[0]).toMatchObject({ ok: false, mustReach: 'below itself' })
  })

  it('turns figures into the unit of the row before it compares them to a bound', () => {
    const scaled: Row = { ...row, scale: 0.001, unit: 'ms', mustReach: [{ is: 'at most', value: 0.13 }] }
    expect(report([scaled], outcomes(measured))[0]).toMatchObject({ value: 0.13, ok: true })
  })

  it('never takes what was not measured for reached, and says why it was not', () => {
    const leftOut: Outcome = { rounds: [], problem: { kind: 'left out', message: 'by --quick' } }
    expect(report([row], outcomes(leftOut))[0]).toMatchObject({
      value: null,
      floorRatio: null,
      ok: false,
      reached: 'not measured',
      note: 'left out: by --quick'
    })
    expect(report([row], new Map())[0]).toMatchObject({ value: null, ok: false, note: 'left out' })
  })

  it('says that a round is missing', () => {
    const problem = { kind: 'failed', message: 'lost its way' } as const
    expect(report([row], outcomes({ rounds: [{ p50Us: 110 }, undefined], problem }))[0]).toMatchObject({
      value: 110,
      ok: true,
      note: 'one round or more failed: lost its way'
    })
  })

  it('is whole as JSON', () => {
    const reported = report([row, { ...row, mustReach: [] }], outcomes(measured))
    expect(JSON.parse(JSON.stringify(reported))).toEqual(reported)
    for (const key of ['work', 'metric', 'value', 'unit', 'floorRatio', 'mustReach', 'ok']) {
      expect(reported.every((one) => Object.hasOwn(one, key))).toBe(true)
    }
  })
})

describe('table', () => {
  it('shows each row with its verdict, and notes below', () => {
    const unmeasured: Outcome = { rounds: [undefined], problem: { kind: 'unavailable', message: 'not here' } }
    const text = table([
      ...report([row], outcomes(measured)),
      ...report([{ ...row, work: 'more work' }], outcomes(unmeasured))
    ])
    expect(text).toMatch(
      /\| some work +\| p50 +\| +130 \| µs +\| +1\.20 \| at most 1\.25 × the floor \| yes \(1\.20 ×\)/
    )
    expect(text).toMatch(/\| more work .*NO \(not measured\)/)
    expect(text).toContain('unavailable: not here:\n- more work')
  })
})
