import { describe, expect, test } from 'vitest'
import { LatencyHistogram } from '../../src/time/latency-histogram.ts'

describe('a latency histogram', () => {
  test('knows nothing before something was recorded', () => {
    const latency = new LatencyHistogram()
    expect(latency.quantile(0.5)).toBeUndefined()
    expect(latency.count).toBe(0)
  })

  test('says of each duration a bound that is not below it, and a fifth above it at most', () => {
    for (let ms = 0.011; ms < 80_000; ms *= 1.37) {
      const latency = new LatencyHistogram()
      latency.record(ms)
      const bound = latency.quantile(1)
      expect(bound).toBeGreaterThanOrEqual(ms)
      expect(bound).toBeLessThan(ms * 1.2)
    }
  })

  test('puts a duration that is a bound into the bucket that it ends', () => {
    for (const [index, bound] of LatencyHistogram.bounds.entries()) {
      if (!Number.isFinite(bound)) continue
      const latency = new LatencyHistogram()
      latency.record(bound)
      const bucket = latency.counts.indexOf(1)
      // The last bit of a logarithm may round up.
      expect([index, index + 1]).toContain(bucket)
    }
  })

  test('has quantiles', () => {
    const latency = new LatencyHistogram()
    for (let ms = 1; ms <= 100; ms++) latency.record(ms)
    expect(latency.quantile(0.5)).toBeGreaterThanOrEqual(50)
    expect(latency.quantile(0.5)).toBeLessThan(60)
    expect(latency.quantile(0.99)).toBeGreaterThanOrEqual(99)
    expect(latency.count).toBe(100)
    expect(latency.sumMs).toBe(5050)
  })

  test('compares with an earlier snapshot', () => {
    const latency = new LatencyHistogram()
    for (let i = 0; i < 1000; i++) latency.record(1)
    const before = latency.snapshot()
    expect(latency.quantile(0.5, before)).toBeUndefined()
    latency.record(400)
    expect(latency.quantile(0.5, before)).toBeGreaterThanOrEqual(400)
    expect(latency.quantile(0.5)).toBeLessThan(1.2)
  })

  test('takes what is negative, nothing, or endless for the nearest that it knows', () => {
    const latency = new LatencyHistogram()
    for (const ms of [-1, 0, 1e9]) latency.record(ms)
    expect(latency.counts[0]).toBe(2)
    expect(latency.counts.at(-1)).toBe(1)
    expect(latency.quantile(1)).toBeGreaterThan(80_000)
  })
})
