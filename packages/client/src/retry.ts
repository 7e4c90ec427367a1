import { hasCode, NetworkError, toNetworkError, type Clock } from '@hcengineering/network-core'

const pauseFirstMs = 5
const pauseMaxMs = 250

/** Whether a request was refused before anything was dispatched: another try harms nobody. */
export function wasRefused(error: unknown): boolean {
  return (
    error instanceof NetworkError && (error.code === 'NOT_SERVING' || error.code === 'CONTAINER_NOT_FOUND')
  )
}

/** Whether a request may be made again for its caller, who does not see it. */
export function retryRule(idempotent: boolean): (error: unknown) => boolean {
  return (error) => wasRefused(error) || (idempotent && hasCode(error, 'OUTCOME_UNKNOWN'))
}

/** What is tried, again and again until a deadline. */
export interface RetryOptions<T> {
  readonly clock: Clock
  /** By the clock. */
  readonly deadline: number
  readonly what: string
  readonly signal?: AbortSignal | undefined
  /** Whether another try may follow this error. */
  readonly mayTryAgain: (error: unknown) => boolean
  /** Why the first try failed. */
  readonly error: unknown
  /** Finds out where to try next; may wait. */
  readonly relocate: (remainingMs: number) => Promise<void>
  readonly attempt: (remainingMs: number) => Promise<T>
}

/** Goes on with a request whose first try was refused, until it is dispatched or its deadline passes. */
export async function tryAgain<T>(options: RetryOptions<T>): Promise<T> {
  const { clock, deadline, signal } = options
  let { error } = options
  /** An earlier try that may have run, whatever comes of later ones. */
  let unknown = isUnknown(error) ? error : undefined
  for (let pauseMs = pauseFirstMs; options.mayTryAgain(error); pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    try {
      await pause(clock, Math.min(pauseMs, deadline - clock.now()), signal)
      await inTime(options.relocate(remaining(options, error)), options)
      return await options.attempt(remaining(options, error))
    } catch (failure) {
      if (isUnknown(failure)) unknown ??= failure
      // Neither found nor reached says nothing of the tries before.
      if (!options.mayTryAgain(failure)) throw unknown !== undefined && didNotRun(failure) ? unknown : failure
      error = failure
    }
  }
  throw error
}

function isUnknown(error: unknown): error is NetworkError {
  return error instanceof NetworkError && error.outcomeUnknown
}

const notRunCodes = new Set(['ABORTED', 'CLOSED', 'NO_AGENT', 'OVERLOADED', 'TIMEOUT', 'UUID_IN_USE'])

/** Whether this try surely did not run the request. */
function didNotRun(error: unknown): boolean {
  return (
    wasRefused(error) ||
    (error instanceof NetworkError && !error.outcomeUnknown && notRunCodes.has(error.code))
  )
}

/**
 * What a wait gives that others may share, unless this caller's own deadline, or its signal, comes first (I7).
 *
 * @throws NetworkError `TIMEOUT`, `ABORTED`
 */
export function inTime<T>(
  wait: Promise<T>,
  { clock, deadline, signal, what }: Pick<RetryOptions<T>, 'clock' | 'deadline' | 'signal' | 'what'>
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel()
      signal?.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      stop()
      reject(new NetworkError('ABORTED', 'aborted', { cause: signal?.reason }))
    }
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () => {
      stop()
      reject(new NetworkError('TIMEOUT', `${what} could not be delivered in time`, { retryable: true }))
    })
    wait.then(
      (value) => {
        stop()
        resolve(value)
      },
      (error: Error) => {
        stop()
        reject(error)
      }
    )
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

function remaining(options: RetryOptions<unknown>, error: unknown): number {
  const left = options.deadline - options.clock.now()
  if (left > 0) return left
  throw new NetworkError(
    'TIMEOUT',
    `${options.what} could not be delivered in time: ${toNetworkError(error).message}`,
    {
      cause: error,
      retryable: true
    }
  )
}

/** Waits that long; rejects with `ABORTED` when the signal says so. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel()
      reject(new NetworkError('ABORTED', 'aborted', { cause: signal?.reason }))
    }
    if (signal?.aborted === true) {
      reject(new NetworkError('ABORTED', 'aborted', { cause: signal.reason }))
      return
    }
    const cancel = clock.after(Math.max(0, delayMs), () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}
