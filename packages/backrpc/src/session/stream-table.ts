import type { Clock } from '../clock.ts'
import type { ErrorFactory } from '../errors.ts'
import { MalformedMessage } from '../protocol/bytes.ts'
import { decodeFailure, encodeFailure } from '../protocol/failures.ts'
import {
  FrameType,
  type Address,
  type EndFrame,
  type Frame,
  type OpenStreamFrame,
  type StreamFrame,
  type StreamSide
} from '../protocol/frames.ts'
import { durationMsMax } from '../protocol/limits.ts'
import { emptyPayload } from '../protocol/values.ts'
import { SessionStream, type IncomingStream, type StreamPort } from './stream.ts'

/** What the streams of a session need of it. */
export interface StreamTableOptions {
  readonly clock: Clock
  readonly errors: ErrorFactory
  /** Streams that the peer may open. */
  readonly streamsMax: number
  readonly put: (frame: Frame) => void
  readonly deliver: (incoming: IncomingStream) => void
  /** Looks at a payload before it is sent; throws `MESSAGE_TOO_LARGE`. */
  readonly checkSize: (payload: Uint8Array) => void
}

/** A frame that opens a stream, but for what the table fills in. */
export type StreamRequest = Omit<OpenStreamFrame, 'type' | 'id'>

interface Entry {
  readonly stream: SessionStream
  readonly address: Address
  cancelTimer: (() => void) | undefined
}

/** The streams of a session, by whose ids they bear. */
export class StreamTable {
  private readonly options: StreamTableOptions
  /** Opened here. */
  private readonly outgoing = new Map<number, Entry>()
  /** Opened by the peer. */
  private readonly incoming = new Map<number, Entry>()
  private readonly port: StreamPort
  private nextId = 1

  constructor(options: StreamTableOptions) {
    this.options = options
    this.port = {
      item: (stream, payload) => {
        options.checkSize(payload)
        options.put({ type: FrameType.item, id: stream.id, side: sideOf(stream), payload })
      },
      end: (stream, error) => {
        const payload = error === undefined ? emptyPayload : encodeFailure(error)
        options.put({ type: FrameType.end, id: stream.id, side: sideOf(stream), payload })
        this.forgetIfClosed(stream)
      },
      credit: (stream, bytes) => {
        options.put({
          type: FrameType.credit,
          id: stream.id,
          side: sideOf(stream),
          bytes,
          payload: emptyPayload
        })
      }
    }
  }

  /** Streams that are open, whoever has opened them. */
  get size(): number {
    return this.outgoing.size + this.incoming.size
  }

  /** @throws `OVERLOADED` when the peer takes no more streams */
  open(request: StreamRequest, streamsMax: number): SessionStream {
    const { errors, clock } = this.options
    if (this.outgoing.size >= streamsMax) {
      throw errors('OVERLOADED', `${this.outgoing.size} streams are open already`, {
        retryable: true,
        overloaded: true
      })
    }
    const stream = new SessionStream(this.takeId(), true, { write: 0, read: request.credit }, this.port)
    const entry: Entry = { stream, address: request, cancelTimer: undefined }
    this.outgoing.set(stream.id, entry)
    if (request.timeoutMs > 0) {
      entry.cancelTimer = clock.after(Math.min(request.timeoutMs, durationMsMax), () => {
        const message = `stream '${request.operation}' did not end within ${Math.round(request.timeoutMs)} ms`
        stream.cancel(errors('TIMEOUT', message, { outcomeUnknown: true }))
      })
    }
    this.options.put({ type: FrameType.openStream, id: stream.id, ...request })
    return stream
  }

  receive(frame: StreamFrame): void {
    if (frame.type === FrameType.openStream) {
      this.receiveOpen(frame)
      return
    }
    const table = frame.side === 'opener' ? this.incoming : this.outgoing
    const stream = table.get(frame.id)?.stream
    // Unknown: it was over on this side while that was under way.
    if (stream === undefined) return
    switch (frame.type) {
      case FrameType.item:
        stream.receiveItem(frame.payload)
        return
      case FrameType.credit:
        stream.receiveCredit(frame.bytes)
        return
      case FrameType.end:
        this.receiveEnd(stream, frame)
        return
    }
  }

  /** The streams that were opened here for such a target. */
  matching(matches: (address: Address) => boolean): SessionStream[] {
    return [...this.outgoing.values()].filter(({ address }) => matches(address)).map(({ stream }) => stream)
  }

  /** Closes everything, as its other end will never speak again. */
  closeAll(reason: Error): void {
    const entries = [...this.outgoing.values(), ...this.incoming.values()]
    this.outgoing.clear()
    this.incoming.clear()
    for (const { stream, cancelTimer } of entries) {
      cancelTimer?.()
      stream.close(reason)
    }
  }

  private receiveOpen(frame: OpenStreamFrame): void {
    const { errors, clock } = this.options
    if (this.incoming.has(frame.id)) throw new MalformedMessage(`stream ${frame.id} is open already`)
    const stream = new SessionStream(frame.id, false, { write: frame.credit, read: 0 }, this.port)
    this.incoming.set(frame.id, { stream, address: frame, cancelTimer: undefined })
    if (this.incoming.size > this.options.streamsMax) {
      const why = `${this.incoming.size} streams of this session are open`
      stream.end(errors('OVERLOADED', why, { retryable: true, overloaded: true }))
      return
    }
    const { channel, target, operation, origin, headers, payload, credit, input, timeoutMs } = frame
    const deadline = timeoutMs === 0 ? Infinity : clock.now() + timeoutMs
    this.options.deliver({
      stream,
      channel,
      target,
      operation,
      origin,
      headers,
      payload,
      credit,
      input,
      deadline
    })
  }

  private receiveEnd(stream: SessionStream, frame: EndFrame): void {
    stream.receiveEnd(
      frame.payload.length === 0 ? undefined : decodeFailure(frame.payload, this.options.errors)
    )
    this.forgetIfClosed(stream)
  }

  private forgetIfClosed(stream: SessionStream): void {
    if (!stream.closed) return
    const table = stream.opener ? this.outgoing : this.incoming
    table.get(stream.id)?.cancelTimer?.()
    table.delete(stream.id)
  }

  private takeId(): number {
    do {
      this.nextId = this.nextId >= 0xffffffff ? 1 : this.nextId + 1
    } while (this.outgoing.has(this.nextId))
    return this.nextId
  }
}

function sideOf(stream: SessionStream): StreamSide {
  return stream.opener ? 'opener' : 'server'
}
