import type { Clock } from '../clock.ts'
import type { ErrorFactory } from '../errors.ts'
import { ByteReader, MalformedMessage } from '../protocol/bytes.ts'
import { decodeFailure, encodeFailure } from '../protocol/failures.ts'
import {
  FrameType,
  MessageType,
  readFrame,
  type Address,
  type AnswerFrame,
  type PartFrame,
  type FailureFrame,
  type Frame,
  type RequestFrame,
  type SendFrame
} from '../protocol/frames.ts'
import { encodeHeaders } from '../protocol/headers.ts'
import {
  durationMsMax,
  headersBytesMax,
  messageOverheadBytes,
  textBytesMax,
  type SessionLimits
} from '../protocol/limits.ts'
import { emptyPayload, encodeValue } from '../protocol/values.ts'
import { Assembly } from './assembly.ts'
import { IncomingCall } from './incoming-call.ts'
import { Outbox } from './outbox.ts'
import { SlotTable } from './slot-table.ts'
import { StreamTable } from './stream-table.ts'
import type { IncomingStream, SessionStream } from './stream.ts'
import type { OutgoingCall, Settle } from './outgoing-call.ts'

/** What a session hands its deliveries to. Called synchronously; must not throw. */
export interface SessionHandler {
  /** A request has arrived; `call` must be settled at some time. */
  request(call: IncomingCall): void
  /** Something that needs no answer has arrived. */
  send(frame: SendFrame, session: Session): void
  /** A stream has been opened; its `events` must be set before this returns, or it must be ended. */
  stream?(incoming: IncomingStream, session: Session): void
}

/** What a session is made of. */
export interface SessionOptions {
  readonly clock: Clock
  readonly errors: ErrorFactory
  readonly handler: SessionHandler
  /** What this side accepts. */
  readonly limits: SessionLimits
  /**
   * Runs a function at the end of this turn of the event loop; when busy, once all that has arrived has been
   * handled: then more leaves at once.
   */
  readonly defer: (run: () => void, busy: boolean) => void
}

/** What is asked for, by its parts. */
export interface CallOptions {
  readonly operation: string
  readonly payload: Uint8Array
  /** Milliseconds until the caller stops waiting. */
  readonly timeoutMs: number
  readonly channel?: number | undefined
  readonly target?: string | undefined
  readonly origin?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Headers that are encoded already, when they only pass through. */
  readonly rawHeaders?: Uint8Array | undefined
  /** @default false */
  readonly idempotent?: boolean | undefined
}

/** What is said without waiting for an answer. */
export type SendOptions = Omit<CallOptions, 'timeoutMs' | 'idempotent'>

/** How a stream is opened. */
export interface OpenStreamOptions extends SendOptions {
  /** Milliseconds after which it is cancelled; 0 for never. @default 0 */
  readonly timeoutMs?: number
  /** Bytes of items that this side takes from the start. */
  readonly credit: number
  /** Whether this side sends items, too. @default false */
  readonly input?: boolean
}

/** With more requests on their way than this, a session is busy: a lone one leaves at once. */
const busyAbove = 4
/** A busy session does not wait for more once it has this much to say. */
const worthSendingBytes = 4096
const acknowledgeBatches = 64

/**
 * A conversation between two processes that outlives the connections under it. The same on both sides.
 *
 * - I7: every call settles once: answered, failed, timed out, cancelled, or `OUTCOME_UNKNOWN`.
 * - I8: batches are numbered, kept until acknowledged, and taken once: no request is dispatched twice.
 * - I11: everything that is kept has a bound, announced in the handshake.
 *
 * Inputs: `attach` and `detach` as connections come and go, `receive` for every message, `reset` when the
 * peer has forgotten this session, `end` when it is over. Commands: `call`, `send`, `abandon`. Nothing here
 * waits: time comes from the clock, and effects go out through the handler, the settles and the transmit
 * function that `attach` was given.
 */
export class Session {
  readonly clock: Clock
  readonly errors: ErrorFactory
  readonly limits: SessionLimits
  /** Free for the layer above: what it knows about this peer. */
  context: unknown

  private readonly handler: SessionHandler
  private readonly defer: SessionOptions['defer']
  private readonly outbox: Outbox
  private readonly outgoing = new SlotTable<OutgoingCall>()
  private readonly incoming = new SlotTable<IncomingCall>()
  private readonly streams: StreamTable
  /** Handlers that go on though their caller no longer waits. They keep their place until they settle. */
  private hung = 0
  /** Calls that wait for one of the peer's places. */
  private readonly queued = new Set<OutgoingCall>()
  private queuedBytes = 0
  private transmit: ((message: Uint8Array) => void) | undefined
  private peerLimits: SessionLimits
  private nextCallId = 1
  private receivedSequence = 0
  private acknowledgedSequence = 0
  private acknowledgedBytes = 0
  private windowBytes: number
  private endedBy: Error | undefined
  private readonly assembly: Assembly
  private timerAt = Infinity
  private cancelTimer: (() => void) | undefined
  private writableListeners: (() => void)[] = []

  constructor(options: SessionOptions) {
    this.clock = options.clock
    this.errors = options.errors
    this.handler = options.handler
    this.defer = options.defer
    this.limits = options.limits
    this.peerLimits = options.limits
    this.windowBytes = options.limits.windowBytes
    this.assembly = new Assembly(options.limits.payloadBytesMax + messageOverheadBytes)
    this.outbox = new Outbox({
      scheduleFlush: () => {
        const busy = this.outgoing.size + this.incoming.size > busyAbove
        options.defer(busy ? this.flushIfWorthIt : this.flush, false)
      },
      received: this.takeAcknowledgement,
      onWritten: this.noteWritten,
      remainingMs: this.remainingMs,
      onDrained: this.tellWritable
    })
    this.streams = new StreamTable({
      clock: options.clock,
      errors: options.errors,
      streamsMax: options.limits.streamsMax,
      put: (frame) => {
        if (this.endedBy === undefined) this.outbox.put(frame)
      },
      deliver: (incoming) => this.deliverStream(incoming),
      checkSize: (payload) => this.checkSize('an item', payload)
    })
  }

  /** The last batch received: what a resumed session goes on from. */
  get received(): number {
    return this.receivedSequence
  }

  /** Whether a connection carries it now. */
  get attached(): boolean {
    return this.transmit !== undefined
  }

  get ended(): boolean {
    return this.endedBy !== undefined
  }

  /** Calls of ours that are not settled. */
  get callsInFlight(): number {
    return this.outgoing.size + this.queued.size
  }

  /** Calls of the peer that are being handled, those that were cancelled included. */
  get callsHandled(): number {
    return this.incoming.size + this.hung
  }

  /** Streams that are open, whoever has opened them. */
  get openStreams(): number {
    return this.streams.size
  }

  /** Calls back once, when {@link writable} holds again; at the latest when the session is over. */
  whenWritable(callback: () => void): void {
    this.writableListeners.push(callback)
  }

  /** Whether what is said now leaves at once: the window is open and nothing waits. */
  get writable(): boolean {
    return this.outbox.open && this.outbox.waitingFrames === 0
  }

  /** Bytes of what waits for a place, the window or a connection. */
  get waitingBytes(): number {
    return this.outbox.waitingBytes + this.queuedBytes
  }

  /** How often the peer's window was found shut by something that had to leave, since the start. */
  get windowStalls(): number {
    return this.outbox.stalls
  }

  /** Batches that are kept because the peer has not acknowledged them. */
  get unacknowledgedBatches(): number {
    return this.outbox.unacknowledgedBatches
  }

  // Inputs

  /**
   * A connection is there, and the handshake done.
   *
   * @param copies whether nobody looks at a message here any more once the peer has received it
   */
  attach(
    transmit: (message: Uint8Array) => void,
    peerLimits: SessionLimits,
    peerReceived: number,
    copies = false
  ): void {
    this.transmit = transmit
    this.peerLimits = peerLimits
    // The smaller of the two, known to both: neither keeps more than it wants to, and the receiver
    // acknowledges in time for a small window.
    this.windowBytes = Math.min(peerLimits.windowBytes, this.limits.windowBytes)
    this.outbox.attach(transmit, this.windowBytes, peerReceived, copies)
    this.pumpQueued()
  }

  /** The connection has gone. */
  detach(): void {
    this.transmit = undefined
    this.outbox.detach()
  }

  /**
   * A message of a conversation has arrived.
   *
   * @throws MalformedMessage when it is none, or one is missing before it: the connection must then end
   */
  receive(message: Uint8Array): void {
    switch (message[0]) {
      case MessageType.batch:
        this.receiveBatch(message)
        return
      case MessageType.ack:
        this.outbox.acknowledge(new ByteReader(message, 1).sequence())
        return
      case MessageType.ping:
        this.outbox.acknowledge(new ByteReader(message, 1).sequence())
        this.sendControl(MessageType.pong)
        return
      case MessageType.pong:
        this.outbox.acknowledge(new ByteReader(message, 1).sequence())
        return
      case undefined:
      default:
        throw new MalformedMessage(`no message has type ${message[0]}`)
    }
  }

  /** Asks for a sign of life, and acknowledges what has arrived. */
  ping(): void {
    this.sendControl(MessageType.ping)
  }

  /**
   * The peer has forgotten this session. What may have run there settles as `OUTCOME_UNKNOWN`; what has
   * surely not been dispatched, or is idempotent, is sent again over the next connection. What the peer had
   * asked for is cancelled: it will never hear an answer.
   */
  reset(): void {
    const transmitted = this.outbox.transmittedSequence
    const rest = this.outbox.reset()
    this.transmit = undefined
    this.receivedSequence = 0
    this.acknowledgedSequence = 0
    this.acknowledgedBytes = 0
    this.assembly.reset()
    const forgotten = this.errors('OUTCOME_UNKNOWN', 'the peer has forgotten this session')
    this.cancelIncoming(forgotten)
    this.streams.closeAll(forgotten)
    const lost: OutgoingCall[] = []
    for (const call of [...this.outgoing.values()].toSorted(bySequence)) {
      if (call.sequence === 0) continue
      if (call.sequence <= transmitted && !call.idempotent) {
        lost.push(call)
      } else {
        call.sequence = 0
        this.outbox.put(call.frame)
      }
    }
    for (const frame of rest) {
      const open = frame.type === FrameType.request && this.outgoing.has(frame.id)
      if (open || frame.type === FrameType.send) this.outbox.put(frame)
    }
    // Last: whoever is told may call, or cancel, at once.
    for (const call of lost) {
      this.settle(call, this.outcomeUnknown(call, 'the peer has lost this session'), undefined)
    }
  }

  /** The session is over: everything settles. */
  end(reason: Error): void {
    if (this.endedBy !== undefined) return
    this.endedBy = reason
    this.cancelTimer?.()
    const transmitted = this.outbox.transmittedSequence
    this.outbox.reset()
    this.transmit = undefined
    this.cancelIncoming(reason)
    this.streams.closeAll(reason)
    this.tellWritable()
    for (const call of [...this.outgoing.values(), ...this.queued]) {
      const sent = call.sequence > 0 && call.sequence <= transmitted
      this.settle(call, sent ? this.outcomeUnknown(call, reason.message) : reason, undefined)
    }
  }

  // Commands

  /**
   * A value as the payload of one frame to this peer, which is not sent again once it has arrived: its memory is
   * used for others then.
   *
   * @throws `NOT_SERIALIZABLE`
   */
  encodeForOne(value: unknown): Uint8Array {
    return encodeValue(value, this.errors, this.takeMemory)
  }

  /**
   * Asks the peer for something. `settle` is called exactly once, never synchronously for what was sent.
   *
   * @returns what {@link cancel} takes
   * @throws `OVERLOADED`, `MESSAGE_TOO_LARGE`, `INVALID_ARGUMENT`, or why the session ended
   */
  call(options: CallOptions, settle: Settle): OutgoingCall {
    this.check(options)
    if (!(options.timeoutMs >= 0)) throw this.errors('INVALID_ARGUMENT', 'timeoutMs must not be negative')
    if (this.queued.size >= this.limits.queuedRequestsMax) {
      throw this.overloaded(`${this.queued.size} requests wait already`)
    }
    const timeoutMs = Math.min(options.timeoutMs, durationMsMax)
    const frame: RequestFrame = {
      type: FrameType.request,
      id: this.takeCallId(),
      timeoutMs,
      channel: options.channel ?? 0,
      target: options.target ?? '',
      operation: options.operation,
      origin: options.origin ?? '',
      headers: options.rawHeaders ?? encodeHeaders(options.headers, this.errors),
      payload: options.payload,
      withdrawn: false
    }
    const call: OutgoingCall = {
      frame,
      settle,
      idempotent: options.idempotent ?? false,
      deadline: this.clock.now() + timeoutMs,
      sequence: 0,
      timeoutMs
    }
    if (call.deadline < this.timerAt) this.watchDeadlines(call.deadline)
    if (this.outgoing.size >= this.peerLimits.requestsMax) {
      this.queued.add(call)
      this.queuedBytes += frame.payload.length
    } else {
      this.outgoing.set(frame.id, call)
      this.outbox.put(frame)
    }
    return call
  }

  /**
   * Cancels a call, if it is not settled: it settles with `reason`. A function is told whether the call may
   * have run, or may yet.
   */
  cancel(call: OutgoingCall, reason: Error | ((outcomeUnknown: boolean) => Error)): void {
    if (!this.isOpen(call)) return
    this.withdraw(call, typeof reason === 'function' ? reason(isOnItsWay(call)) : reason)
  }

  /**
   * Says something that is not answered.
   *
   * @throws `OVERLOADED`, `MESSAGE_TOO_LARGE`, `INVALID_ARGUMENT`, or why the session ended
   */
  send(options: SendOptions): void {
    this.check(options)
    this.outbox.put({
      type: FrameType.send,
      channel: options.channel ?? 0,
      target: options.target ?? '',
      operation: options.operation,
      origin: options.origin ?? '',
      headers: options.rawHeaders ?? encodeHeaders(options.headers, this.errors),
      payload: options.payload
    })
  }

  /**
   * Opens a stream. Its `events` must be set in the same turn.
   *
   * @throws `OVERLOADED`, `MESSAGE_TOO_LARGE`, `INVALID_ARGUMENT`, or why the session ended
   */
  openStream(options: OpenStreamOptions): SessionStream {
    this.check(options)
    return this.streams.open(
      {
        timeoutMs: options.timeoutMs ?? 0,
        credit: options.credit,
        input: options.input ?? false,
        channel: options.channel ?? 0,
        target: options.target ?? '',
        operation: options.operation,
        origin: options.origin ?? '',
        headers: options.rawHeaders ?? encodeHeaders(options.headers, this.errors),
        payload: options.payload
      },
      this.peerLimits.streamsMax
    )
  }

  /**
   * Gives up on streams, and on calls whose answers will not come: what was sent settles as
   * `OUTCOME_UNKNOWN`, what was not as `NOT_SERVING`, so that its caller can go elsewhere.
   *
   * @param graceMs answers that are under way may still arrive in this time
   */
  abandon(matches: (address: Address) => boolean, why: string, graceMs = 0): void {
    const calls = [...this.outgoing.values(), ...this.queued].filter((call) => matches(call.frame))
    const streams = this.streams.matching(matches)
    const giveUp = (): void => {
      for (const stream of streams) {
        stream.cancel(this.errors('MOVED', `the stream has ended: ${why}`, { retryable: true }))
      }
      for (const call of calls) if (this.isOpen(call)) this.withdraw(call, this.abandoned(call, why))
    }
    if (graceMs === 0) giveUp()
    else if (calls.length > 0 || streams.length > 0) this.clock.after(graceMs, giveUp)
  }

  /** Lets what was written in this turn leave now. */
  readonly flush = (): void => {
    this.outbox.flush()
  }

  /** The turn ends, and there may be more to handle: what the other side can work on meanwhile leaves first. */
  private readonly flushIfWorthIt = (): void => {
    if (this.outbox.writtenBytes >= worthSendingBytes) this.outbox.flush()
    else this.defer(this.flush, true)
  }

  /** For {@link IncomingCall}. */
  answer(call: IncomingCall, payload: Uint8Array): void {
    if (payload.length > this.peerLimits.payloadBytesMax) {
      const size = `${payload.length} bytes, more than the ${this.peerLimits.payloadBytesMax} that the caller takes`
      this.failCall(call, this.errors('MESSAGE_TOO_LARGE', `the answer to '${call.operation}' has ${size}`))
      return
    }
    const { waitingBytes, waitingFrames } = this.outbox
    if (waitingFrames > 0 && waitingBytes + payload.length > this.limits.queuedBytesMax) {
      const size = `${waitingBytes} bytes of answers wait for the caller to read them`
      const message = `'${call.operation}' has run, but its answer was dropped: ${size}`
      this.failCall(call, this.errors('OVERLOADED', message, { overloaded: true, outcomeUnknown: true }))
      return
    }
    this.reply(call, { type: FrameType.answer, id: call.id, payload })
  }

  /** For {@link IncomingCall}. */
  failCall(call: IncomingCall, error: unknown): void {
    this.reply(call, { type: FrameType.failure, id: call.id, payload: encodeFailure(error) })
  }

  // What arrives

  private receiveBatch(message: Uint8Array): void {
    const reader = new ByteReader(message, 1)
    const sequence = reader.sequence()
    const acknowledged = reader.sequence()
    this.outbox.acknowledge(acknowledged)
    // Sent again after a reconnection, though it had arrived.
    if (sequence <= this.receivedSequence) return
    if (sequence !== this.receivedSequence + 1) {
      throw new MalformedMessage(`batch ${sequence} came after ${this.receivedSequence}`)
    }
    this.receivedSequence = sequence
    const now = this.clock.now()
    while (reader.remaining > 0) this.deliver(readFrame(reader), now)
    this.acknowledgedBytes += message.length
    if (
      sequence - this.acknowledgedSequence >= acknowledgeBatches ||
      this.acknowledgedBytes >= this.windowBytes / 4
    ) {
      this.sendControl(MessageType.ack)
    }
  }

  private deliver(frame: Frame, now: number): void {
    switch (frame.type) {
      case FrameType.request:
        this.receiveRequest(frame, now)
        return
      case FrameType.answer:
        this.receiveAnswer(frame)
        return
      case FrameType.failure:
        this.receiveFailure(frame)
        return
      case FrameType.send:
        this.handler.send(frame, this)
        return
      case FrameType.cancel:
        this.receiveCancel(frame.id)
        return
      case FrameType.openStream:
      case FrameType.item:
      case FrameType.end:
      case FrameType.credit:
        this.streams.receive(frame)
        return
      case FrameType.part:
        this.receivePart(frame, now)
        return
    }
  }

  private receivePart(part: PartFrame, now: number): void {
    // At once: the sender may be waiting for this to send the next.
    this.sendControl(MessageType.ack)
    const whole = this.assembly.add(part)
    if (whole === undefined) return
    const frame = readFrame(new ByteReader(whole))
    if (frame.type === FrameType.part) throw new MalformedMessage('a frame in parts is itself a part')
    this.deliver(frame, now)
  }

  private deliverStream(incoming: IncomingStream): void {
    if (this.handler.stream === undefined) {
      incoming.stream.end(this.errors('UNKNOWN_OPERATION', 'no streams are served here'))
    } else {
      this.handler.stream(incoming, this)
    }
  }

  private receiveRequest(frame: RequestFrame, now: number): void {
    if (this.incoming.has(frame.id)) throw new MalformedMessage(`request ${frame.id} is not settled yet`)
    if (this.callsHandled >= this.limits.requestsMax) {
      const error = this.overloaded(`${this.callsHandled} requests of this session are being handled`)
      this.outbox.put({ type: FrameType.failure, id: frame.id, payload: encodeFailure(error) })
      return
    }
    const call = new IncomingCall(this, frame, now)
    this.incoming.set(frame.id, call)
    this.handler.request(call)
  }

  private receiveAnswer(frame: AnswerFrame): void {
    const call = this.outgoing.get(frame.id)
    // Unknown: it was cancelled or timed out meanwhile.
    if (call !== undefined) this.settle(call, undefined, frame.payload)
  }

  private receiveFailure(frame: FailureFrame): void {
    const call = this.outgoing.get(frame.id)
    if (call !== undefined) this.settle(call, decodeFailure(frame.payload, this.errors), undefined)
  }

  private receiveCancel(id: number): void {
    const call = this.incoming.get(id)
    if (call === undefined) return
    this.incoming.delete(id)
    this.hung++
    call.cancel(this.errors('ABORTED', 'the caller no longer waits'))
  }

  // What leaves

  private reply(call: IncomingCall, frame: AnswerFrame | FailureFrame): void {
    if (this.incoming.get(call.id) === call) {
      this.incoming.delete(call.id)
      this.outbox.put(frame)
    } else if (call.leave()) {
      this.hung--
    }
  }

  private sendControl(type: number): void {
    if (this.transmit === undefined) return
    const message = Buffer.allocUnsafe(9)
    message[0] = type
    message.writeDoubleLE(this.takeAcknowledgement(), 1)
    this.transmit(message)
  }

  private readonly takeAcknowledgement = (): number => {
    this.acknowledgedSequence = this.receivedSequence
    this.acknowledgedBytes = 0
    return this.receivedSequence
  }

  private readonly takeMemory = (size: number): Buffer => this.outbox.memory.take(size)

  private readonly noteWritten = (frame: Frame, sequence: number): void => {
    if (frame.type !== FrameType.request) return
    const call = this.outgoing.get(frame.id)
    if (call !== undefined) call.sequence = sequence
  }

  private readonly remainingMs = (frame: RequestFrame): number => {
    const call = this.outgoing.get(frame.id)
    return call === undefined ? 0 : Math.max(0, call.deadline - this.clock.now())
  }

  private readonly tellWritable = (): void => {
    const listeners = this.writableListeners
    if (listeners.length === 0) return
    this.writableListeners = []
    for (const listener of listeners) listener()
  }

  // The life of a call

  private takeCallId(): number {
    do {
      this.nextCallId = this.nextCallId >= 0xffffffff ? 1 : this.nextCallId + 1
    } while (this.outgoing.has(this.nextCallId))
    return this.nextCallId
  }

  private isOpen(call: OutgoingCall): boolean {
    return this.outgoing.get(call.frame.id) === call || this.queued.has(call)
  }

  /** Nobody waits for this call any longer: says so to the peer if it may have arrived there. */
  private withdraw(call: OutgoingCall, error: Error): void {
    if (this.outgoing.get(call.frame.id) === call && this.endedBy === undefined) {
      if (call.sequence === 0) this.outbox.withdraw(call.frame)
      else this.outbox.put({ type: FrameType.cancel, id: call.frame.id, payload: emptyPayload })
    }
    this.settle(call, error, undefined)
  }

  /**
   * One timer for all calls, at the earliest deadline there was when it was set: most calls settle long before
   * theirs, and cost nothing here.
   */
  private watchDeadlines(at: number): void {
    this.cancelTimer?.()
    this.timerAt = at
    this.cancelTimer = this.clock.after(at - this.clock.now(), () => this.sweepDeadlines())
  }

  private sweepDeadlines(): void {
    this.cancelTimer = undefined
    this.timerAt = Infinity
    const now = this.clock.now()
    const due: OutgoingCall[] = []
    let next = Infinity
    for (const calls of [this.outgoing.values(), this.queued]) {
      for (const call of calls) {
        if (call.deadline <= now) due.push(call)
        else if (call.deadline < next) next = call.deadline
      }
    }
    // First: what is settled below may call again, with a deadline of its own.
    if (next < Infinity) this.watchDeadlines(next)
    due.sort((a, b) => a.deadline - b.deadline)
    for (const call of due) if (this.isOpen(call)) this.withdraw(call, this.timedOut(call, call.timeoutMs))
  }

  /** Settles a call, unless it is settled: whoever is told of one may cancel others in the same turn. */
  private settle(call: OutgoingCall, error: Error | undefined, payload: Uint8Array | undefined): void {
    if (this.outgoing.get(call.frame.id) === call) this.outgoing.delete(call.frame.id)
    else if (!this.unqueue(call)) return
    call.settle(error, payload)
    if (this.queued.size > 0) this.pumpQueued()
  }

  private unqueue(call: OutgoingCall): boolean {
    if (!this.queued.delete(call)) return false
    this.queuedBytes -= call.frame.payload.length
    return true
  }

  private pumpQueued(): void {
    if (this.endedBy !== undefined) return
    for (const call of this.queued) {
      if (this.outgoing.size >= this.peerLimits.requestsMax) return
      const { frame } = call
      this.unqueue(call)
      this.outgoing.set(frame.id, call)
      frame.timeoutMs = this.remainingMs(frame)
      this.outbox.put(frame)
    }
  }

  private cancelIncoming(reason: Error): void {
    const calls = [...this.incoming.values()]
    this.incoming.clear()
    this.hung += calls.length
    for (const call of calls) call.cancel(reason)
  }

  // Errors

  /** @throws `MESSAGE_TOO_LARGE` when the peer takes nothing so long */
  requireFits({ operation, payload }: Pick<SendOptions, 'operation' | 'payload'>): void {
    this.checkSize(`'${operation}'`, payload)
  }

  private check(options: SendOptions): void {
    if (this.endedBy !== undefined) throw this.endedBy
    const size = options.payload.length
    this.requireFits(options)
    const { waitingBytes } = this
    if (waitingBytes > 0 && waitingBytes + size > this.limits.queuedBytesMax) {
      throw this.overloaded(`${waitingBytes} bytes wait already`)
    }
    requireText(options.operation, 'operation', this.errors)
    if (options.target !== undefined) requireText(options.target, 'target', this.errors)
    if (options.origin !== undefined) requireText(options.origin, 'origin', this.errors)
    if (options.rawHeaders !== undefined && options.rawHeaders.length > headersBytesMax) {
      throw this.errors('INVALID_ARGUMENT', `headers are longer than ${headersBytesMax} bytes`)
    }
  }

  private checkSize(what: string, payload: Uint8Array): void {
    const { payloadBytesMax } = this.peerLimits
    if (payload.length <= payloadBytesMax) return
    const size = `${payload.length} bytes, more than the ${payloadBytesMax} that the peer takes`
    throw this.errors('MESSAGE_TOO_LARGE', `${what} carries ${size}`)
  }

  private overloaded(why: string): Error {
    return this.errors('OVERLOADED', `too much at once: ${why}`, { retryable: true, overloaded: true })
  }

  private abandoned(call: OutgoingCall, why: string): Error {
    if (isOnItsWay(call)) return this.outcomeUnknown(call, why)
    return this.errors('NOT_SERVING', `'${call.frame.operation}' was not sent: ${why}`, { retryable: true })
  }

  private outcomeUnknown(call: OutgoingCall, why: string): Error {
    return this.errors('OUTCOME_UNKNOWN', `'${call.frame.operation}' may or may not have run: ${why}`, {
      outcomeUnknown: true
    })
  }

  private timedOut(call: OutgoingCall, timeoutMs: number): Error {
    const sent = isOnItsWay(call)
    return this.errors(
      'TIMEOUT',
      `'${call.frame.operation}' was not answered within ${Math.round(timeoutMs)} ms`,
      {
        outcomeUnknown: sent,
        retryable: !sent
      }
    )
  }
}

/** In a batch, and so sent again until it arrives, even if no connection has carried it yet. */
function isOnItsWay(call: OutgoingCall): boolean {
  return call.sequence > 0
}

function requireText(value: string, what: string, errors: ErrorFactory): void {
  if (typeof value !== 'string') throw errors('INVALID_ARGUMENT', `${what} must be a string`)
  if (value.length > textBytesMax / 3 && Buffer.byteLength(value) > textBytesMax) {
    throw errors('INVALID_ARGUMENT', `${what} is longer than ${textBytesMax} bytes`)
  }
}

/** In the order in which they were sent. */
function bySequence(a: OutgoingCall, b: OutgoingCall): number {
  return a.sequence - b.sequence || a.frame.id - b.frame.id
}
