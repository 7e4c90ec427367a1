import { ByteWriter } from '../protocol/bytes.ts'
import {
  FrameType,
  frameHeaderBytes,
  PartFlag,
  writeFrameHead,
  type Frame,
  type PartFrame
} from '../protocol/frames.ts'
import { prefixOf, splitAboveBytes } from '../protocol/long-bytes.ts'
import { emptyPayload } from '../protocol/values.ts'
import { Fifo } from './fifo.ts'

/** What one part carries. */
export const partBytes = 32 * 1024

interface Entry {
  readonly frame: Frame
  /** What later frames are kept behind this one; undefined when order does not matter. */
  readonly key: string | undefined
  /** The frame but for its payload; written with the first part. */
  head: Buffer | undefined
  /** Bytes of head and payload that are in parts already. */
  offset: number
}

const headWriter = new ByteWriter(1024)

/**
 * Long frames on their way in parts, one frame after the other, so that short ones can pass between the parts.
 * What must not overtake a long frame (an event behind an event of the same container, an item behind an item
 * of the same stream) waits here behind it.
 */
export class BulkQueue {
  private readonly entries = new Fifo<Entry>()
  private readonly keys = new Map<string, number>()

  get length(): number {
    return this.entries.length
  }

  /** Whether this frame has to go through here: it is long, or comes behind one that it must not overtake. */
  takes(frame: Frame): boolean {
    if (frame.payload.length > splitAboveBytes) return true
    if (this.keys.size === 0) return false
    const key = orderKey(frame)
    return key !== undefined && this.keys.has(key)
  }

  push(frame: Frame): void {
    const key = orderKey(frame)
    if (key !== undefined) this.keys.set(key, (this.keys.get(key) ?? 0) + 1)
    this.entries.push({ frame, key, head: undefined, offset: 0 })
  }

  /** The frame whose turn it is. */
  peek(): Frame | undefined {
    return this.entries.peek()?.frame
  }

  /** Whether parts of the frame whose turn it is have left. */
  get hasBegun(): boolean {
    return (this.entries.peek()?.offset ?? 0) > 0
  }

  /** The frame whose turn it was needs no more turns. */
  shift(): void {
    const entry = this.entries.shift()
    if (entry?.key === undefined) return
    const count = (this.keys.get(entry.key) ?? 1) - 1
    if (count === 0) this.keys.delete(entry.key)
    else this.keys.set(entry.key, count)
  }

  /** The next part of the frame whose turn it is. */
  nextPart(): PartFrame {
    const entry = this.entries.peek() as Entry
    const { frame } = entry
    entry.head ??= headOf(frame)
    const { head, offset } = entry
    const total = head.length + frame.payload.length
    const end = Math.min(total, offset + partBytes)
    const flags = (offset === 0 ? PartFlag.first : 0) | (end === total ? PartFlag.last : 0)
    entry.offset = end
    // The head goes whole into the first part, which is much longer.
    const payload = frame.payload.subarray(Math.max(0, offset - head.length), end - head.length)
    return { type: FrameType.part, flags, total, head: offset === 0 ? head : emptyPayload, payload }
  }

  reset(): Frame[] {
    const frames = [...this.entries].map(({ frame }) => frame)
    this.entries.clear()
    this.keys.clear()
    return frames
  }
}

function headOf(frame: Frame): Buffer {
  headWriter.length = 0
  writeFrameHead(headWriter, frame)
  const prefix = prefixOf(frame.payload)
  if (prefix !== undefined) {
    headWriter.reserve(prefix.length)
    headWriter.bytes(prefix)
    headWriter.setU32(1, headWriter.length - frameHeaderBytes + frame.payload.length)
  }
  return Buffer.from(headWriter.buffer.subarray(0, headWriter.length))
}

function orderKey(frame: Frame): string | undefined {
  if (frame.type === FrameType.send) return `${frame.channel}\n${frame.target}\n${frame.origin}`
  if (frame.type === FrameType.item || frame.type === FrameType.end) return `${frame.side}\n${frame.id}`
  return undefined
}
