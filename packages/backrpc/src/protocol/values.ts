/**
 * Application values as bytes: CBOR (RFC 8949) through cbor-x. Bytes, Date, Map, Set, undefined, bigint,
 * RegExp and typed arrays arrive as what they were. `docs/decisions/0001-codec.md` says why cbor-x.
 *
 * What arrives comes from strangers, so this is the build of cbor-x that generates no code and calls nothing
 * native, and whatever it would decode that is never written here is refused. That build is loaded for this
 * package alone: what is set here does not reach an application's own cbor-x.
 */

import { addExtension, Decoder, Encoder } from 'cbor-x/index-no-eval'
import type { ErrorFactory } from '../errors.ts'
import { decodeLongBytes, encodeLongBytes, longBytesMin, type Allocate } from './long-bytes.ts'

// cbor-x writes an ArrayBuffer as plain bytes, which come back as a Uint8Array.
const arrayBufferTag = 43_001
addExtension<ArrayBuffer, Uint8Array>({
  Class: ArrayBuffer,
  tag: arrayBufferTag,
  encode: (value, encode) => encode(new Uint8Array(value)),
  // Not the slice of Buffer, which shares its memory with whatever else has arrived.
  decode: (value) => Uint8Array.prototype.slice.call(bytesOf(value)).buffer
})

interface TypedArray {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, offset?: number, length?: number): ArrayBufferView
}

// cbor-x trusts that bytes follow these tags; a number would be taken for a length, and allocated.
const typedArrays: ReadonlyArray<{ tag: number; type: TypedArray }> = [
  { tag: 64, type: Uint8Array },
  { tag: 68, type: Uint8ClampedArray },
  { tag: 69, type: Uint16Array },
  { tag: 70, type: Uint32Array },
  { tag: 71, type: BigUint64Array },
  { tag: 72, type: Int8Array },
  { tag: 77, type: Int16Array },
  { tag: 78, type: Int32Array },
  { tag: 79, type: BigInt64Array },
  { tag: 85, type: Float32Array },
  { tag: 86, type: Float64Array }
]
for (const { tag, type } of typedArrays) {
  const size = type.BYTES_PER_ELEMENT
  decodeTag(tag, (value) => {
    const bytes = bytesOf(value)
    if (bytes.length % size !== 0) throw new RangeError('a typed array of broken elements')
    if (bytes.byteOffset % size === 0) return new type(bytes.buffer, bytes.byteOffset, bytes.length / size)
    return new type(Uint8Array.prototype.slice.call(bytes).buffer)
  })
}

// Those of cbor-x take time that grows with the square of the length.
decodeTag(2, bigintOf)
decodeTag(3, (value) => -1n - bigintOf(value))

// Texts as dates, fractions, packed and shared values, records, big-endian arrays: never written here. Some
// of them make a few bytes decode into very much, or take for ever. cbor-x asks for three it has of its own (0xdff9,
// 0xdffe, 0xdfff: bundled texts, records, packed values) before it looks here, so those are read.
for (const tag of [0, 4, 5, 6, 14, 15, 28, 29, 51, 65, 66, 67, 73, 74, 75, 81, 82, 105]) {
  const refuse = (): never => {
    throw new TypeError(`tag ${tag} is not used here`)
  }
  decodeTag(tag, Object.assign(refuse, { handlesRead: true }))
}

/** Missing from the types of cbor-x. */
interface BufferUser {
  useBuffer(buffer: Uint8Array): void
}

const encoder = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: true }) as Encoder &
  BufferUser
// Apart from the encoder, which would remember the records of one message for the next.
const decoder = new Decoder({ useRecords: false, mapsAsObjects: true })

/**
 * cbor-x makes a DataView for whatever it decodes, and hangs it on that. For a short value this costs more than a copy
 * to where there is one already; byte strings in it must then be copies, too.
 */
const copyingDecoder = new Decoder({ useRecords: false, mapsAsObjects: true, copyBuffers: true })
const shortBytes = Buffer.allocUnsafeSlow(512)
/**
 * By length, made as they are needed. Of exactly the value's length: cbor-x does not ask everywhere where that ends, and
 * even an error that depends on what follows would tell one peer of another's bytes.
 */
const shortViews: Buffer[] = []

/** cbor-x goes on with a buffer as large as its largest; after a value of this size it starts anew. */
const encodeBufferKeptMax = 256 * 1024
const encodeBufferBytes = 8192

/** What `undefined` is on the wire: most requests of some kinds carry no data at all. */
export const emptyPayload = new Uint8Array(0)

/**
 * A value as bytes. The bytes are a view that stays valid. Two things do not arrive as they were: -0 becomes
 * 0, and half of a surrogate pair the replacement character.
 *
 * @param allocate where long byte strings are copied to
 * @throws `NOT_SERIALIZABLE` for what cannot travel: functions, symbols, cycles
 */
export function encodeValue(value: unknown, errors: ErrorFactory, allocate?: Allocate): Uint8Array {
  if (value === undefined) return emptyPayload
  if (value instanceof Uint8Array && value.length >= longBytesMin) return encodeLongBytes(value, allocate)
  try {
    const bytes = encoder.encode(value)
    if (bytes.length > encodeBufferKeptMax) encoder.useBuffer(Buffer.allocUnsafeSlow(encodeBufferBytes))
    return bytes
  } catch (cause) {
    throw errors('NOT_SERIALIZABLE', `this value cannot be sent: ${unserializable(cause)}`, { cause })
  }
}

/**
 * Bytes as the value they were.
 *
 * @throws `INVALID_MESSAGE` for bytes that are no value
 */
export function decodeValue(bytes: Uint8Array, errors: ErrorFactory): unknown {
  if (bytes.length === 0) return undefined
  const long = bytes.length >= longBytesMin ? decodeLongBytes(bytes) : undefined
  if (long !== undefined) return long
  try {
    const { length } = bytes
    if (length > shortBytes.length) return decoder.decode(bytes)
    shortBytes.set(bytes)
    return copyingDecoder.decode((shortViews[length] ??= shortBytes.subarray(0, length)))
  } catch (cause) {
    throw errors('INVALID_MESSAGE', `these bytes are no value: ${messageOf(cause)}`, { cause })
  }
}

/** Only decodes: cbor-x takes an extension without a class, its types do not say so. */
function decodeTag(tag: number, decode: (value: unknown) => unknown): void {
  addExtension({ tag, decode } as unknown as Parameters<typeof addExtension>[0])
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError('bytes expected')
}

function bigintOf(value: unknown): bigint {
  const bytes = bytesOf(value)
  if (bytes.length === 0) return 0n
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`)
}

function unserializable(cause: unknown): string {
  // The stack overflowed.
  if (cause instanceof RangeError) return 'it contains itself, or is nested too deeply'
  const type = /^Unknown type: (.*)$/.exec(messageOf(cause))?.[1]
  return type === undefined ? messageOf(cause) : `it contains a ${type}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
