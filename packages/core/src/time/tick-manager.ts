import { NetworkError } from '../api/errors.ts'
import { type Logger, silentLogger } from '../api/logger.ts'
import type { Clock, TickHandler, TickManager } from './clock.ts'
import { systemClock } from './system-clock.ts'
import { TimerQueue } from './timer-queue.ts'

const ticksPerSecondMax = 1000

/** Options of {@link TickManagerImpl}. */
export interface TickManagerOptions {
  /** Where the time comes from. @default systemClock */
  clock?: Clock
  /** Told of what handlers throw or reject with. @default silentLogger */
  logger?: Logger
}

interface Registration {
  readonly handler: TickHandler
  readonly intervalTicks: number
  /** Whether its last call has not ended yet. */
  running: boolean
  /** Takes its next call out of the schedule. */
  cancel: () => void
}

interface Wait {
  readonly ticks: number
  readonly resolve: () => void
  readonly reject: (error: NetworkError) => void
}

/** What exists only while started. */
interface Schedule {
  readonly kind: 'started'
  readonly startedAt: number
  /** In ticks since the start, not in milliseconds. */
  readonly queue: TimerQueue
  wake: { readonly tick: number; readonly cancel: () => void } | undefined
}

type State = { readonly kind: 'stopped' } | Schedule

/**
 * Calls handlers at intervals, counted in ticks since the start. It does not wake at each tick: it sleeps until
 * the next handler or wait is due, whatever the rate, and holds no timer when there is none.
 *
 * - I1. While started, one timer of the clock is set for the earliest that is due; while stopped, none.
 * - I2. A handler does not overlap itself: a call that comes due while the last one still runs is left out.
 * - I3. Calls stay on the grid of their interval. Those missed in a stall are made up for by one call.
 * - I4. What a handler throws or rejects with is logged, and harms no other.
 *
 * `register` and `waitTick` may come before `start`, and then count from there. `now`, `wallTime` and `after` are
 * the clock's, and work without `start`. It may be started again after `stop`: what is registered counts anew.
 *
 * @example
 * ```ts
 * import { TickManagerImpl } from '@hcengineering/network-core'
 *
 * const ticks = new TickManagerImpl(10)
 * const unsubscribe = ticks.register(() => console.log('half a second'), 0.5)
 * ticks.start()
 * await ticks.waitTick(20)
 * unsubscribe()
 * ticks.stop()
 * ```
 */
export class TickManagerImpl implements TickManager {
  readonly #ticksPerSecond: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #registrations = new Set<Registration>()
  readonly #waits = new Set<Wait>()
  #state: State = { kind: 'stopped' }

  /**
   * @param ticksPerSecond a whole number from 1 to 1000
   * @throws NetworkError `INVALID_ARGUMENT`
   */
  constructor(ticksPerSecond: number, options: TickManagerOptions = {}) {
    if (!Number.isInteger(ticksPerSecond) || ticksPerSecond < 1 || ticksPerSecond > ticksPerSecondMax) {
      throw invalid('ticksPerSecond', `a whole number from 1 to ${ticksPerSecondMax}`, ticksPerSecond)
    }
    this.#ticksPerSecond = ticksPerSecond
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
  }

  now(): number {
    return this.#clock.now()
  }

  wallTime(): number {
    return this.#clock.wallTime()
  }

  after(delayMs: number, handler: () => void): () => void {
    return this.#clock.after(delayMs, handler)
  }

  /**
   * Calls `handler` every `interval` seconds while started. Returns what takes it off again.
   *
   * @param interval seconds above 0, rounded up to whole ticks
   * @throws NetworkError `INVALID_ARGUMENT`
   */
  register(handler: TickHandler, interval: number): () => void {
    if (!Number.isFinite(interval) || interval <= 0) throw invalid('interval', 'seconds above 0', interval)
    const registration: Registration = {
      handler,
      intervalTicks: wholeTicks(interval * this.#ticksPerSecond),
      running: false,
      cancel: () => {}
    }
    this.#registrations.add(registration)
    if (this.#state.kind === 'started') {
      const firstTick = this.#currentTick(this.#state) + registration.intervalTicks
      this.#plan(this.#state, registration, firstTick)
      this.#sleep(this.#state)
    }
    return () => {
      this.#registrations.delete(registration)
      registration.cancel()
      if (this.#state.kind === 'started') this.#sleep(this.#state)
    }
  }

  /**
   * Resolves after that many ticks; before `start`, they count from there. 0 resolves at once.
   *
   * @throws NetworkError `CLOSED` when stopped meanwhile; `INVALID_ARGUMENT` when not a whole number from 0
   */
  waitTick(ticks: number): Promise<void> {
    if (!Number.isInteger(ticks) || ticks < 0) {
      return Promise.reject(invalid('ticks', 'a whole number from 0', ticks))
    }
    if (ticks === 0) return Promise.resolve()
    const promise = new Promise<void>((resolve, reject) => {
      const wait: Wait = { ticks, resolve, reject }
      this.#waits.add(wait)
      if (this.#state.kind === 'stopped') return
      this.#planWait(this.#state, wait, this.#currentTick(this.#state) + ticks)
      this.#sleep(this.#state)
    })
    // stop() may come before the caller gets to await it; that must not end the process.
    promise.catch(() => {})
    return promise
  }

  start(): void {
    if (this.#state.kind === 'started') return
    const schedule: Schedule = {
      kind: 'started',
      startedAt: this.#clock.now(),
      queue: new TimerQueue(),
      wake: undefined
    }
    this.#state = schedule
    for (const registration of this.#registrations) {
      this.#plan(schedule, registration, registration.intervalTicks)
    }
    for (const wait of this.#waits) this.#planWait(schedule, wait, wait.ticks)
    this.#sleep(schedule)
  }

  stop(): void {
    if (this.#state.kind === 'started') {
      this.#state.wake?.cancel()
      this.#state = { kind: 'stopped' }
    }
    // Also those that still wait for a start: whoever stops it does not mean them to wait for ever.
    const waits = [...this.#waits]
    this.#waits.clear()
    for (const wait of waits) wait.reject(new NetworkError('CLOSED', 'the tick manager was stopped'))
  }

  #plan(schedule: Schedule, registration: Registration, tick: number): void {
    registration.cancel = schedule.queue.after(tick, () => {
      // From the tick it was due at, not from the present one, so that it stays on its grid.
      const missed = Math.floor((this.#currentTick(schedule) - tick) / registration.intervalTicks)
      this.#plan(schedule, registration, tick + (missed + 1) * registration.intervalTicks)
      this.#call(registration)
    })
  }

  #planWait(schedule: Schedule, wait: Wait, tick: number): void {
    schedule.queue.after(tick, () => {
      this.#waits.delete(wait)
      wait.resolve()
    })
  }

  #call(registration: Registration): void {
    if (registration.running) return
    registration.running = true
    const ended = (): void => {
      registration.running = false
    }
    const failed = (error: unknown): void => {
      ended()
      this.#logger.error({ error }, 'a tick handler failed')
    }
    try {
      const result: unknown = registration.handler()
      if (isThenable(result)) Promise.resolve(result).then(ended, failed)
      else ended()
    } catch (error) {
      failed(error)
    }
  }

  /** Sets the clock's timer for the earliest that is due, unless it is already. */
  #sleep(schedule: Schedule): void {
    const tick = schedule.queue.nextAt()
    if (schedule.wake?.tick === tick) return
    schedule.wake?.cancel()
    schedule.wake = undefined
    if (tick === undefined) return
    const at = schedule.startedAt + (tick * 1000) / this.#ticksPerSecond
    const cancel = this.#clock.after(at - this.#clock.now(), () => {
      schedule.wake = undefined
      this.#wakeUp(schedule)
    })
    schedule.wake = { tick, cancel }
  }

  #wakeUp(schedule: Schedule): void {
    const tick = this.#currentTick(schedule)
    // A handler may stop, or stop and start: this schedule is over then.
    while (this.#state === schedule && schedule.queue.runNext(tick)) {
      // Each turn runs one; each plans itself for a later tick.
    }
    if (this.#state === schedule) this.#sleep(schedule)
  }

  #currentTick(schedule: Schedule): number {
    const ticks = ((this.#clock.now() - schedule.startedAt) * this.#ticksPerSecond) / 1000
    // Milliseconds since 1970 in a double are good to 0.0003: a tick that is due must not count as not yet due.
    return Math.floor(ticks + 0.001)
  }
}

/** Rounded up, but not because of the last bit of a product such as 0.07 × 100. */
function wholeTicks(ticks: number): number {
  return Math.max(Math.ceil(ticks - 1e-6), 1)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function invalid(option: string, expected: string, value: unknown): NetworkError {
  return new NetworkError('INVALID_ARGUMENT', `${option} must be ${expected}, got ${String(value)}`, {
    details: { option }
  })
}
