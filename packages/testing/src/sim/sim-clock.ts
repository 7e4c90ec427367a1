import { type Clock, TimerQueue } from '@hcengineering/network-core'

/** More handlers than this at one instant mean that one of them plans itself again without delay. */
const handlersAtOneInstantMax = 50_000

// Taken when the module loads, so that nothing that replaces it for others can stop the time.
const nextTurn = setImmediate

/**
 * The one clock that a simulation runs by. One timer a turn of the event loop: when the next one runs, all
 * promises and ticks of the last have settled, so that a run is the same every time. A turn costs about a
 * microsecond, where awaiting one costs several.
 *
 * - I1. `now()` never goes back, and changes only in {@link run}.
 * - I2. What a handler throws is handed to `onError`, and ends nothing else.
 */
export class SimClock implements Clock {
  readonly #queue: TimerQueue
  #nowMs: number
  #ran = 0

  /** @param onError hears what handlers throw */
  constructor(onError: (error: unknown) => void, startMs = Date.UTC(2025, 0, 1)) {
    this.#queue = new TimerQueue({ onError })
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return this.#nowMs
  }

  after(delayMs: number, handler: () => void): () => void {
    return this.#queue.after(delayMs > 0 ? this.#nowMs + delayMs : this.#nowMs, handler)
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#queue.size
  }

  /** How many timers have run. */
  get ran(): number {
    return this.#ran
  }

  /** Lets `ms` pass, or less if `isDone` holds before: it is asked after every timer. */
  run(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const limit = this.#nowMs + ms
    let ranAtInstant = 0
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        if (isDone()) {
          resolve()
          return
        }
        const nextAt = this.#queue.nextAt()
        if (nextAt === undefined || nextAt > limit) {
          this.#nowMs = limit
          resolve()
          return
        }
        ranAtInstant = nextAt > this.#nowMs ? 1 : ranAtInstant + 1
        if (ranAtInstant > handlersAtOneInstantMax) {
          reject(new Error('timers without delay hold up the time'))
          return
        }
        this.#nowMs = Math.max(this.#nowMs, nextAt)
        this.#ran++
        this.#queue.runNext(this.#nowMs)
        // Queued behind what the handler has put off to the next turn. What it says after an await, in a busy session,
        // may leave only after the next handler has run, at that one's time.
        queueMicrotask(again)
      }
      const again = (): void => {
        nextTurn(turn)
      }
      again()
    })
  }
}
