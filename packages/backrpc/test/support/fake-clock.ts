import type { Clock } from '../../src/clock.ts'

interface Timer {
  readonly at: number
  readonly handler: () => void
}

/** Time that goes on only when a test says so. */
export class FakeClock implements Clock {
  private time = 0
  private readonly timers = new Set<Timer>()

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.timers.size
  }

  now(): number {
    return this.time
  }

  after(delayMs: number, handler: () => void): () => void {
    const timer: Timer = { at: this.time + Math.max(0, delayMs), handler }
    this.timers.add(timer)
    return () => {
      this.timers.delete(timer)
    }
  }

  /** Lets time pass, running what falls due in its order; `between` runs after each timer. */
  advance(ms: number, between: () => void = () => {}): void {
    const end = this.time + ms
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.timers.delete(next)
      this.time = Math.max(this.time, next.at)
      next.handler()
      between()
    }
    this.time = end
  }

  /** A process that stands still: time passes, and only then what is due runs. */
  stall(ms: number): void {
    this.time += ms
    this.advance(0)
  }

  private next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    }
    return first
  }
}
