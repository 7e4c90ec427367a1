import type { ErrorView } from '@hcengineering/network-pod/admin-views'

/** An answer of the admin server that is an error, or that did not come. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The code of the answer's body; `UNREACHABLE` when nobody answered. */
  readonly code: string
  /** 0 when nobody answered. */
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }

  /** Whether another admin token could change the answer. */
  get denied(): boolean {
    return this.status === 401 || this.status === 403
  }
}

/** What was thrown, as an error that can be shown. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new ApiError('UNREACHABLE', 0, `The coordinator did not answer (${message})`)
}

/** The error that an answer's body tells, or one made of its status. */
export function errorOf(status: number, body: unknown): ApiError {
  if (isErrorView(body)) return new ApiError(body.error.code, status, body.error.message)
  return new ApiError('UNEXPECTED_ANSWER', status, `The server answered with status ${status}`)
}

function isErrorView(body: unknown): body is ErrorView {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  )
}
