import { describe, expect, it } from 'vitest'
import { bytes, count, counted, latency, rate, short } from '../../src/format/numbers.ts'
import { duration } from '../../src/format/times.ts'

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.25, '0.3'],
    [12.34, '12.3'],
    [999.6, '1000'],
    [1234, '1.23K'],
    [98_765_432, '98.8M']
  ])('%d in few characters is %s', (value, expected) => expect(short(value)).toBe(expected))

  it('keep all their digits when they are counted', () => {
    expect(count(100_000)).toBe('100,000')
    expect([counted(1, 'agent'), counted(2000, 'agent'), counted(0, 'agent')]).toEqual([
      '1 agent',
      '2,000 agents',
      '0 agents'
    ])
    expect(rate(14_200)).toBe('14.2K/s')
  })

  it.each([
    [0.321, '321 µs'],
    [4.25, '4.3 ms'],
    [131.7, '132 ms'],
    [1350, '1.35 s']
  ])('%d milliseconds read %s', (ms, expected) => expect(latency(ms)).toBe(expected))

  it.each([
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [200 * 1024 ** 2, '200 MiB'],
    [3 * 1024 ** 5, '3072 TiB']
  ])('%d bytes read %s', (value, expected) => expect(bytes(value)).toBe(expected))
})

describe('lengths of time', () => {
  it.each([
    [-5, '0s'],
    [420, '0.4s'],
    [2450, '2.4s'],
    [18_000, '18s'],
    [60_000, '1m'],
    [725_000, '12m 5s'],
    [3 * 86_400_000 + 4 * 3_600_000 + 59_000, '3d 4h']
  ])('%d milliseconds last %s', (ms, expected) => expect(duration(ms)).toBe(expected))
})
