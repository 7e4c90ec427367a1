import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, MalformedMessage } from '../../src/protocol/bytes.ts'
import {
  batchHeaderBytes,
  beginBatch,
  FrameType,
  MessageType,
  readFrame,
  sealBatch,
  writeFrameHead,
  type Frame
} from '../../src/protocol/frames.ts'
import { headersBytesMax } from '../../src/protocol/limits.ts'

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array.buffer, array.byteOffset, array.length))
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const text = fc.string({ unit: 'binary', maxLength: 200 })
const payload = bytes(300)
const side = fc.constantFrom('opener' as const, 'server' as const)
const address = {
  channel: u32,
  target: text,
  operation: text,
  origin: text,
  headers: fc.oneof(bytes(50), bytes(headersBytesMax))
}
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant(FrameType.request),
    id: u32,
    timeoutMs: fc.integer({ min: 0, max: 0x7fffffff }),
    withdrawn: fc.constant(false),
    ...address,
    payload
  }),
  fc.record({ type: fc.constant(FrameType.answer), id: u32, payload }),
  fc.record({ type: fc.constant(FrameType.failure), id: u32, payload }),
  fc.record({ type: fc.constant(FrameType.send), ...address, payload }),
  fc.record({ type: fc.constant(FrameType.cancel), id: u32, payload: fc.constant(Buffer.alloc(0)) }),
  fc.record({
    type: fc.constant(FrameType.openStream),
    id: u32,
    timeoutMs: fc.integer({ min: 0, max: 0x7fffffff }),
    credit: u32,
    input: fc.boolean(),
    ...address,
    payload
  }),
  fc.record({ type: fc.constant(FrameType.item), id: u32, side, payload }),
  fc.record({ type: fc.constant(FrameType.end), id: u32, side, payload }),
  fc.record({
    type: fc.constant(FrameType.credit),
    id: u32,
    side,
    bytes: u32,
    payload: fc.constant(Buffer.alloc(0))
  }),
  fc.record({
    type: fc.constant(FrameType.part),
    flags: fc.integer({ min: 0, max: 255 }),
    total: u32,
    head: fc.constant(new Uint8Array(0)),
    payload
  })
)

function writeBatch(frames: readonly Frame[], sequence = 1, acknowledged = 0): Buffer {
  const writer = new ByteWriter(32)
  beginBatch(writer)
  for (const each of frames) {
    writeFrameHead(writer, each)
    writer.reserve(each.payload.length)
    writer.bytes(each.payload)
  }
  const batch = Buffer.from(writer.buffer.subarray(0, writer.length))
  sealBatch(batch, sequence, acknowledged)
  return batch
}

function readBatch(batch: Uint8Array): { sequence: number; acknowledged: number; frames: Frame[] } {
  const reader = new ByteReader(batch, 1)
  const sequence = reader.sequence()
  const acknowledged = reader.sequence()
  const frames: Frame[] = []
  while (reader.remaining > 0) frames.push(readFrame(reader))
  return { sequence, acknowledged, frames }
}

/** Views compare by their class; what counts here is what they contain. */
function plain(each: Frame): object {
  const headers = 'headers' in each ? { headers: Buffer.from(each.headers) } : {}
  return { ...each, ...headers, payload: Buffer.from(each.payload) }
}

/** What a time is on the wire. */
function timeOf(timeoutMs: number): number | undefined {
  const none = { id: 1, withdrawn: false, channel: 0, target: '', operation: 'x', origin: '' }
  const bytes = new Uint8Array(0)
  const [read] = readBatch(
    writeBatch([{ type: FrameType.request, timeoutMs, ...none, headers: bytes, payload: bytes }])
  ).frames
  return read?.type === FrameType.request ? read.timeoutMs : undefined
}

function writeSend(target: string, headers: Uint8Array): Buffer {
  const rest = { channel: 0, operation: 'x', origin: '', payload: new Uint8Array(0) }
  return writeBatch([{ type: FrameType.send, target, headers, ...rest }])
}

/** What comes of bytes; anything but a MalformedMessage goes on. */
function attempt(batch: Uint8Array): 'read' | 'refused' {
  try {
    readBatch(batch)
    return 'read'
  } catch (error) {
    if (error instanceof MalformedMessage) return 'refused'
    throw error
  }
}

describe('frames', () => {
  it('arrive as they were written, in any number and order', () => {
    const whole = fc.maxSafeNat()
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), whole, whole, (frames, sequence, acknowledged) => {
        const batch = writeBatch(frames, sequence, acknowledged)
        expect(batch[0]).toBe(MessageType.batch)
        const read = readBatch(batch)
        expect(read.sequence).toBe(sequence)
        expect(read.acknowledged).toBe(acknowledged)
        expect(read.frames.map(plain)).toEqual(frames.map(plain))
      })
    )
  })

  it('carry times that are no whole milliseconds, or none, or too long, as the nearest there are', () => {
    expect([0.2, -5, 30_000, 1e12, Infinity].map(timeOf)).toEqual([1, 0, 30_000, 0x7fffffff, 0x7fffffff])
  })

  it('are refused when cut short, or followed by what is no frame', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), fc.nat(), (frames, at) => {
        const batch = writeBatch(frames)
        const starts = new Set([batchHeaderBytes])
        for (let index = 1; index < frames.length; index++)
          starts.add(writeBatch(frames.slice(0, index)).length)
        const length = 1 + (at % (batch.length - 1))
        if (starts.has(length)) return
        expect(() => readBatch(batch.subarray(0, length))).toThrow(MalformedMessage)
      })
    )
  })

  it('that are garbage, or have one bit flipped, raise nothing but MalformedMessage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(['read', 'refused']).toContain(attempt(garbage))
      }),
      { numRuns: 2000 }
    )
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), fc.nat(), (frames, bit) => {
        const batch = writeBatch(frames)
        const index = (bit >>> 3) % batch.length
        batch[index] = (batch[index] ?? 0) ^ (1 << (bit & 7))
        expect(['read', 'refused']).toContain(attempt(batch))
      }),
      { numRuns: 2000 }
    )
  })

  it('with a text or headers beyond the limits are refused', () => {
    expect(() => readBatch(writeSend('x'.repeat(2049), new Uint8Array(0)))).toThrow(MalformedMessage)
    expect(() => readBatch(writeSend('x', new Uint8Array(headersBytesMax + 1)))).toThrow(MalformedMessage)
  })
})
