import { beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

describe('virtual clock', () => {
  let clock: VirtualClock
  let startMs: number
  let log: string[]
  const note = (what: string) => (): void => {
    log.push(`${what} at ${clock.now() - startMs}`)
  }

  beforeEach(() => {
    clock = new VirtualClock()
    startMs = clock.now()
    log = []
  })

  test('moves only when told to', async () => {
    await clock.advance(1500)
    expect(clock.now() - startMs).toBe(1500)
    expect(clock.wallTime() - startMs).toBe(1500)
    await clock.advanceTo(startMs + 2000)
    expect(clock.now() - startMs).toBe(2000)
    await expect(clock.advance(-1)).rejects.toThrow(RangeError)
    await expect(clock.advanceTo(startMs)).rejects.toThrow(RangeError)
  })

  test('starts where it was told to', () => {
    const clock = new VirtualClock({ startMs: 5, wallStartMs: 1000 })
    expect([clock.now(), clock.wallTime()]).toEqual([5, 1000])
  })

  test('runs timers in order, each at its own time', async () => {
    clock.after(30, note('c'))
    clock.after(10, note('a'))
    clock.after(30, note('d'))
    clock.after(20, note('b'))
    clock.after(31, note('late'))
    clock.after(5, note('cancelled'))()
    await clock.advance(30)
    expect(log).toEqual(['a at 10', 'b at 20', 'c at 30', 'd at 30'])
    expect(clock.pendingTimers).toBe(1)
  })

  test('runs timers that come up on the way', async () => {
    const again = (): void => {
      note('again')()
      clock.after(10, again)
    }
    clock.after(10, again)
    await clock.advance(35)
    expect(log).toEqual(['again at 10', 'again at 20', 'again at 30'])
  })

  test('lets promises settle between one timer and the next', async () => {
    const long = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) await Promise.resolve()
      note('settled')()
    }
    clock.after(10, () => void long())
    clock.after(10, note('same time'))
    clock.after(11, note('next'))
    await clock.advance(20)
    expect(log).toEqual(['settled at 10', 'same time at 10', 'next at 11'])
  })

  test('lets a loop of sleeps run on time', async () => {
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await sleep(100)
        note('woke')()
      }
    }
    const done = loop()
    await clock.advance(300)
    await done
    expect(log).toEqual(['woke at 100', 'woke at 200', 'woke at 300'])
  })

  test('throws what a handler threw, and can go on after it', async () => {
    clock.after(10, () => {
      throw new Error('broken')
    })
    clock.after(20, note('other'))
    await expect(clock.advance(100)).rejects.toThrow('broken')
    expect(clock.now() - startMs).toBe(10)
    await clock.advance(90)
    expect(log).toEqual(['other at 20'])
  })

  test('refuses to be moved twice at a time', async () => {
    const first = clock.advance(10)
    await expect(clock.advance(10)).rejects.toThrow('moving already')
    await first
  })

  test('notices timers without delay that hold up the time', async () => {
    const settled = Promise.resolve()
    const clock = new VirtualClock({ settle: () => settled })
    const again = (): void => void clock.after(0, again)
    again()
    await expect(clock.advance(1)).rejects.toThrow('without delay')
  })

  test('sets the wall clock apart when it jumps, or when the machine was suspended', async () => {
    clock.after(10, note('timer'))
    clock.jumpWallClock(-5000)
    expect(clock.wallTime() - clock.now()).toBe(-5000)
    clock.suspend(60_000)
    expect(clock.wallTime() - clock.now()).toBe(55_000)
    expect(clock.now()).toBe(startMs)
    await clock.advance(10)
    expect(log).toEqual(['timer at 10'])
    expect(() => clock.suspend(-1)).toThrow(RangeError)
  })

  describe('until', () => {
    test('moves the time as far as a promise needs, and gives its value', async () => {
      const answer = new Promise<string>((resolve) => {
        clock.after(700, () => resolve('yes'))
      })
      clock.after(701, note('too far'))
      await expect(clock.until(answer)).resolves.toBe('yes')
      expect(clock.now() - startMs).toBe(700)
      expect(log).toEqual([])
    })

    test('rejects as the promise does', async () => {
      const answer = new Promise<string>((_, reject) => {
        clock.after(700, () => reject(new Error('no')))
      })
      await expect(clock.until(answer)).rejects.toThrow('no')
    })

    test('moves the time until a predicate holds', async () => {
      clock.after(50, note('timer'))
      await clock.until(() => log.length > 0)
      expect(clock.now() - startMs).toBe(50)
    })

    test('does not move the time when there is nothing to wait for', async () => {
      clock.after(0, note('timer'))
      await expect(clock.until(Promise.resolve(1))).resolves.toBe(1)
      await clock.until(() => true)
      expect(log).toEqual([])
    })

    test('gives up when the time is over', async () => {
      clock.after(50, note('timer'))
      clock.after(150, note('too late'))
      await expect(clock.until(() => false, 100)).rejects.toThrow('within 100 ms')
      expect(clock.now() - startMs).toBe(100)
      expect(log).toEqual(['timer at 50'])
      await expect(clock.until(new Promise(() => {}), 100)).rejects.toThrow('within 100 ms')
    })
  })
})
