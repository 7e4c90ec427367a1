import type { Socket } from 'node:net'
import { lengthBytes, writeLength } from './framing.ts'

/** Up to here copying a message behind its length is cheaper than a second piece for the system to gather. */
const copiedBytesMax = 4 * 1024

/** So much may be gathered before it is written. */
const gatheredBytesMax = 64 * 1024

/**
 * Puts lengths before messages and writes them. What is sent in one turn of the event loop leaves at its end,
 * together: short messages copied into one piece, long ones as they are.
 */
export class FrameWriter {
  readonly #socket: Socket
  /** Short messages that were not written yet. */
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #corked = false
  #flushDue = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Bytes that have not left. */
  get unsentBytes(): number {
    return this.#gatheredBytes + this.#socket.writableLength
  }

  send(message: Uint8Array): void {
    if (message.length <= copiedBytesMax) {
      this.#gathered.push(message)
      this.#gatheredBytes += lengthBytes + message.length
      if (this.#gatheredBytes > gatheredBytesMax) this.flush()
    } else {
      this.#cork()
      this.#writeGathered(message)
      this.#socket.write(message)
    }
    if (this.#flushDue) return
    this.#flushDue = true
    process.nextTick(this.#endOfTurn)
  }

  /** Writes what was sent in this turn. */
  flush(): void {
    if (this.#gatheredBytes > 0) this.#writeGathered()
    if (!this.#corked) return
    this.#corked = false
    this.#socket.uncork()
  }

  readonly #endOfTurn = (): void => {
    this.#flushDue = false
    this.flush()
  }

  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
  }

  /** The short messages, and the length of a long one that follows, in one piece. */
  #writeGathered(following?: Uint8Array): void {
    const gathered = this.#gathered
    const bytes = Buffer.allocUnsafe(this.#gatheredBytes + (following === undefined ? 0 : lengthBytes))
    let at = 0
    for (const message of gathered) {
      at = writeLength(bytes, at, message.length)
      bytes.set(message, at)
      at += message.length
    }
    if (following !== undefined) writeLength(bytes, at, following.length)
    gathered.length = 0
    this.#gatheredBytes = 0
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }
}
