import type { Clock } from './clock.ts'
import { TimerQueue } from './timer-queue.ts'

// The host's own, declared here because core compiles without the types of Node or of a browser.
declare const performance: { now(): number }
declare function setTimeout(handler: () => void, delayMs: number): unknown
declare function clearTimeout(timer: unknown): void

/** The host's timers take no longer delay; a longer one would fire at once. */
const hostDelayMaxMs = 2 ** 31 - 1

/** Options of {@link createSystemClock}. */
export interface SystemClockOptions {
  /**
   * Gets what a handler of `after` throws; the other handlers run all the same.
   * @default throws it again in a microtask, so that it ends up with the host as an uncaught error
   */
  onError?: (error: unknown) => void
}

/**
 * A clock on the host's monotonic time, with all its timers over a single one of the host's.
 * A waiting timer keeps the process alive; a clock without any holds nothing.
 *
 * @example
 * ```ts
 * import { createSystemClock } from '@hcengineering/network-core'
 *
 * const clock = createSystemClock({ onError: (error) => console.error(error) })
 * const cancel = clock.after(30_000, () => console.log('no answer'))
 * cancel()
 * ```
 */
export function createSystemClock(options: SystemClockOptions = {}): Clock {
  return new SystemClock(options)
}

/**
 * - I1. While timers wait, the host's timer is armed for the earliest of them or sooner. Sooner when that one was
 *   cancelled: it then fires once for nothing, which costs less than to arm it anew at each cancel.
 * - I2. While none waits, nothing is armed.
 */
class SystemClock implements Clock {
  readonly #originMs = Date.now() - performance.now()
  readonly #queue: TimerQueue
  #timer: unknown
  /** Infinity when nothing is armed; -Infinity while handlers run, so that nothing is armed until they all ran. */
  #armedAt = Infinity

  constructor(options: SystemClockOptions) {
    this.#queue = new TimerQueue({ ...options, onIdle: () => this.#disarm() })
  }

  now(): number {
    return this.#originMs + performance.now()
  }

  wallTime(): number {
    return Date.now()
  }

  after(delayMs: number, handler: () => void): () => void {
    const now = this.now()
    const at = delayMs > 0 ? now + delayMs : now
    const cancel = this.#queue.after(at, handler)
    if (at < this.#armedAt) this.#arm(at, now)
    return cancel
  }

  #arm(at: number, now: number): void {
    this.#disarm()
    this.#armedAt = at
    this.#timer = setTimeout(this.#fire, Math.min(Math.max(Math.ceil(at - now), 0), hostDelayMaxMs))
  }

  #disarm(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#armedAt = Infinity
  }

  readonly #fire = (): void => {
    this.#timer = undefined
    this.#armedAt = -Infinity
    try {
      this.#queue.runDue(this.now())
    } finally {
      this.#armedAt = Infinity
      const nextAt = this.#queue.nextAt()
      if (nextAt !== undefined) this.#arm(nextAt, this.now())
    }
  }
}

/** The clock that everything uses unless it was given another. */
export const systemClock: Clock = createSystemClock()
