import { ByteWriter } from '../protocol/bytes.ts'
import {
  batchHeaderBytes,
  beginBatch,
  FrameType,
  PartFlag,
  sealBatch,
  writeFrameHead,
  type Frame,
  type PartFrame,
  type RequestFrame
} from '../protocol/frames.ts'
import { splitAboveBytes, takeRoom } from '../protocol/long-bytes.ts'
import { emptyPayload } from '../protocol/values.ts'
import { BulkQueue } from './bulk-queue.ts'
import { Fifo } from './fifo.ts'
import { MessageMemory } from './message-memory.ts'

/** A batch that has been numbered and is kept until the other side acknowledges it. */
interface Batch {
  readonly sequence: number
  readonly bytes: Buffer
  /** Whether it is a part of a long frame: few of those are on their way at once. */
  readonly bulk: boolean
  /** How many connections have been given it. */
  sent: number
}

/** What an {@link Outbox} needs from the session around it. */
export interface OutboxOptions {
  /** Asks for a call of `flush` at the end of this turn. */
  readonly scheduleFlush: () => void
  /** The last batch received from the other side: acknowledged in every batch that leaves. */
  readonly received: () => number
  /** Told when a frame has been put into a batch, and into which. */
  readonly onWritten: (frame: Frame, sequence: number) => void
  /** Nothing waits any more, and the window is open. */
  readonly onDrained: () => void
  /** What is left of a request's time once it has waited. */
  readonly remainingMs: (frame: RequestFrame) => number
}

/** A batch is full once it is this long; a long payload gets a batch of its own. */
const batchBytesTarget = 16 * 1024
/** A full batch leaves once this much has been written beyond it: a few frames are not worth a message of their own. */
const nextBatchBytesMin = 4 * 1024
const payloadInlineMax = 16 * 1024
/** What a session starts with; it grows with use. */
const writerBytes = 1024
/**
 * Parts of long frames that are on their way at once: what a short frame may have to wait behind. One part
 * while there are short frames; many once there has been none for a while.
 */
const bulkWindowBytes = { beside: 1, alone: 512 * 1024 }
/** Parts without a short frame between them after which a long frame counts as alone. */
const partsAlone = 64
/** Batches on their way at once, besides the window in bytes. */
const unacknowledgedBatchesMax = 2048

// One writer serves all sessions: a batch is copied out of it before anything else can write.
const headWriter = new ByteWriter(1024)

/**
 * The sending half of a session: puts frames into batches, numbers the batches, and keeps each until it is
 * acknowledged, so that a new connection can go on where the old one broke.
 *
 * - Every frame written in one turn leaves in one transport message; a long one closes its batch at once.
 * - Within the receiver's window only: frames beyond it wait here, in order (I11).
 *
 * Inputs: `put`, `acknowledge`, `attach`, `detach`, `flush`, `reset`.
 */
export class Outbox {
  /** Bytes, roughly, of what waits for the window or for a connection. */
  waitingBytes = 0
  /** How often the window was found shut by something that had to leave, since the start. */
  stalls = 0
  /** For long payloads that are sent once, to this peer alone. */
  readonly memory = new MessageMemory()

  private readonly options: OutboxOptions
  private readonly writer = new ByteWriter(writerBytes)
  private readonly waiting = new Fifo<Frame>()
  private readonly batches = new Fifo<Batch>()
  private unacknowledgedBytes = 0
  private bulkBytes = 0
  private partsSinceShort = 0
  private readonly bulk = new BulkQueue()
  private nextSequence = 1
  private transmitted = 0
  private windowBytes = 0
  private transmit: ((message: Uint8Array) => void) | undefined
  private copies = false
  private flushScheduled = false
  /** Where the batch that is being written became full; 0 when it is not. */
  private fullAt = 0
  /** What was written since. */
  private beyond: Frame[] = []
  private withdrawnFrames = 0

  constructor(options: OutboxOptions) {
    this.options = options
    beginBatch(this.writer)
  }

  /** The highest batch that was ever given to a connection: what is beyond has surely not arrived. */
  get transmittedSequence(): number {
    return this.transmitted
  }

  get waitingFrames(): number {
    return this.waiting.length + this.bulk.length
  }

  /** Bytes of the batch that is being written. */
  get writtenBytes(): number {
    return this.writer.length
  }

  /** Batches that are kept for want of an acknowledgement. */
  get unacknowledgedBatches(): number {
    return this.batches.length
  }

  /** Whether a frame put now is written at once, rather than waiting. */
  get open(): boolean {
    return (
      this.transmit !== undefined &&
      this.unacknowledgedBytes < this.windowBytes &&
      this.batches.length < unacknowledgedBatchesMax
    )
  }

  /** Takes a frame. It leaves at the end of this turn if the window is open and nothing waits before it. */
  put(frame: Frame): void {
    if (this.bulk.takes(frame)) {
      this.bulk.push(frame)
      this.waitingBytes += weightOf(frame)
      this.pumpBulk()
      return
    }
    if (this.waiting.length === 0 && this.open) {
      this.write(frame)
      return
    }
    if (this.waiting.length === 0 && this.transmit !== undefined) this.stalls++
    this.waiting.push(frame)
    this.waitingBytes += weightOf(frame)
  }

  /** Nobody waits any longer for this request, which waits here: it need not leave, and lets its payload go. */
  withdraw(frame: RequestFrame): void {
    this.waitingBytes -= frame.payload.length
    frame.withdrawn = true
    frame.payload = emptyPayload
    // Without a connection nothing drains, and requests that timed out would pile up.
    if (++this.withdrawnFrames > 256 && this.withdrawnFrames * 2 > this.waiting.length) this.compact()
  }

  /** The other side has every batch up to `sequence`. */
  acknowledge(sequence: number): void {
    const { batches } = this
    let batch = batches.peek()
    if (batch === undefined || batch.sequence > sequence) return
    while (batch !== undefined && batch.sequence <= sequence) {
      this.unacknowledgedBytes -= batch.bytes.length
      if (batch.bulk) this.bulkBytes -= batch.bytes.length
      // Of one that two connections were given, the other may still be sending. Short ones are not from there.
      if (batch.bytes.length > payloadInlineMax && this.copies && batch.sent === 1) {
        this.memory.release(batch.bytes)
      }
      batches.shift()
      batch = batches.peek()
    }
    this.pump()
  }

  /**
   * A connection is there: sends again what the other side does not have, then what waits.
   *
   * @param copies whether nobody looks at a message here any more once the other side has received it
   */
  attach(
    transmit: (message: Uint8Array) => void,
    windowBytes: number,
    received: number,
    copies = false
  ): void {
    // Without a connection yet: nothing that waits may overtake what is sent again.
    this.detach()
    this.acknowledge(received)
    for (const batch of this.batches) {
      this.transmitted = Math.max(this.transmitted, batch.sequence)
      batch.sent++
      transmit(batch.bytes)
    }
    this.transmit = transmit
    this.copies = copies
    this.windowBytes = windowBytes
    this.pump()
    this.flush()
  }

  /** The connection has gone; what is not acknowledged stays for the next one. */
  detach(): void {
    this.transmit = undefined
  }

  /**
   * The other side has forgotten the session: numbering starts anew and nothing sent is sent again. Returns
   * the frames that never were in a batch, in order.
   */
  reset(): Frame[] {
    const rest = [...this.waiting, ...this.bulk.reset()]
    this.bulkBytes = 0
    this.waiting.clear()
    this.waitingBytes = 0
    this.withdrawnFrames = 0
    this.batches.clear()
    this.unacknowledgedBytes = 0
    this.nextSequence = 1
    this.transmitted = 0
    this.transmit = undefined
    this.memory.clear()
    this.begin()
    return rest
  }

  /** Sends what was written in this turn. */
  flush(): void {
    this.flushScheduled = false
    if (this.writer.length > batchHeaderBytes) this.seal()
  }

  private compact(): void {
    this.waiting.keep((frame) => !isWithdrawn(frame))
    this.waitingBytes = 0
    for (const frame of this.waiting) this.waitingBytes += weightOf(frame)
    this.withdrawnFrames = 0
  }

  private write(frame: Frame): void {
    this.partsSinceShort = 0
    const { payload } = frame
    if (payload.length > payloadInlineMax) {
      this.writeAlone(frame)
      return
    }
    const { writer } = this
    writeFrameHead(writer, frame)
    writer.reserve(payload.length)
    writer.bytes(payload)
    this.options.onWritten(frame, this.nextSequence)
    if (this.fullAt > 0) this.beyond.push(frame)
    else if (writer.length >= batchBytesTarget) this.fullAt = writer.length
    if (this.fullAt > 0 && writer.length >= this.fullAt + nextBatchBytesMin) {
      this.split()
    } else if (!this.flushScheduled) {
      this.flushScheduled = true
      this.options.scheduleFlush()
    }
  }

  /** A long payload is copied once, into a batch that is made for it. */
  private writeAlone(frame: Frame): void {
    this.flush()
    beginBatch(headWriter)
    writeFrameHead(headWriter, frame)
    const { length } = headWriter
    const room = takeRoom(frame.payload, length)
    const bytes = room ?? this.memory.take(length + frame.payload.length)
    headWriter.buffer.copy(bytes, 0, 0, length)
    if (room === undefined) bytes.set(frame.payload, length)
    this.options.onWritten(frame, this.nextSequence)
    this.dispatch(bytes, frame.type === FrameType.part)
  }

  private begin(): void {
    beginBatch(this.writer)
    this.fullAt = 0
    this.beyond = []
  }

  private seal(): void {
    const bytes = this.copyWritten(this.writer.length)
    this.begin()
    this.dispatch(bytes, false)
  }

  /** Sends the batch as it was when it became full; what was written beyond begins the next one. */
  private split(): void {
    const { writer, fullAt, beyond } = this
    const bytes = this.copyWritten(fullAt)
    const rest = this.writer.buffer.subarray(fullAt, writer.length)
    this.begin()
    writer.bytes(rest)
    if (writer.length >= batchBytesTarget) this.fullAt = writer.length
    for (const frame of beyond) this.options.onWritten(frame, this.nextSequence + 1)
    this.dispatch(bytes, false)
  }

  private copyWritten(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    this.writer.buffer.copy(bytes, 0, 0, length)
    return bytes
  }

  private dispatch(bytes: Buffer, bulk: boolean): void {
    const sequence = this.nextSequence++
    sealBatch(bytes, sequence, this.options.received())
    const batch: Batch = { sequence, bytes, bulk, sent: 0 }
    this.batches.push(batch)
    if (bulk) this.bulkBytes += bytes.length
    this.unacknowledgedBytes += bytes.length
    if (this.transmit === undefined) return
    this.transmitted = sequence
    batch.sent++
    this.transmit(bytes)
  }

  /** Writes waiting frames while the window is open. */
  private pump(): void {
    const { waiting } = this
    while (waiting.length > 0 && this.open) {
      const frame = waiting.shift() as Frame
      this.waitingBytes -= weightOf(frame)
      if (frame.type === FrameType.request) {
        if (frame.withdrawn) {
          this.withdrawnFrames--
          continue
        }
        frame.timeoutMs = this.options.remainingMs(frame)
      }
      this.write(frame)
    }
    this.pumpBulk()
    if (this.waitingFrames === 0 && this.open) this.options.onDrained()
  }

  /** Writes parts of long frames while few enough of them are on their way. */
  private pumpBulk(): void {
    const { bulk } = this
    for (let frame = bulk.peek(); frame !== undefined; frame = bulk.peek()) {
      if (!this.open || this.bulkBytes >= this.bulkWindow || this.waiting.length > 0) return
      if (isWithdrawn(frame)) {
        if (bulk.hasBegun) this.writeAlone(abandoned)
        this.leaveBulk(frame)
      } else if (frame.payload.length <= splitAboveBytes) {
        this.leaveBulk(frame)
        this.write(frame)
      } else {
        const part = bulk.nextPart()
        if ((part.flags & PartFlag.last) !== 0) {
          this.leaveBulk(frame)
          this.options.onWritten(frame, this.nextSequence)
        }
        this.writeAlone(part)
        this.partsSinceShort++
      }
    }
  }

  private get bulkWindow(): number {
    return this.partsSinceShort > partsAlone ? bulkWindowBytes.alone : bulkWindowBytes.beside
  }

  private leaveBulk(frame: Frame): void {
    this.bulk.shift()
    this.waitingBytes -= weightOf(frame)
    if (isWithdrawn(frame)) this.withdrawnFrames--
  }
}

/** The frame that was on its way in parts is not wanted any more. */
const abandoned: PartFrame = {
  type: FrameType.part,
  flags: PartFlag.abandoned,
  total: 0,
  head: emptyPayload,
  payload: emptyPayload
}

function isWithdrawn(frame: Frame): boolean {
  return frame.type === FrameType.request && frame.withdrawn
}

/** What a waiting frame counts: its payload, and what the frame itself takes at least. */
function weightOf(frame: Frame): number {
  return frame.payload.length + 128
}
