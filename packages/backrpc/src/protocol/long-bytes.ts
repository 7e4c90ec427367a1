/**
 * Long byte strings, encoded as everything else is but with a single copy: behind room for what comes before
 * the payload in a message, so that the message can be completed in place.
 */

/** Shorter ones are not worth the trouble. */
export const longBytesMin = 16 * 1024

/** Room before a payload; a frame's head is rarely longer. */
const headroomBytes = 1024

// CBOR (RFC 8949): tag 64, which tells a Uint8Array from a Buffer, and a byte string with a length of 32 bits.
const uint8ArrayTag = [0xd8, 0x40] as const
const byteString32 = 0x5a

/** Payloads whose room nobody has used yet. */
const withRoom = new WeakSet<Uint8Array>()

/** Encodes a Uint8Array or Buffer of at most 4 GiB. */
export function encodeLongBytes(value: Uint8Array): Uint8Array {
  const isBuffer = Buffer.isBuffer(value)
  const head = isBuffer ? 5 : 7
  const whole = Buffer.allocUnsafeSlow(headroomBytes + head + value.length)
  let at = headroomBytes
  if (!isBuffer) {
    whole[at++] = uint8ArrayTag[0]
    whole[at++] = uint8ArrayTag[1]
  }
  whole[at++] = byteString32
  at = whole.writeUInt32BE(value.length, at)
  whole.set(value, at)
  const payload = whole.subarray(headroomBytes)
  withRoom.add(payload)
  return payload
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
