import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Logger } from '../../src/api/logger.ts'
import { TickManagerImpl } from '../../src/time/tick-manager.ts'
import { ManualClock } from './manual-clock.ts'

const invalidArgument = expect.objectContaining({ name: 'NetworkError', code: 'INVALID_ARGUMENT' })
const closed = expect.objectContaining({ name: 'NetworkError', code: 'CLOSED' })

describe('tick manager', () => {
  let clock: ManualClock
  let ticks: TickManagerImpl
  let calls: number[]
  const count = (): void => {
    calls.push(clock.now() - startedAt)
  }
  let startedAt: number

  beforeEach(() => {
    clock = new ManualClock()
    startedAt = clock.now()
    ticks = new TickManagerImpl(10, { clock })
    calls = []
  })

  test.each([0, -1, 1.5, 1001, Number.NaN, Infinity])('refuses %d ticks a second', (ticksPerSecond) => {
    expect(() => new TickManagerImpl(ticksPerSecond)).toThrow(invalidArgument)
    expect(() => new TickManagerImpl(ticksPerSecond)).toThrow(/ticksPerSecond/)
  })

  test.each([0, -1, Number.NaN, Infinity])('refuses an interval of %d seconds', (interval) => {
    expect(() => ticks.register(() => {}, interval)).toThrow(invalidArgument)
  })

  test('calls a handler at its interval', async () => {
    ticks.register(count, 1)
    ticks.start()
    await clock.advance(3500)
    expect(calls).toEqual([1000, 2000, 3000])
  })

  test('rounds an interval up to whole ticks', async () => {
    ticks.register(count, 0.25)
    ticks.start()
    await clock.advance(1000)
    expect(calls).toEqual([300, 600, 900])
  })

  test('does not round up because of the last bit of a product', async () => {
    const fine = new TickManagerImpl(100, { clock })
    fine.register(count, 0.07)
    fine.start()
    await clock.advance(145)
    expect(calls).toEqual([70, 140])
  })

  test('calls a handler whose interval is shorter than a tick at each tick', async () => {
    ticks.register(count, 0.001)
    ticks.start()
    await clock.advance(300)
    expect(calls).toEqual([100, 200, 300])
  })

  test('keeps the ticks where they belong when a second does not divide evenly', async () => {
    const thirds = new TickManagerImpl(3, { clock })
    thirds.register(count, 1)
    thirds.start()
    await clock.advance(100_001)
    expect(calls).toHaveLength(100)
    expect(calls.at(-1)).toBeCloseTo(100_000, 2)
  })

  test('sleeps until the next handler is due, whatever the rate', async () => {
    const fast = new TickManagerImpl(1000, { clock })
    fast.register(count, 1)
    fast.start()
    await clock.advance(10_000)
    expect(calls).toHaveLength(10)
    expect(clock.wakes).toBe(10)
    expect(clock.queue.size).toBe(1)
  })

  test('counts from the start for handlers registered before it', async () => {
    ticks.register(count, 1)
    await clock.advance(700)
    ticks.start()
    await clock.advance(1000)
    expect(calls).toEqual([1700])
  })

  test('takes on handlers while started, also an earlier one', async () => {
    ticks.register(count, 60)
    ticks.start()
    await clock.advance(1000)
    ticks.register(count, 0.5)
    await clock.advance(1000)
    expect(calls).toEqual([1500, 2000])
  })

  test('does not call what was taken off again, and holds no timer for it', async () => {
    const unsubscribe = ticks.register(count, 1)
    ticks.start()
    await clock.advance(1000)
    unsubscribe()
    unsubscribe()
    expect(clock.queue.size).toBe(0)
    await clock.advance(5000)
    ticks.stop()
    ticks.start()
    await clock.advance(5000)
    expect(calls).toEqual([1000])
  })

  test('lets a handler take off another that is due at the same tick', async () => {
    ticks.register(() => unsubscribe(), 1)
    const unsubscribe = ticks.register(count, 1)
    ticks.start()
    await clock.advance(3000)
    expect(calls).toEqual([])
  })

  test('does not call a handler again while its last call runs', async () => {
    const ends: (() => void)[] = []
    ticks.register(() => {
      count()
      return new Promise((resolve) => ends.push(resolve))
    }, 1)
    ticks.start()
    await clock.advance(3500)
    expect(calls).toEqual([1000])
    ends[0]?.()
    await clock.advance(1000)
    expect(calls).toEqual([1000, 4000])
  })

  test('makes up for a stall with one call, and stays on the grid', async () => {
    ticks.register(count, 1)
    ticks.start()
    await clock.advance(1000)
    await clock.stall(5300)
    await clock.advance(1000)
    expect(calls).toEqual([1000, 6300, 7000])
  })

  test('logs what handlers throw or reject with, and goes on', async () => {
    const error = vi.fn<Logger['error']>()
    const logger: Logger = { debug() {}, info() {}, warn() {}, error }
    const logged = new TickManagerImpl(10, { clock, logger })
    const thrown = new Error('thrown')
    const rejected = new Error('rejected')
    logged.register(() => {
      throw thrown
    }, 1)
    logged.register(() => Promise.reject(rejected), 1)
    logged.register(count, 1)
    logged.start()
    await clock.advance(2000)
    expect(calls).toEqual([1000, 2000])
    expect(error.mock.calls.map(([fields]) => fields)).toEqual([
      { error: thrown },
      { error: rejected },
      { error: thrown },
      { error: rejected }
    ])
  })

  test('stops at once, also from within a handler', async () => {
    ticks.register(() => ticks.stop(), 1)
    ticks.register(count, 1)
    ticks.start()
    await clock.advance(3000)
    expect(calls).toEqual([])
    expect(clock.queue.size).toBe(0)
  })

  test('takes a second start, and a second stop, for nothing', async () => {
    ticks.register(count, 1)
    ticks.stop()
    ticks.start()
    await clock.advance(500)
    ticks.start()
    await clock.advance(500)
    expect(calls).toEqual([1000])
    ticks.stop()
    ticks.stop()
    await clock.advance(5000)
    expect(calls).toEqual([1000])
  })

  test('can be started again, and counts anew', async () => {
    ticks.register(count, 1)
    ticks.start()
    await clock.advance(1500)
    ticks.stop()
    await clock.advance(200)
    ticks.start()
    await clock.advance(1000)
    expect(calls).toEqual([1000, 2700])
  })

  test('can be stopped and started by a handler', async () => {
    ticks.register(() => {
      ticks.stop()
      ticks.start()
    }, 1)
    ticks.register(count, 0.6)
    ticks.start()
    await clock.advance(2700)
    expect(calls).toEqual([600, 1600, 2600])
    expect(clock.queue.size).toBe(1)
  })

  test('is a clock, started or not', async () => {
    expect(ticks.now()).toBe(clock.now())
    expect(ticks.wallTime()).toBe(clock.wallTime())
    ticks.after(50, count)
    ticks.after(60, count)()
    await clock.advance(100)
    expect(calls).toEqual([50])
  })

  describe('waitTick', () => {
    test('resolves after that many ticks', async () => {
      ticks.start()
      const counted = ticks.waitTick(3).then(count)
      await clock.advance(1000)
      await counted
      expect(calls).toEqual([300])
    })

    test('resolves at once for 0, started or not', async () => {
      await expect(ticks.waitTick(0)).resolves.toBeUndefined()
    })

    test.each([-1, 0.5, Number.NaN, Infinity])('refuses %d', async (n) => {
      await expect(ticks.waitTick(n)).rejects.toEqual(invalidArgument)
    })

    test('waits for the start', async () => {
      const counted = ticks.waitTick(3).then(count)
      await clock.advance(1000)
      ticks.start()
      await clock.advance(1000)
      await counted
      expect(calls).toEqual([1300])
    })

    test('is rejected by stop, and holds no timer then', async () => {
      ticks.start()
      const wait = ticks.waitTick(3)
      ticks.stop()
      await clock.advance(1000)
      await expect(wait).rejects.toEqual(closed)
      expect(clock.queue.size).toBe(0)
    })

    test('is rejected by stop also when it never started', async () => {
      const wait = ticks.waitTick(3)
      ticks.stop()
      await expect(wait).rejects.toEqual(closed)
    })

    test('works in a loop, tick by tick', async () => {
      ticks.start()
      const loop = async (): Promise<void> => {
        for (let i = 0; i < 3; i++) {
          await ticks.waitTick(1)
          count()
        }
      }
      const done = loop()
      await clock.advance(300)
      await done
      expect(calls).toEqual([100, 200, 300])
    })
  })
})
