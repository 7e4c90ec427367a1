/**
 * The time that a session lives by. The network's TickManager satisfies it; so does a virtual clock.
 */
export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number
  /**
   * Calls `handler` once, `delayMs` from now at the earliest. Returns what cancels it; cancelling twice, or
   * after it ran, does nothing.
   */
  after(delayMs: number, handler: () => void): () => void
}
