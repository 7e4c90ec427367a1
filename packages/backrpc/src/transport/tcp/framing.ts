/** On the wire a message follows its length, 32 bits, the lowest byte first. There is no empty message. */
export const lengthBytes = 4

/** Writes a length, and returns where the message goes. */
export function writeLength(into: Uint8Array, at: number, length: number): number {
  into[at] = length
  into[at + 1] = length >>> 8
  into[at + 2] = length >>> 16
  into[at + 3] = length >>> 24
  return at + lengthBytes
}
