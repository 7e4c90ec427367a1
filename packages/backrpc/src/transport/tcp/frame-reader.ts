import { lengthBytes } from './framing.ts'

/** What is set aside for a message of which little has arrived. */
const bodyBytesMin = 16 * 1024

/** How many times what has arrived may be set aside: more would copy less, and cost more for a claim. */
const bodyGrowth = 8

/** A message of which a part has arrived. */
interface Body {
  readonly length: number
  /** As long as the message, once that much can be believed. */
  bytes: Buffer
  filled: number
}

/**
 * Takes a stream of bytes apart into messages.
 *
 * F1. A message that lies within one chunk is handed out as a view of it, copied if the chunk is only lent; one
 *     that does not is put together in memory of its own.
 * F2. A claimed length costs nothing: what is set aside is bounded by what has arrived, and by a small constant.
 *
 * Give it every chunk, in order, until `read` says false.
 */
export class FrameReader {
  readonly #messageBytesMax: number
  readonly #received: (message: Buffer) => void
  #body: Body | undefined
  /** A length that has arrived in part, and how many bytes of it. */
  #length = 0
  #lengthBytes = 0

  constructor(messageBytesMax: number, received: (message: Buffer) => void) {
    this.#messageBytesMax = messageBytesMax
    this.#received = received
  }

  /**
   * Reads a chunk. `lent` ones are used again by whoever gave them. Returns false for a message that is empty
   * or too long: the rest of the stream means nothing then.
   */
  read(chunk: Buffer, lent: boolean): boolean {
    let at = this.#body === undefined ? 0 : this.#fill(this.#body, chunk, 0)
    while (at < chunk.length) {
      let length: number
      if (this.#lengthBytes === 0 && chunk.length - at >= lengthBytes) {
        length = chunk.readUInt32LE(at)
        at += lengthBytes
      } else {
        this.#length += (chunk[at++] ?? 0) * 2 ** (8 * this.#lengthBytes++)
        if (this.#lengthBytes < lengthBytes) continue
        length = this.#length
        this.#length = 0
        this.#lengthBytes = 0
      }
      if (length === 0 || length > this.#messageBytesMax) return false
      const end = at + length
      if (end > chunk.length) {
        this.#begin(length, chunk, at)
        return true
      }
      const message = chunk.subarray(at, end)
      at = end
      this.#received(lent ? Buffer.from(message) : message)
    }
    return true
  }

  #begin(length: number, chunk: Buffer, at: number): void {
    const arrived = chunk.length - at
    const bytes = Buffer.allocUnsafe(Math.min(length, Math.max(arrived * bodyGrowth, bodyBytesMin)))
    chunk.copy(bytes, 0, at)
    this.#body = { length, bytes, filled: arrived }
  }

  /** Adds to the message that has begun; returns where in the chunk the next one starts. */
  #fill(body: Body, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + body.length - body.filled)
    const filled = body.filled + end - at
    if (filled > body.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(body.length, filled * bodyGrowth))
      body.bytes.copy(larger, 0, 0, body.filled)
      body.bytes = larger
    }
    chunk.copy(body.bytes, body.filled, at, end)
    body.filled = filled
    if (filled === body.length) {
      this.#body = undefined
      this.#received(body.bytes)
    }
    return end
  }
}
