import { NetworkError, toNetworkError } from '@hcengineering/network-core'
import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { ErrorView } from './views.ts'

/** An error as the admin API answers it. */
export interface Failure {
  readonly status: number
  readonly view: ErrorView
}

const statuses: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  AGENT_NOT_FOUND: 404,
  CONTAINER_NOT_FOUND: 404,
  MESSAGE_TOO_LARGE: 413,
  OVERLOADED: 503,
  NOT_SERVING: 503,
  CLOSED: 503
}

/** What to answer. Of a fault of ours, the caller learns no more than that there was one. */
export function failureOf(error: unknown): Failure {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(({ instancePath, message }) => {
      const parameter = instancePath.slice(1)
      return parameter === '' ? message : `${parameter}: ${message}`
    })
    return failure(400, 'INVALID_ARGUMENT', faults.join('; '))
  }
  if (error instanceof NetworkError) {
    const { code, message } = toNetworkError(error, 'INTERNAL')
    const status = statuses[code]
    if (status !== undefined) return failure(status, code, message)
  }
  const { statusCode, message } = error as Partial<FastifyError>
  if (statusCode === 413) return failure(413, 'MESSAGE_TOO_LARGE', 'the body is too long')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return failure(statusCode, 'INVALID_ARGUMENT', message ?? 'the request is not understood')
  }
  return failure(500, 'INTERNAL', 'a fault in the pod itself; its log says more')
}

function failure(status: number, code: string, message: string): Failure {
  return { status, view: { error: { code, message } } }
}
