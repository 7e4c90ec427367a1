/** Reading and writing the fields of frames. Little-endian; texts are length-prefixed UTF-8. */

import { textBytesMax } from './limits.ts'
import { RecentTexts } from './recent-texts.ts'

/** A malformed message: raised by `ByteReader`, and the end of the connection that it came from. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

/** Appends fields to a buffer. Only {@link reserve} makes room: call it before a group of fields. */
export class ByteWriter {
  buffer: Buffer
  length = 0

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafeSlow(size)
  }

  /** Makes room for `size` bytes more. */
  reserve(size: number): void {
    const needed = this.length + size
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }

  u8(value: number): void {
    this.buffer[this.length++] = value
  }

  u16(value: number): void {
    this.buffer[this.length++] = value & 0xff
    this.buffer[this.length++] = value >>> 8
  }

  u32(value: number): void {
    this.setU32(this.length, value)
    this.length += 4
  }

  setU32(offset: number, value: number): void {
    const { buffer } = this
    buffer[offset] = value & 0xff
    buffer[offset + 1] = (value >>> 8) & 0xff
    buffer[offset + 2] = (value >>> 16) & 0xff
    buffer[offset + 3] = value >>> 24
  }

  f64(value: number): void {
    this.buffer.writeDoubleLE(value, this.length)
    this.length += 8
  }

  text(value: string): void {
    const { buffer } = this
    const start = this.length + 2
    const size = value.length
    // Most texts are short and ASCII: for those a loop beats the call into the runtime.
    if (size <= 64) {
      let index = 0
      for (; index < size; index++) {
        const unit = value.charCodeAt(index)
        if (unit > 0x7f) break
        buffer[start + index] = unit
      }
      if (index === size) {
        this.u16(size)
        this.length += size
        return
      }
    }
    const written = buffer.write(value, start, 'utf8')
    this.u16(written)
    this.length += written
  }

  bytes(value: Uint8Array): void {
    this.buffer.set(value, this.length)
    this.length += value.length
  }
}

const recentTexts = new RecentTexts()

/** Takes fields off a message, and never reads past its end. */
export class ByteReader {
  private readonly buffer: Buffer
  private offset: number
  private end: number

  constructor(message: Uint8Array, offset = 0) {
    this.buffer = Buffer.isBuffer(message)
      ? message
      : Buffer.from(message.buffer, message.byteOffset, message.byteLength)
    this.offset = offset
    this.end = this.buffer.length
  }

  get position(): number {
    return this.offset
  }

  get remaining(): number {
    return this.end - this.offset
  }

  u8(): number {
    const offset = this.take(1)
    return this.buffer[offset] as number
  }

  u16(): number {
    const offset = this.take(2)
    return (this.buffer[offset] as number) | ((this.buffer[offset + 1] as number) << 8)
  }

  u32(): number {
    const offset = this.take(4)
    const { buffer } = this
    return (
      ((buffer[offset] as number) |
        ((buffer[offset + 1] as number) << 8) |
        ((buffer[offset + 2] as number) << 16) |
        ((buffer[offset + 3] as number) << 24)) >>>
      0
    )
  }

  /** A sequence number: a whole number that is not negative. */
  sequence(): number {
    const value = this.buffer.readDoubleLE(this.take(8))
    if (!Number.isSafeInteger(value) || value < 0) throw new MalformedMessage('no sequence number')
    return value
  }

  text(bytesMax = textBytesMax): string {
    const size = this.u16()
    if (size > bytesMax) throw new MalformedMessage('a text is too long')
    const start = this.take(size)
    return recentTexts.read(this.buffer, start, start + size)
  }

  /** A view of the next bytes; no copy. */
  bytes(size: number): Uint8Array {
    const start = this.take(size)
    return this.buffer.subarray(start, start + size)
  }

  /** Limits what follows to the next `size` bytes; returns what to give to {@link leave}. */
  enter(size: number): number {
    if (size > this.end - this.offset) throw new MalformedMessage('a frame is longer than its message')
    const outer = this.end
    this.end = this.offset + size
    return outer
  }

  /** Skips what is left of what was entered. */
  leave(outer: number): void {
    this.offset = this.end
    this.end = outer
  }

  private take(size: number): number {
    const offset = this.offset
    if (offset + size > this.end) throw new MalformedMessage('a message is too short')
    this.offset = offset + size
    return offset
  }
}
