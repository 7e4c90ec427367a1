/** Where the bytes of long messages lie, and how that memory is used again. Decision 0016 says why. */

/** What all sessions of a process keep for later, together. */
const spareBytesMax = 16 * 1024 * 1024

interface Spare {
  readonly bytes: Buffer
  readonly owner: Spare[]
}

/** Of all sessions, in the order in which they were last used. */
const spares = new Set<Spare>()
let spareBytes = 0

/**
 * Memory for the long messages of one session, used again once the other side has them: fresh memory costs more
 * than to fill it, a page fault for every 4 KiB.
 *
 * Each session has its own. A peer that acknowledges what it has not read yet may read the next message of this
 * session in its place, and nobody else's.
 *
 * I11: what waits to be used again has a bound, for all sessions together.
 */
export class MessageMemory {
  private readonly spares: Spare[] = []
  /** What can come back: handed out here, for one message. */
  private readonly lent = new WeakSet<ArrayBufferLike>()

  /** Memory of at least this many bytes, cut to `size`; what is in it is not cleared. */
  take(size: number): Buffer {
    const length = roundUp(size)
    const index = this.spares.findLastIndex(({ bytes }) => bytes.length === length)
    const spare = index === -1 ? undefined : this.spares[index]
    if (spare !== undefined) forget(spare)
    const bytes = spare?.bytes ?? Buffer.allocUnsafeSlow(length)
    this.lent.add(bytes.buffer)
    return bytes.subarray(0, size)
  }

  /** Nobody looks any more at a message, or a part of one, that may have been taken from here. */
  release(message: Buffer): void {
    const { buffer } = message
    if (!this.lent.delete(buffer)) return
    const spare = { bytes: Buffer.from(buffer), owner: this.spares }
    this.spares.push(spare)
    spares.add(spare)
    spareBytes += buffer.byteLength
    for (const oldest of spares) {
      if (spareBytes <= spareBytesMax) return
      forget(oldest)
    }
  }

  /** Nothing is kept any longer. */
  clear(): void {
    for (const spare of [...this.spares]) forget(spare)
  }
}

function forget(spare: Spare): void {
  spares.delete(spare)
  spareBytes -= spare.bytes.length
  spare.owner.splice(spare.owner.indexOf(spare), 1)
}

/** To the next of eight sizes between a power of two and the next, so that much the same size finds it again. */
function roundUp(size: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(size)) - 3)
  return Math.ceil(size / step) * step
}
