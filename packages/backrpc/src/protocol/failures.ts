/** Errors on the wire: code, message, details and three flags. Never a stack. */

import { rpcError, type ErrorFactory, type RpcError } from '../errors.ts'
import { decodeValue, encodeValue } from './values.ts'

interface WireError {
  readonly code?: unknown
  readonly message?: unknown
  readonly details?: unknown
  readonly flags?: unknown
}

const messageLengthMax = 8192
const codeLengthMax = 128
/** So that every failure fits into a message, whatever the peer's limits. */
const detailsBytesMax = 64 * 1024

/** Any thrown value, as bytes. Details that cannot travel, or are too long, are left out rather than hide the error. */
export function encodeFailure(error: unknown): Uint8Array {
  const from = (typeof error === 'object' && error !== null ? error : {}) as Partial<RpcError>
  const body = {
    code:
      typeof from.code === 'string' && from.code.length <= codeLengthMax ? from.code : 'APPLICATION_ERROR',
    message: messageOf(error, from).slice(0, messageLengthMax),
    flags:
      (from.retryable === true ? 1 : 0) |
      (from.overloaded === true ? 2 : 0) |
      (from.outcomeUnknown === true ? 4 : 0)
  }
  if (from.details === undefined) return encodeValue(body, rpcError)
  try {
    const bytes = encodeValue({ ...body, details: from.details }, rpcError)
    if (bytes.length <= detailsBytesMax) return bytes
  } catch {
    // Encoded without them below.
  }
  return encodeValue(body, rpcError)
}

/** The error that these bytes describe; garbage becomes an `INVALID_MESSAGE`. */
export function decodeFailure(bytes: Uint8Array, errors: ErrorFactory): Error {
  let body: WireError
  try {
    body = decodeValue(bytes, errors) ?? {}
  } catch (error) {
    return error as Error
  }
  const flags = typeof body.flags === 'number' ? body.flags : 0
  return errors(
    typeof body.code === 'string' ? body.code : 'INVALID_MESSAGE',
    typeof body.message === 'string' ? body.message : 'an error without a message',
    {
      details: body.details,
      retryable: (flags & 1) !== 0,
      overloaded: (flags & 2) !== 0,
      outcomeUnknown: (flags & 4) !== 0
    }
  )
}

function messageOf(error: unknown, from: Partial<RpcError>): string {
  if (typeof from.message === 'string') return from.message
  try {
    return String(error)
  } catch {
    return 'something without a text was thrown'
  }
}
