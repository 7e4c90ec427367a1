import { MalformedMessage } from '../protocol/bytes.ts'
import { PartFlag, type PartFrame } from '../protocol/frames.ts'

/** Puts a long frame together from its parts, which follow each other in order. */
export class Assembly {
  private readonly bytesMax: number
  private whole: Buffer | undefined
  private length = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /**
   * Takes the next part. Returns the whole frame once it is there.
   *
   * @throws MalformedMessage for a part that does not fit
   */
  add(part: PartFrame): Buffer | undefined {
    if ((part.flags & PartFlag.abandoned) !== 0) {
      this.reset()
      return undefined
    }
    if ((part.flags & PartFlag.first) !== 0) this.begin(part.total)
    const { whole } = this
    if (
      whole === undefined ||
      part.total !== whole.length ||
      this.length + part.payload.length > whole.length
    ) {
      throw new MalformedMessage('a part of a frame does not fit')
    }
    whole.set(part.payload, this.length)
    this.length += part.payload.length
    if ((part.flags & PartFlag.last) === 0) return undefined
    if (this.length !== whole.length) throw new MalformedMessage('a frame came without all of its parts')
    this.reset()
    return whole
  }

  reset(): void {
    this.whole = undefined
    this.length = 0
  }

  private begin(total: number): void {
    if (this.whole !== undefined) throw new MalformedMessage('a frame began before the last one was whole')
    if (total > this.bytesMax) throw new MalformedMessage(`a frame of ${total} bytes is too long`)
    // Not touched before its bytes come: a claim alone costs address space, not memory.
    this.whole = Buffer.allocUnsafeSlow(total)
  }
}
