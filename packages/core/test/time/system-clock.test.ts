import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSystemClock, systemClock } from '../../src/time/system-clock.ts'

describe('system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  test('looks like the wall clock at first, and does not follow its jumps', () => {
    const clock = createSystemClock()
    expect(clock.now()).toBeCloseTo(Date.now(), 0)
    const before = clock.now()
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(clock.now()).toBeGreaterThanOrEqual(before)
    expect(clock.wallTime()).toBe(Date.now())
    vi.advanceTimersByTime(250)
    expect(clock.now() - before).toBeCloseTo(250, 2)
  })

  test('calls a handler once, after the delay and not before', () => {
    const clock = createSystemClock()
    const handler = vi.fn<() => void>()
    clock.after(100, handler)
    vi.advanceTimersByTime(99)
    expect(handler).not.toHaveBeenCalled()
    vi.advanceTimersByTime(2)
    vi.advanceTimersByTime(1000)
    expect(handler).toHaveBeenCalledOnce()
  })

  test('takes a negative delay or NaN as no delay, and never calls at once', () => {
    const clock = createSystemClock()
    const handler = vi.fn<() => void>()
    clock.after(-5, handler)
    clock.after(Number.NaN, handler)
    expect(handler).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(handler).toHaveBeenCalledTimes(2)
  })

  test('runs many timers over one of the host, and holds none when none waits', () => {
    const clock = createSystemClock()
    expect(vi.getTimerCount()).toBe(0)
    const cancels = Array.from({ length: 100 }, (_, i) => clock.after(1000 + i, () => {}))
    expect(vi.getTimerCount()).toBe(1)
    for (const cancel of cancels) cancel()
    expect(vi.getTimerCount()).toBe(0)
    clock.after(10, () => {})
    vi.advanceTimersByTime(20)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('arms the timer of the host anew only for an earlier deadline', () => {
    const clock = createSystemClock()
    clock.after(60_000, () => {})
    const arm = vi.spyOn(globalThis, 'setTimeout')
    for (let i = 0; i < 100; i++) clock.after(60_000 + i, () => {})()
    expect(arm).not.toHaveBeenCalled()
    const cancel = clock.after(30_000, () => {})
    expect(arm).toHaveBeenCalledTimes(1)
    cancel()
    expect(arm).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(31_000)
    expect(arm).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(28_000)
    expect(arm).toHaveBeenCalledTimes(2)
  })

  test('serves an earlier timer that is added last', () => {
    const clock = createSystemClock()
    const ran: number[] = []
    for (const delay of [300, 100, 200]) clock.after(delay, () => ran.push(delay))
    vi.advanceTimersByTime(150)
    expect(ran).toEqual([100])
    vi.advanceTimersByTime(200)
    expect(ran).toEqual([100, 200, 300])
  })

  test('waits out delays that are longer than the host can take', () => {
    const clock = createSystemClock()
    const handler = vi.fn<() => void>()
    const days = 24 * 3_600_000
    clock.after(60 * days, handler)
    vi.advanceTimersByTime(59 * days)
    expect(handler).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1 * days + 10)
    expect(handler).toHaveBeenCalledOnce()
  })

  test('reports what a handler throws, and runs the others', () => {
    const onError = vi.fn<(error: unknown) => void>()
    const clock = createSystemClock({ onError })
    const others = vi.fn<() => void>()
    clock.after(10, () => {
      throw new Error('broken')
    })
    clock.after(10, others)
    clock.after(20, others)
    vi.advanceTimersByTime(30)
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('broken'))
    expect(others).toHaveBeenCalledTimes(2)
  })

  test('lets a handler add timers, also without delay', () => {
    const clock = createSystemClock()
    let calls = 0
    const again = (): void => {
      calls++
      if (calls < 5) clock.after(0, again)
    }
    clock.after(0, again)
    vi.advanceTimersByTime(20)
    expect(calls).toBe(5)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('lets a handler cancel the last timer', () => {
    const clock = createSystemClock()
    const cancel = clock.after(1000, () => {})
    clock.after(10, cancel)
    vi.advanceTimersByTime(20)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is shared as the default', () => {
    expect(systemClock.after(1, () => {})).toBeTypeOf('function')
    vi.advanceTimersByTime(10)
    expect(vi.getTimerCount()).toBe(0)
  })
})
