import { type Clock, TimerQueue } from '@hcengineering/network-core'

/** Below the resolution that anyone cares for, above that of milliseconds since 1970 in a double. */
const smallestStepMs = 2 ** -10

/** Options of {@link SkewedClock}. */
export interface SkewedClockOptions {
  /** How many milliseconds pass here while one passes on the shared clock. @default 1 */
  rate?: number
  /** What `now()` is ahead of the shared clock at first, in milliseconds. @default 0 */
  offset?: number
  /** What `wallTime()` is ahead of the shared clock's at first, in milliseconds. @default 0 */
  wallOffset?: number
}

/**
 * One machine's clock among several, run by a shared one: fast or slow, off by some time, or suspended. Its wall
 * clock drifts along with it, as on a machine whose clock nothing corrects.
 *
 * - I1. `now()` never goes back, also when the rate changes.
 * - I2. When a handler runs, `now()` has reached the time that the handler was due at.
 * - I3. While suspended, `now()` and the timers stand still; the wall clock goes on at the shared clock's rate.
 */
export class SkewedClock implements Clock {
  readonly #shared: Clock
  readonly #queue = new TimerQueue({
    onError: (error) => {
      throw error
    }
  })
  #rate: number
  #suspended = false
  /** The shared clock's time when the pace last changed, and what the clocks here said then. */
  #sharedAt: number
  #nowAt: number
  /** What the wall clock here was ahead of the shared one's. */
  #wallAheadAt: number
  #wake: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(shared: Clock, options: SkewedClockOptions = {}) {
    this.#shared = shared
    this.#rate = checkRate(options.rate ?? 1)
    this.#sharedAt = shared.now()
    this.#nowAt = this.#sharedAt + (options.offset ?? 0)
    this.#wallAheadAt = options.wallOffset ?? 0
  }

  get rate(): number {
    return this.#rate
  }

  /** Timers that wait already follow the new rate too. */
  set rate(rate: number) {
    checkRate(rate)
    this.#changePace(() => {
      this.#rate = rate
    })
  }

  get suspended(): boolean {
    return this.#suspended
  }

  /** How many timers wait here. */
  get pendingTimers(): number {
    return this.#queue.size
  }

  now(): number {
    return this.#nowWhen(this.#shared.now())
  }

  wallTime(): number {
    const driftMs = this.#suspended ? 0 : (this.#shared.now() - this.#sharedAt) * (this.#rate - 1)
    return this.#shared.wallTime() + this.#wallAheadAt + driftMs
  }

  after(delayMs: number, handler: () => void): () => void {
    const now = this.now()
    const cancel = this.#queue.after(delayMs > 0 ? now + delayMs : now, handler)
    this.#sleep()
    return () => {
      cancel()
      this.#sleep()
    }
  }

  /** Sets the wall clock here forward, or back when negative. */
  jumpWallClock(ms: number): void {
    this.#wallAheadAt += ms
  }

  /** Suspends the machine until `resume`. */
  suspend(): void {
    this.#changePace(() => {
      this.#suspended = true
    })
  }

  /** Wakes the machine up. What waited goes on waiting for what was left of it. */
  resume(): void {
    this.#changePace(() => {
      this.#suspended = false
    })
  }

  #nowWhen(sharedNow: number): number {
    return this.#suspended ? this.#nowAt : this.#nowAt + (sharedNow - this.#sharedAt) * this.#rate
  }

  #changePace(change: () => void): void {
    const now = this.now()
    this.#wallAheadAt = this.wallTime() - this.#shared.wallTime()
    this.#nowAt = now
    this.#sharedAt = this.#shared.now()
    change()
    this.#wake?.cancel()
    this.#wake = undefined
    this.#sleep()
  }

  /** Sets the shared clock's timer for the earliest here, unless it is already. */
  #sleep(): void {
    const at = this.#suspended ? undefined : this.#queue.nextAt()
    if (this.#wake?.at === at) return
    this.#wake?.cancel()
    this.#wake = undefined
    if (at !== undefined) this.#wake = { at, cancel: this.#shared.after(this.#sharedDelay(at), this.#wakeUp) }
  }

  #sharedDelay(at: number): number {
    const sharedNow = this.#shared.now()
    const sharedAt = Math.max(this.#sharedAt + (at - this.#nowAt) / this.#rate, sharedNow)
    if (this.#nowWhen(sharedAt) >= at) return sharedAt - sharedNow
    // Rounding leaves it short of the time; waking then, and again after 0 ms, would never get there.
    return sharedAt - sharedNow + smallestStepMs / Math.min(this.#rate, 1)
  }

  readonly #wakeUp = (): void => {
    this.#wake = undefined
    try {
      // One at a time, so that the shared clock lets promises settle before the next.
      this.#queue.runNext(this.now())
    } finally {
      this.#sleep()
    }
  }
}

function checkRate(rate: number): number {
  if (!(rate > 0 && rate < Infinity)) throw new RangeError(`rate must be above 0, got ${rate}`)
  return rate
}
