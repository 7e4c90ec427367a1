import { setImmediate } from 'node:timers/promises'
import { type Clock, TimerQueue } from '@hcengineering/network-core'
import { SkewedClock, type SkewedClockOptions } from './skewed-clock.ts'

/** More handlers than this at one instant mean that one of them plans itself again without delay. */
const handlersAtOneInstantMax = 100_000

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** What `now()` says first, in milliseconds. @default 2025-01-01T00:00:00Z */
  startMs?: number
  /** What `wallTime()` says first, in milliseconds since 1970. @default startMs */
  wallStartMs?: number
  /**
   * Lets pending promises settle; called between one timer and the next.
   * @default waits for the next `setImmediate`, so that promise chains of any length run to their end
   */
  settle?: () => Promise<void>
}

/**
 * A clock that moves only when told to. Timers run in order, each at the very time it is due at, and between one
 * and the next all pending promises settle, so that a run of it is the same every time.
 *
 * - I1. `now()` never goes back, and changes only in `advance`, `advanceTo` and `until`, one of them at a time.
 * - I2. What a handler throws comes out of the call that moved the time.
 *
 * `jumpWallClock` and `suspend` set the wall clock apart; `skewed` gives other machines their own clocks, which
 * run by this one.
 *
 * @example
 * ```ts
 * import { VirtualClock } from '@hcengineering/network-testing'
 *
 * const clock = new VirtualClock()
 * clock.after(3000, () => console.log('three seconds later'))
 * await clock.advance(3000)
 * ```
 */
export class VirtualClock implements Clock {
  readonly #queue: TimerQueue
  readonly #settle: () => Promise<void>
  readonly #errors: unknown[] = []
  #nowMs: number
  /** What the wall clock is ahead of `now()`. */
  #wallAheadMs: number
  #moving = false

  constructor(options: VirtualClockOptions = {}) {
    this.#nowMs = options.startMs ?? Date.UTC(2025, 0, 1)
    this.#wallAheadMs = (options.wallStartMs ?? this.#nowMs) - this.#nowMs
    this.#settle = options.settle ?? (() => setImmediate())
    this.#queue = new TimerQueue({ onError: (error) => this.#errors.push(error) })
  }

  /** How many timers wait, those of skewed clocks counted as one a clock: 0 once all has been shut down. */
  get pendingTimers(): number {
    return this.#queue.size
  }

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return this.#nowMs + this.#wallAheadMs
  }

  after(delayMs: number, handler: () => void): () => void {
    return this.#queue.after(delayMs > 0 ? this.#nowMs + delayMs : this.#nowMs, handler)
  }

  /** The time that the earliest timer is due at. */
  nextAt(): number | undefined {
    return this.#queue.nextAt()
  }

  /** Moves the time on, running what comes due on the way. 0 runs what is due now. */
  async advance(ms: number): Promise<void> {
    checkForward('ms', ms)
    await this.advanceTo(this.#nowMs + ms)
  }

  /** Moves the time on to `at`, running what comes due on the way. */
  async advanceTo(at: number): Promise<void> {
    checkForward('at', at - this.#nowMs)
    await this.#move(at, () => false)
  }

  /**
   * Moves the time on, from one timer to the next, until a promise has settled or a predicate holds, and no
   * further. Gives what the promise gives.
   *
   * @param maxMs how far it may move the time before it gives up with an error
   */
  until<T>(promise: PromiseLike<T>, maxMs?: number): Promise<T>
  until(predicate: () => boolean, maxMs?: number): Promise<void>
  async until<T>(condition: PromiseLike<T> | (() => boolean), maxMs = 60_000): Promise<T | void> {
    checkForward('maxMs', maxMs)
    const limit = this.#nowMs + maxMs
    if (typeof condition === 'function') {
      if (await this.#move(limit, condition)) return
    } else {
      let settled = false
      const settle = (): void => {
        settled = true
      }
      condition.then(settle, settle)
      if (await this.#move(limit, () => settled)) return condition
    }
    throw new Error(`what was waited for did not come within ${maxMs} ms of virtual time`)
  }

  /** Sets the wall clock forward, or back when negative, as an administrator or NTP would. */
  jumpWallClock(ms: number): void {
    this.#wallAheadMs += ms
  }

  /** The machine was suspended for that long: the wall clock has moved on, `now()` and the timers have not. */
  suspend(ms: number): void {
    checkForward('ms', ms)
    this.jumpWallClock(ms)
  }

  /** The clock of another machine, run by this one. */
  skewed(options: SkewedClockOptions = {}): SkewedClock {
    return new SkewedClock(this, options)
  }

  /** Runs timers up to `limit`; stops early, and returns true, once `isDone` says so. */
  async #move(limit: number, isDone: () => boolean): Promise<boolean> {
    if (this.#moving)
      throw new Error('the virtual clock is moving already: await one advance before the next')
    this.#moving = true
    try {
      await this.#settleAll()
      let ranAtInstant = 0
      while (!isDone()) {
        const nextAt = this.#queue.nextAt()
        if (nextAt === undefined || nextAt > limit) {
          if (this.#nowMs >= limit) return false
          this.#nowMs = limit
        } else {
          ranAtInstant = nextAt > this.#nowMs ? 1 : ranAtInstant + 1
          if (ranAtInstant > handlersAtOneInstantMax) throw new Error('timers without delay hold up the time')
          this.#nowMs = Math.max(this.#nowMs, nextAt)
          this.#queue.runNext(this.#nowMs)
        }
        await this.#settleAll()
      }
      return true
    } finally {
      this.#moving = false
    }
  }

  async #settleAll(): Promise<void> {
    await this.#settle()
    if (this.#errors.length === 0) return
    const errors = this.#errors.splice(0)
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'handlers of the virtual clock threw')
  }
}

function checkForward(name: string, ms: number): void {
  if (!(ms >= 0)) throw new RangeError(`${name} must not go back in time, got ${ms}`)
}
