/**
 * Every code that a {@link NetworkError} of ours carries. A container's own errors keep the code they
 * were thrown with, or get `APPLICATION_ERROR`. `docs/errors.md` explains each; a test keeps the two equal.
 */
export const networkErrorCodes = [
  'ABORTED',
  'ADDRESS_IN_USE',
  'ADDRESS_INVALID',
  'AGENT_NOT_FOUND',
  'APPLICATION_ERROR',
  'CLOSED',
  'CONNECTION_TIMEOUT',
  'CONTAINER_NOT_FOUND',
  'DATA_IN_USE',
  'FACTORY_FAILED',
  'FORBIDDEN',
  'HANDSHAKE_REFUSED',
  'INTERNAL',
  'INVALID_ARGUMENT',
  'INVALID_CONTAINER',
  'INVALID_MESSAGE',
  'KIND_NOT_OFFERED',
  'LEASE_REFUSED',
  'MESSAGE_TOO_LARGE',
  'MOVED',
  'NOT_FOUND',
  'NOT_SERIALIZABLE',
  'NOT_SERVING',
  'NO_AGENT',
  'OUTCOME_UNKNOWN',
  'OVERLOADED',
  'STORE_FAILED',
  'TIMEOUT',
  'UNAUTHENTICATED',
  'UNKNOWN_OPERATION',
  'UUID_IN_USE'
] as const

/** A code of ours. */
export type NetworkErrorCode = (typeof networkErrorCodes)[number]

/** What goes with an error besides its code and message. */
export interface NetworkErrorOptions {
  /** What led to it; stays in the process where it was thrown. */
  cause?: unknown
  /** Plain data for programs; travels to the caller. */
  details?: unknown
  /** Whether the same call, made again, can succeed. @default false */
  retryable?: boolean
  /** Whether a limit was hit, so that a retry should wait. @default false */
  overloaded?: boolean
  /** Whether the call may or may not have run. @default false */
  outcomeUnknown?: boolean
}

/**
 * The one error type of the network. Match on `code`, never on the message.
 *
 * @example
 * ```ts
 * import { NetworkError } from '@hcengineering/network-core'
 *
 * export function isTemporary(error: unknown): boolean {
 *   return error instanceof NetworkError && error.retryable
 * }
 * ```
 */
export class NetworkError extends Error {
  /** One of {@link networkErrorCodes}, or the code that a container's own error carried. */
  readonly code: string
  /** Plain data about the error, if there is any. */
  readonly details: unknown
  /** Whether the same call, made again, can succeed. */
  readonly retryable: boolean
  /** Whether a limit was hit, so that a retry should wait. */
  readonly overloaded: boolean
  /** Whether the call may or may not have run. */
  readonly outcomeUnknown: boolean

  constructor(code: NetworkErrorCode | (string & {}), message: string, options: NetworkErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'NetworkError'
    this.code = code
    this.details = options.details
    this.retryable = options.retryable ?? false
    this.overloaded = options.overloaded ?? false
    this.outcomeUnknown = options.outcomeUnknown ?? code === 'OUTCOME_UNKNOWN'
  }
}

/** Whether an error is a {@link NetworkError} with this code. */
export function hasCode(error: unknown, code: NetworkErrorCode): error is NetworkError {
  return error instanceof NetworkError && error.code === code
}

/** Any thrown value as a {@link NetworkError}; the message stays exactly as it was thrown. */
export function toNetworkError(error: unknown, code: NetworkErrorCode = 'APPLICATION_ERROR'): NetworkError {
  if (error instanceof NetworkError) return error
  if (error instanceof Error) {
    const own = (error as { code?: unknown }).code
    return new NetworkError(typeof own === 'string' ? own : code, error.message, {
      cause: error,
      details: (error as { details?: unknown }).details
    })
  }
  return new NetworkError(code, String(error), { cause: error })
}

/** @throws NetworkError `ABORTED` when the signal has been aborted */
export function requireNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new NetworkError('ABORTED', 'aborted before it began', { cause: signal.reason })
}

/** Makes a {@link NetworkError}; what the session layer is given, so that its errors are ours. */
export function networkError(code: string, message: string, options?: NetworkErrorOptions): NetworkError {
  return new NetworkError(code, message, options)
}
