import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

describe('skewed clock', () => {
  let shared: VirtualClock
  let startMs: number
  let calls: number[]
  const count = (): void => {
    calls.push(shared.now() - startMs)
  }

  beforeEach(() => {
    shared = new VirtualClock()
    startMs = shared.now()
    calls = []
  })

  test('runs at its own rate, its timers too', async () => {
    const fast = shared.skewed({ rate: 2 })
    const slow = shared.skewed({ rate: 0.5 })
    fast.after(1000, count)
    slow.after(1000, count)
    await shared.advance(2000)
    expect(calls).toEqual([500, 2000])
    expect(fast.now() - startMs).toBe(4000)
    expect(slow.now() - startMs).toBe(1000)
  })

  test('is off by what it was told', async () => {
    const clock = shared.skewed({ offset: 500, wallOffset: -300 })
    await shared.advance(10)
    expect(clock.now() - shared.now()).toBe(500)
    expect(clock.wallTime() - shared.wallTime()).toBe(-300)
  })

  test('has a wall clock that drifts along and follows jumps', async () => {
    const clock = shared.skewed({ rate: 2 })
    await shared.advance(1000)
    expect(clock.wallTime() - startMs).toBe(2000)
    shared.jumpWallClock(100)
    clock.jumpWallClock(10)
    expect(clock.wallTime() - startMs).toBe(2110)
    expect(clock.now() - startMs).toBe(2000)
  })

  test('changes its rate for timers that wait already', async () => {
    const clock = shared.skewed()
    clock.after(1000, count)
    await shared.advance(500)
    clock.rate = 0.5
    expect(clock.now() - startMs).toBe(500)
    await shared.advance(5000)
    expect(calls).toEqual([1500])
    expect(clock.wallTime() - startMs).toBe(3000)
  })

  test.each([0, -1, Number.NaN, Infinity])('refuses a rate of %d', (rate) => {
    expect(() => shared.skewed({ rate })).toThrow(RangeError)
    expect(() => {
      shared.skewed().rate = rate
    }).toThrow(RangeError)
  })

  test('stands still while suspended, but for its wall clock', async () => {
    const clock = shared.skewed({ rate: 2 })
    clock.after(1000, count)
    await shared.advance(100)
    clock.suspend()
    clock.after(10, count)
    await shared.advance(10_000)
    expect(calls).toEqual([])
    expect(clock.now() - startMs).toBe(200)
    expect(clock.wallTime() - startMs).toBe(10_200)
    clock.resume()
    expect(clock.now() - startMs).toBe(200)
    await shared.advance(10_000)
    expect(calls).toEqual([10_105, 10_500])
    expect(clock.wallTime() - clock.now()).toBe(10_000)
  })

  test('lets promises settle between timers that are due together', async () => {
    const clock = shared.skewed({ rate: 3 })
    const log: string[] = []
    clock.after(9, () => void Promise.resolve().then(() => log.push('settled')))
    clock.after(9, () => log.push('second'))
    await shared.advance(4)
    expect(log).toEqual(['settled', 'second'])
  })

  test('holds nothing on the shared clock once its timers are gone', async () => {
    const clock = shared.skewed({ rate: 1.1 })
    const cancel = clock.after(10, count)
    clock.after(20, count)()
    expect([clock.pendingTimers, shared.pendingTimers]).toEqual([1, 1])
    cancel()
    cancel()
    expect([clock.pendingTimers, shared.pendingTimers]).toEqual([0, 0])
  })

  test('throws what a handler threw out of the shared clock, and runs the others', async () => {
    const clock = shared.skewed({ rate: 1.1 })
    clock.after(10, () => {
      throw new Error('broken')
    })
    clock.after(10, count)
    await expect(shared.advance(100)).rejects.toThrow('broken')
    await shared.advance(100)
    expect(calls).toHaveLength(1)
  })

  test('never calls a handler before its time, nor much after, at any rate', async () => {
    const rate = fc.double({ min: 0.01, max: 100, noNaN: true })
    const delays = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(rate, rate, delays, fc.nat(10_000), async (rate, laterRate, delays, changeAt) => {
        const settled = Promise.resolve()
        const shared = new VirtualClock({ settle: () => settled })
        const clock = shared.skewed({ rate, offset: 0.1 })
        let ran = 0
        for (const delay of delays) {
          const due = clock.now() + delay
          clock.after(delay, () => {
            ran++
            expect(clock.now()).toBeGreaterThanOrEqual(due)
            expect(clock.now() - due).toBeLessThan(1)
          })
        }
        await shared.advance(changeAt)
        clock.rate = laterRate
        await shared.advance(1_000_001)
        expect(ran).toBe(delays.length)
      })
    )
  })
})
