/** The time that everything here lives by; injected, so that it can be virtual. */
export interface Clock {
  /** Milliseconds; never goes back, and stands still while the machine is suspended. */
  now(): number
  /** The wall clock in milliseconds since 1970; may jump. Used beside `now()` to notice a suspended machine. */
  wallTime(): number
  /**
   * Calls `handler` once, `delayMs` from now at the earliest. Returns what cancels it; cancelling twice, or
   * after it ran, does nothing. Works whether or not a TickManager has been started.
   */
  after(delayMs: number, handler: () => void): () => void
}

/** A handler of ticks. What it throws, or rejects with, is logged and harms no other handler. */
export type TickHandler = () => void | Promise<void>

/** Time as the application sees it: a clock, and handlers that are called at intervals while it is started. */
export interface TickManager extends Clock {
  /**
   * Calls `handler` every `interval` seconds while started. Returns what takes it off again.
   *
   * @param interval seconds; a fraction is fine, and rounded up to whole ticks
   */
  register(handler: TickHandler, interval: number): () => void
  /** Resolves after that many ticks. @throws NetworkError `CLOSED` when stopped meanwhile */
  waitTick(ticks: number): Promise<void>
  /** Starts calling handlers. Starting a started one does nothing. */
  start(): void
  /** Stops calling handlers. Stopping a stopped one does nothing. */
  stop(): void
}
