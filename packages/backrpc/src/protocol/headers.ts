/** Headers of a request: a record of texts, encoded apart from the payload so that routers can read them. */

import type { ErrorFactory } from '../errors.ts'
import { headersBytesMax } from './limits.ts'
import { decodeValue, emptyPayload, encodeValue } from './values.ts'

const none: Readonly<Record<string, string>> = Object.freeze({})

/** @throws `INVALID_ARGUMENT` for what is no text, or too much */
export function encodeHeaders(
  headers: Readonly<Record<string, string>> | undefined,
  errors: ErrorFactory
): Uint8Array {
  if (headers === undefined) return emptyPayload
  const entries = Object.entries(headers)
  if (entries.length === 0) return emptyPayload
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw errors('INVALID_ARGUMENT', `header '${name}' must be a string`)
  }
  const bytes = encodeValue(headers, errors)
  if (bytes.length > headersBytesMax) {
    throw errors('INVALID_ARGUMENT', `headers take ${bytes.length} bytes, more than ${headersBytesMax}`)
  }
  return bytes
}

/** @throws `INVALID_MESSAGE` */
export function decodeHeaders(bytes: Uint8Array, errors: ErrorFactory): Readonly<Record<string, string>> {
  if (bytes.length === 0) return none
  const value = decodeValue(bytes, errors)
  if (typeof value !== 'object' || value === null) throw errors('INVALID_MESSAGE', 'headers are no record')
  const headers: Record<string, string> = {}
  for (const [name, text] of Object.entries(value)) {
    if (typeof text === 'string') headers[name] = text
  }
  return headers
}
