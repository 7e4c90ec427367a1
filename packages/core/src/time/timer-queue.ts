import { NetworkError } from '../api/errors.ts'
import { IndexedHeap } from './indexed-heap.ts'

declare function queueMicrotask(callback: () => void): void

/** What a {@link TimerQueue} tells its owner. */
export interface TimerQueueOptions {
  /**
   * Gets what a handler throws; the other handlers run all the same.
   * @default throws it again in a microtask, so that it ends up with the host as an uncaught error
   */
  onError?: (error: unknown) => void
  /** Called when cancelling took out the last timer. */
  onIdle?: () => void
}

/**
 * Many timers over one: what a clock keeps its timers in. It never reads the time itself. Made for one timer a
 * request: an entry and a closure each, no lookup by key, and a cancelled one leaves at once.
 *
 * - I1. A handler runs once at most, and never once cancelled.
 * - I2. Earlier ones run first; ties run in the order in which they were added.
 * - I3. A timer added while `runDue` runs waits for the next `runDue`, so that a handler that adds itself
 *   again without delay cannot hold the thread.
 *
 * Inputs: `after`, and what it returns. Then, when the time has come to `nextAt()`: `runDue`, or `runNext`
 * one by one.
 */
export class TimerQueue {
  readonly #heap = new IndexedHeap<(() => void) | undefined>()
  readonly #onError: (error: unknown) => void
  readonly #onIdle: (() => void) | undefined

  constructor(options: TimerQueueOptions = {}) {
    this.#onError = options.onError ?? throwLater
    this.#onIdle = options.onIdle
  }

  /** How many timers are waiting. */
  get size(): number {
    return this.#heap.size
  }

  /**
   * Adds a timer that is due at the time `at`. Returns what cancels it; cancelling twice, or after it ran,
   * does nothing.
   *
   * @throws NetworkError `INVALID_ARGUMENT` when `at` is NaN
   */
  after(at: number, handler: () => void): () => void {
    // NaN compares false with everything and would break the heap without a sign.
    if (Number.isNaN(at)) throw new NetworkError('INVALID_ARGUMENT', 'at must be a time, got NaN')
    const entry = this.#heap.add(at, handler)
    return () => {
      if (!this.#heap.remove(entry)) return
      // Whoever keeps the cancel function must not keep alive what the handler refers to.
      entry.value = undefined
      if (this.#heap.size === 0) this.#onIdle?.()
    }
  }

  /** The time of the earliest timer. */
  nextAt(): number | undefined {
    return this.#heap.first()?.at
  }

  /** Runs every handler that is due at `now`, in order. */
  runDue(now: number): void {
    const end = this.#heap.nextOrder
    while (this.#runFirst(now, end)) {
      // Each turn runs one.
    }
  }

  /** Runs the earliest handler if it is due at `now`. Returns whether one ran. */
  runNext(now: number): boolean {
    return this.#runFirst(now, Infinity)
  }

  #runFirst(now: number, end: number): boolean {
    const first = this.#heap.first()
    if (first === undefined || first.at > now || first.order >= end) return false
    this.#heap.remove(first)
    const handler = first.value as () => void
    first.value = undefined
    try {
      handler()
    } catch (error) {
      this.#onError(error)
    }
    return true
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
