/** What an error says of itself, here and on the wire. */
export interface RpcErrorOptions {
  readonly cause?: unknown
  readonly details?: unknown
  readonly retryable?: boolean
  readonly overloaded?: boolean
  readonly outcomeUnknown?: boolean
}

/**
 * Makes the errors that a session raises and those that arrive from the other side. Injected, so that the
 * packages above get their own error type without this one knowing it.
 */
export type ErrorFactory = (code: string, message: string, options?: RpcErrorOptions) => Error

/** The error type of a session that is given no {@link ErrorFactory}, and of the transports. */
export class RpcError extends Error {
  readonly code: string
  readonly details: unknown
  readonly retryable: boolean
  readonly overloaded: boolean
  readonly outcomeUnknown: boolean

  constructor(code: string, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RpcError'
    this.code = code
    this.details = options.details
    this.retryable = options.retryable ?? false
    this.overloaded = options.overloaded ?? false
    this.outcomeUnknown = options.outcomeUnknown ?? code === 'OUTCOME_UNKNOWN'
  }
}

/** Runs something of a transport; its errors, which are {@link RpcError}s, come out as the factory makes them. */
export function withErrors<T>(errors: ErrorFactory, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const { code, message, details, retryable, overloaded, outcomeUnknown } = error
    throw errors(code, message, { details, retryable, overloaded, outcomeUnknown, cause: error })
  }
}

/** The default {@link ErrorFactory}. */
export const rpcError: ErrorFactory = (code, message, options) => new RpcError(code, message, options)
