import type { Clock } from '../../src/clock.ts'

/** The time that real sockets need. */
export const realClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, handler) => {
    const timer = setTimeout(handler, delayMs)
    return () => clearTimeout(timer)
  }
}
