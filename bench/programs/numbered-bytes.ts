/** Bytes that carry a number at both ends, so that an answer can be told from another one's. */

const numberBytes = 4

/** A place to write requests of this size. */
export function numberedBytes(size: number): Buffer {
  return Buffer.alloc(size, 0xa5)
}

/** Writes the number into the bytes. */
export function writeNumber(bytes: Buffer, n: number): Buffer {
  bytes.writeUInt32LE(n, 0)
  bytes.writeUInt32LE(n, bytes.length - numberBytes)
  return bytes
}

/** @throws Error unless these are the bytes that were sent */
export function requireNumber(answer: Uint8Array, n: number, size: number): void {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  const same =
    answer.byteLength === size &&
    view.getUint32(0, true) === n &&
    view.getUint32(size - numberBytes, true) === n
  if (!same) throw new Error(`request ${n} was answered with ${answer.byteLength} bytes that are not its own`)
}
