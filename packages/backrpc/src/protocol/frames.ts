/**
 * The frames that travel inside a batch. A frame is `[type u8][length u32][body]`; a batch is
 * `[message type u8][sequence f64][acknowledged f64]` and frames.
 */

import { MalformedMessage, type ByteReader, type ByteWriter } from './bytes.ts'
import { durationMsMax, headersBytesMax } from './limits.ts'

/** The first byte of a transport message. */
export const MessageType = {
  hello: 1,
  welcome: 2,
  refused: 3,
  batch: 4,
  ack: 5,
  ping: 6,
  pong: 7,
  bye: 8
} as const

/** The first byte of a frame. */
export const FrameType = {
  request: 1,
  answer: 2,
  failure: 3,
  send: 4,
  cancel: 5,
  openStream: 6,
  item: 7,
  end: 8,
  credit: 9,
  part: 10
} as const

/** What a part of a long frame is. */
export const PartFlag = { first: 1, last: 2, abandoned: 4 } as const

/** Whom a request or send is for, and who speaks. */
export interface Address {
  /** Which of the peer's agents is meant; 0 is the peer itself. */
  readonly channel: number
  /** The container that is meant; empty for an operation of the peer itself. */
  readonly target: string
  readonly operation: string
  /** The client on whose behalf this is sent; empty when the sender speaks for itself. */
  readonly origin: string
  /** The encoded headers; empty when there are none. */
  readonly headers: Uint8Array
}

/** Asks for something; the receiver answers, fails, or is cancelled. */
export interface RequestFrame extends Address {
  readonly type: typeof FrameType.request
  readonly id: number
  /** What is left until the sender stops waiting, in milliseconds. */
  timeoutMs: number
  payload: Uint8Array
  /** Set when nobody waits for it any longer, and it has not left: it need not. */
  withdrawn: boolean
}

/** The result of a request. */
export interface AnswerFrame {
  readonly type: typeof FrameType.answer
  readonly id: number
  readonly payload: Uint8Array
}

/** The error of a request, encoded. */
export interface FailureFrame {
  readonly type: typeof FrameType.failure
  readonly id: number
  readonly payload: Uint8Array
}

/** Says something that is not answered. */
export interface SendFrame extends Address {
  readonly type: typeof FrameType.send
  readonly payload: Uint8Array
}

/** Whoever asked no longer waits. */
export interface CancelFrame {
  readonly type: typeof FrameType.cancel
  readonly id: number
  readonly payload: Uint8Array
}

/** Opens a stream: items may follow in both directions, each within the credit of the other side. */
export interface OpenStreamFrame extends Address {
  readonly type: typeof FrameType.openStream
  readonly id: number
  /** What is left until the opener stops waiting, in milliseconds; 0 when it waits for ever. */
  readonly timeoutMs: number
  /** Bytes of items that the opener takes from the start. */
  readonly credit: number
  /** Whether the opener sends items, too. */
  readonly input: boolean
  readonly payload: Uint8Array
}

/** Which side of a stream speaks: ids are counted by whoever opens. */
export type StreamSide = 'opener' | 'server'

/** One item of a stream. */
export interface ItemFrame {
  readonly type: typeof FrameType.item
  readonly id: number
  readonly side: StreamSide
  readonly payload: Uint8Array
}

/** One side of a stream has ended its half; with an error (the payload, encoded), both. */
export interface EndFrame {
  readonly type: typeof FrameType.end
  readonly id: number
  readonly side: StreamSide
  readonly payload: Uint8Array
}

/** One side of a stream takes that many bytes of items more. */
export interface CreditFrame {
  readonly type: typeof FrameType.credit
  readonly id: number
  readonly side: StreamSide
  readonly bytes: number
  readonly payload: Uint8Array
}

/** The frames of streams. */
export type StreamFrame = OpenStreamFrame | ItemFrame | EndFrame | CreditFrame

/** A piece of a frame that is too long to travel in one. Its pieces follow each other, in order. */
export interface PartFrame {
  readonly type: typeof FrameType.part
  readonly flags: number
  /** The length of the whole frame. */
  readonly total: number
  /** What comes before the payload in this piece: the whole frame's own head, in the first. Empty when read. */
  readonly head: Uint8Array
  readonly payload: Uint8Array
}

/** All frames. */
export type Frame =
  RequestFrame | AnswerFrame | FailureFrame | SendFrame | CancelFrame | StreamFrame | PartFrame

/** The type and the length of a frame. */
export const frameHeaderBytes = 5
/** What the fields of fixed size of one frame take, at most. */
const frameFixedBytes = 64
/** The batch's own header. */
export const batchHeaderBytes = 17

/** Starts a batch; {@link sealBatch} fills in what is known only when it leaves. */
export function beginBatch(writer: ByteWriter): void {
  writer.length = 0
  writer.reserve(batchHeaderBytes)
  writer.u8(MessageType.batch)
  writer.length = batchHeaderBytes
}

/** Completes the header of the batch in `buffer`. */
export function sealBatch(buffer: Buffer, sequence: number, acknowledged: number): void {
  buffer.writeDoubleLE(sequence, 1)
  buffer.writeDoubleLE(acknowledged, 9)
}

/** The part of a frame before its payload. The caller appends the payload, `frame.payload.length` bytes. */
export function writeFrameHead(writer: ByteWriter, frame: Frame): void {
  const start = writer.length
  writer.reserve(frameFixedBytes)
  writer.u8(frame.type)
  writer.length += 4
  switch (frame.type) {
    case FrameType.request:
      writer.u32(frame.id)
      writer.u32(Math.min(Math.max(0, Math.ceil(frame.timeoutMs)), durationMsMax))
      writeAddress(writer, frame)
      break
    case FrameType.send:
      writeAddress(writer, frame)
      break
    case FrameType.openStream:
      writer.u32(frame.id)
      writer.u32(Math.min(Math.max(0, Math.ceil(frame.timeoutMs)), durationMsMax))
      writer.u32(frame.credit)
      writer.u8(frame.input ? 1 : 0)
      writeAddress(writer, frame)
      break
    case FrameType.item:
    case FrameType.end:
      writer.u32(frame.id)
      writer.u8(frame.side === 'opener' ? 1 : 0)
      break
    case FrameType.credit:
      writer.u32(frame.id)
      writer.u8(frame.side === 'opener' ? 1 : 0)
      writer.u32(frame.bytes)
      break
    case FrameType.part:
      writer.u8(frame.flags)
      writer.u32(frame.total)
      writer.reserve(frame.head.length)
      writer.bytes(frame.head)
      break
    case FrameType.answer:
    case FrameType.failure:
    case FrameType.cancel:
      writer.u32(frame.id)
      break
  }
  writer.setU32(start + 1, writer.length - start - frameHeaderBytes + frame.payload.length)
}

function writeAddress(writer: ByteWriter, address: Address): void {
  const { origin, headers } = address
  // A UTF-16 unit takes three bytes of UTF-8 at most.
  writer.reserve(
    frameFixedBytes + 3 * (address.target.length + address.operation.length + origin.length) + headers.length
  )
  writer.u8((origin === '' ? 0 : 1) | (headers.length === 0 ? 0 : 2))
  writer.u32(address.channel)
  writer.text(address.target)
  writer.text(address.operation)
  if (origin !== '') writer.text(origin)
  if (headers.length > 0) {
    writer.u16(headers.length)
    writer.bytes(headers)
  }
}

const noBytes = new Uint8Array(0)

/**
 * Takes the next frame off a batch. Payloads and headers are views into the message.
 *
 * @throws MalformedMessage
 */
export function readFrame(reader: ByteReader): Frame {
  const type = reader.u8()
  const outer = reader.enter(reader.u32())
  const frame = readBody(reader, type)
  reader.leave(outer)
  return frame
}

function readBody(reader: ByteReader, type: number): Frame {
  switch (type) {
    case FrameType.request: {
      const id = reader.u32()
      const timeoutMs = reader.u32()
      const flags = reader.u8()
      return {
        type,
        id,
        timeoutMs,
        withdrawn: false,
        channel: reader.u32(),
        target: reader.text(),
        operation: reader.text(),
        origin: (flags & 1) === 0 ? '' : reader.text(),
        headers: (flags & 2) === 0 ? noBytes : readHeaders(reader),
        payload: reader.bytes(reader.remaining)
      }
    }
    case FrameType.send: {
      const flags = reader.u8()
      return {
        type,
        channel: reader.u32(),
        target: reader.text(),
        operation: reader.text(),
        origin: (flags & 1) === 0 ? '' : reader.text(),
        headers: (flags & 2) === 0 ? noBytes : readHeaders(reader),
        payload: reader.bytes(reader.remaining)
      }
    }
    case FrameType.answer:
    case FrameType.failure:
      return { type, id: reader.u32(), payload: reader.bytes(reader.remaining) }
    case FrameType.cancel:
      return { type, id: reader.u32(), payload: noBytes }
    case FrameType.openStream: {
      const id = reader.u32()
      const timeoutMs = reader.u32()
      const credit = reader.u32()
      const input = reader.u8() === 1
      const flags = reader.u8()
      return {
        type,
        id,
        timeoutMs,
        credit,
        input,
        channel: reader.u32(),
        target: reader.text(),
        operation: reader.text(),
        origin: (flags & 1) === 0 ? '' : reader.text(),
        headers: (flags & 2) === 0 ? noBytes : readHeaders(reader),
        payload: reader.bytes(reader.remaining)
      }
    }
    case FrameType.item:
    case FrameType.end:
      return { type, id: reader.u32(), side: readSide(reader), payload: reader.bytes(reader.remaining) }
    case FrameType.credit:
      return { type, id: reader.u32(), side: readSide(reader), bytes: reader.u32(), payload: noBytes }
    case FrameType.part: {
      const flags = reader.u8()
      return { type, flags, total: reader.u32(), head: noBytes, payload: reader.bytes(reader.remaining) }
    }
    default:
      throw new MalformedMessage(`no frame has type ${type}`)
  }
}

function readSide(reader: ByteReader): StreamSide {
  const side = reader.u8()
  if (side > 1) throw new MalformedMessage('a stream has two sides')
  return side === 1 ? 'opener' : 'server'
}

function readHeaders(reader: ByteReader): Uint8Array {
  const size = reader.u16()
  if (size > headersBytesMax) throw new MalformedMessage('headers are too long')
  return reader.bytes(size)
}
