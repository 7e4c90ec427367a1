/**
 * Long byte strings, encoded as everything else is but with a single copy: behind room for what comes before
 * the payload in a message, so that the message can be completed in place.
 */

/** Longer payloads travel in parts. 1 MiB and what surrounds it do not. */
export const splitAboveBytes = 1024 * 1024 + 4096

/** Shorter ones are not worth the trouble. */
export const longBytesMin = 16 * 1024

/** Room before a payload; a frame's head is rarely longer. */
const headroomBytes = 1024

// CBOR (RFC 8949): tag 64, which tells a Uint8Array from a Buffer, and a byte string with a length of 32 bits.
const uint8ArrayTag = [0xd8, 0x40] as const
const byteString32 = 0x5a

/** Where the copy goes; by default into memory of its own. */
export type Allocate = (size: number) => Buffer

const ownMemory: Allocate = (size) => Buffer.allocUnsafeSlow(size)

/** Payloads whose room nobody has used yet. */
const withRoom = new WeakSet<Uint8Array>()
/** What comes before payloads that are the caller's own memory. */
const prefixes = new WeakMap<Uint8Array, Uint8Array>()

/**
 * Encodes a Uint8Array or Buffer of at most 4 GiB. What travels in parts is not copied here, but part by part
 * as it leaves: see {@link prefixOf}.
 */
export function encodeLongBytes(value: Uint8Array, allocate: Allocate = ownMemory): Uint8Array {
  const head = headOf(value)
  if (value.length > splitAboveBytes) {
    const view = value.subarray()
    prefixes.set(view, head)
    return view
  }
  const whole = allocate(headroomBytes + head.length + value.length)
  whole.set(head, headroomBytes)
  whole.set(value, headroomBytes + head.length)
  const payload = whole.subarray(headroomBytes)
  withRoom.add(payload)
  return payload
}

function headOf(value: Uint8Array): Buffer {
  const head = Buffer.from([...uint8ArrayTag, byteString32, 0, 0, 0, 0])
  head.writeUInt32BE(value.length, 3)
  return Buffer.isBuffer(value) ? head.subarray(2) : head
}

/** What belongs before a payload that is the caller's own memory; undefined when it is complete by itself. */
export function prefixOf(payload: Uint8Array): Uint8Array | undefined {
  return prefixes.get(payload)
}

/** A view of what was encoded so; undefined for anything else. */
export function decodeLongBytes(payload: Uint8Array): Uint8Array | undefined {
  const isTagged = payload[0] === uint8ArrayTag[0] && payload[1] === uint8ArrayTag[1]
  const head = isTagged ? 2 : 0
  if (payload[head] !== byteString32) return undefined
  const { buffer, byteOffset } = payload
  const length = new DataView(buffer, byteOffset).getUint32(head + 1)
  const start = head + 5
  if (start + length !== payload.length) return undefined
  return isTagged
    ? new Uint8Array(buffer, byteOffset + start, length)
    : Buffer.from(buffer, byteOffset + start, length)
}

/**
 * The room before a payload with the payload, `size` bytes of room: for one message only, whoever comes later
 * has to copy. Undefined when there is none.
 */
export function takeRoom(payload: Uint8Array, size: number): Buffer | undefined {
  if (size > headroomBytes || !withRoom.delete(payload)) return undefined
  return Buffer.from(payload.buffer, payload.byteOffset - size, size + payload.length)
}
