/**
 * Headers of a request: a record of texts, encoded apart from the payload so that routers can read them. Pairs of a name
 * and a value, each of them its length (u16) and UTF-8, one after the other.
 */

import type { ErrorFactory } from '../errors.ts'
import { ByteReader, ByteWriter, MalformedMessage } from './bytes.ts'
import { headersBytesMax } from './limits.ts'
import { emptyPayload } from './values.ts'

const none: Readonly<Record<string, string>> = Object.freeze({})
/** What a letter takes at most, in UTF-8. */
const letterBytesMax = 3

const writer = new ByteWriter(256)

/** @throws `INVALID_ARGUMENT` for what is no text, or too much */
export function encodeHeaders(
  headers: Readonly<Record<string, string>> | undefined,
  errors: ErrorFactory
): Uint8Array {
  if (headers === undefined) return emptyPayload
  writer.length = 0
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value !== 'string') throw errors('INVALID_ARGUMENT', `header '${name}' must be a string`)
    const letters = name.length + value.length
    // Before it is written: what is much longer would grow the writer for good.
    if (writer.length + letters > headersBytesMax) throw tooLong(errors)
    writer.reserve(4 + letterBytesMax * letters)
    writer.text(name)
    writer.text(value)
  }
  const { length } = writer
  if (length === 0) return emptyPayload
  if (length > headersBytesMax) throw tooLong(errors)
  const bytes = Buffer.allocUnsafe(length)
  writer.buffer.copy(bytes, 0, 0, length)
  return bytes
}

/** @throws `INVALID_MESSAGE` */
export function decodeHeaders(bytes: Uint8Array, errors: ErrorFactory): Readonly<Record<string, string>> {
  if (bytes.length === 0) return none
  const reader = new ByteReader(bytes)
  const headers: Record<string, string> = {}
  try {
    while (reader.remaining > 0) headers[reader.text(headersBytesMax)] = reader.text(headersBytesMax)
  } catch (cause) {
    if (!(cause instanceof MalformedMessage)) throw cause
    throw errors('INVALID_MESSAGE', `these bytes are no headers: ${cause.message}`, { cause })
  }
  return headers
}

function tooLong(errors: ErrorFactory): Error {
  return errors('INVALID_ARGUMENT', `headers take more than ${headersBytesMax} bytes`)
}
