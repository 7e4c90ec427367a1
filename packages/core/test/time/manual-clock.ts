import type { Clock } from '../../src/time/clock.ts'
import { TimerQueue } from '../../src/time/timer-queue.ts'

/** A clock moved by hand; also counts what was asked of it. */
export class ManualClock implements Clock {
  readonly queue = new TimerQueue()
  /** How many handlers it has run. */
  wakes = 0
  #nowMs = Date.UTC(2025, 0, 1)

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return this.#nowMs + 5000
  }

  after(delayMs: number, handler: () => void): () => void {
    return this.queue.after(this.#nowMs + Math.max(delayMs, 0), () => {
      this.wakes++
      handler()
    })
  }

  /** Moves the time on, timer by timer, with promises settling in between. */
  async advance(ms: number): Promise<void> {
    await settle()
    const end = this.#nowMs + ms
    for (let at = this.queue.nextAt(); at !== undefined && at <= end; at = this.queue.nextAt()) {
      this.#nowMs = Math.max(this.#nowMs, at)
      this.queue.runNext(this.#nowMs)
      await settle()
    }
    this.#nowMs = end
    await settle()
  }

  /** The thread was held up for that long: whatever was due meanwhile runs only now. */
  async stall(ms: number): Promise<void> {
    this.#nowMs += ms
    await this.advance(0)
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
