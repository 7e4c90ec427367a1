import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { TimerQueue } from '../../src/time/timer-queue.ts'

describe('timer queue', () => {
  test('runs what is due, earliest first, and ties in the order they were added', () => {
    const queue = new TimerQueue()
    const ran: string[] = []
    queue.after(20, () => ran.push('20'))
    queue.after(10, () => ran.push('10 first'))
    queue.after(10, () => ran.push('10 second'))
    queue.after(21, () => ran.push('21'))
    queue.runDue(20)
    expect(ran).toEqual(['10 first', '10 second', '20'])
    expect(queue.nextAt()).toBe(21)
  })

  test('does not run what was cancelled, and cancels once only', () => {
    const onIdle = vi.fn<() => void>()
    const queue = new TimerQueue({ onIdle })
    const handler = vi.fn<() => void>()
    const cancel = queue.after(10, handler)
    cancel()
    expect(queue.size).toBe(0)
    queue.after(10, () => {})
    cancel()
    expect(queue.size).toBe(1)
    queue.runDue(10)
    expect(handler).not.toHaveBeenCalled()
    expect(onIdle).toHaveBeenCalledTimes(1)
  })

  test('lets a handler cancel another that is due at the same time', () => {
    const queue = new TimerQueue()
    const second = vi.fn<() => void>()
    queue.after(10, () => cancelSecond())
    const cancelSecond = queue.after(10, second)
    queue.runDue(10)
    expect(second).not.toHaveBeenCalled()
  })

  test('leaves what handlers add to the next run', () => {
    const queue = new TimerQueue()
    let calls = 0
    const again = (): void => {
      calls++
      queue.after(10, again)
    }
    queue.after(10, again)
    queue.runDue(10)
    expect(calls).toBe(1)
    queue.runDue(10)
    expect(calls).toBe(2)
  })

  test('runs the others when a handler throws', () => {
    const onError = vi.fn<(error: unknown) => void>()
    const queue = new TimerQueue({ onError })
    const other = vi.fn<() => void>()
    queue.after(1, () => {
      throw new Error('broken')
    })
    queue.after(2, other)
    queue.runDue(2)
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('broken'))
    expect(other).toHaveBeenCalledOnce()
  })

  test('throws again in a microtask when nobody asked for errors', () => {
    const later = vi.fn<(callback: () => void) => void>()
    vi.stubGlobal('queueMicrotask', later)
    try {
      const queue = new TimerQueue()
      queue.after(1, () => {
        throw new Error('broken')
      })
      queue.runDue(1)
    } finally {
      vi.unstubAllGlobals()
    }
    expect(later).toHaveBeenCalledOnce()
    expect(later.mock.calls[0]?.[0]).toThrow('broken')
  })

  test('refuses NaN', () => {
    expect(() => new TimerQueue().after(Number.NaN, () => {})).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' })
    )
  })

  test('runs exactly what was not cancelled, in order, whatever was cancelled when', () => {
    const timer = fc.record({ at: fc.integer({ min: 0, max: 50 }), cancelled: fc.boolean() })
    fc.assert(
      fc.property(fc.array(timer, { maxLength: 200 }), fc.nat(), (timers, seed) => {
        const queue = new TimerQueue()
        const ran: number[] = []
        const cancels = timers.map(({ at }, index) => queue.after(at, () => ran.push(index)))
        const rotated = timers.map((_, index) => (index + seed) % timers.length)
        for (const index of rotated) if (timers[index]?.cancelled) cancels[index]?.()
        for (let now = 0; now <= 50; now += 7) queue.runDue(now)
        queue.runDue(50)
        const kept = timers.map((timer, index) => ({ ...timer, index })).filter((timer) => !timer.cancelled)
        expect(ran).toEqual(kept.toSorted((a, b) => a.at - b.at).map((timer) => timer.index))
        expect(queue.size).toBe(0)
      })
    )
  })
})
