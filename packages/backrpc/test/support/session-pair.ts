import { rpcError } from '../../src/errors.ts'
import type { SendFrame } from '../../src/protocol/frames.ts'
import { defaultSessionLimits, type SessionLimits } from '../../src/protocol/limits.ts'
import { encodeValue, decodeValue } from '../../src/protocol/values.ts'
import type { IncomingCall } from '../../src/session/incoming-call.ts'
import { Session, type CallOptions } from '../../src/session/session.ts'
import type { IncomingStream } from '../../src/session/stream.ts'
import { FakeClock } from './fake-clock.ts'
import { Turns } from './turns.ts'

/** How a call ended. */
export interface Outcome {
  readonly error?: Error & { code?: string; outcomeUnknown?: boolean; retryable?: boolean; details?: unknown }
  readonly value?: unknown
}

/** Cancels a call. */
export type Cancel = (reason: Parameters<Session['cancel']>[1]) => void

/** A session whose wire a test delivers by hand. */
export class Side {
  readonly session: Session
  /** Messages on their way to the other side. */
  readonly wire: Uint8Array[] = []
  readonly calls: IncomingCall[] = []
  readonly sends: SendFrame[] = []
  /** What to do with a request; none: it hangs. */
  onRequest: ((call: IncomingCall) => void) | undefined
  /** What to do with a stream that the other side opens. */
  onStream: ((incoming: IncomingStream) => void) | undefined
  readonly limits: SessionLimits

  constructor(clock: FakeClock, turns: Turns, limits: Partial<SessionLimits>) {
    this.limits = { ...defaultSessionLimits, ...limits }
    this.session = new Session({
      clock,
      errors: rpcError,
      limits: this.limits,
      defer: turns.defer,
      handler: {
        request: (call) => {
          this.calls.push(call)
          this.onRequest?.(call)
        },
        send: (frame) => this.sends.push(frame),
        stream: (incoming) => this.onStream?.(incoming)
      }
    })
  }

  /** Calls the other side; the outcome is filled in once it is settled. */
  ask(data: unknown, options: Partial<CallOptions> = {}): { outcomes: Outcome[]; cancel: Cancel } {
    const outcomes: Outcome[] = []
    const payload = encodeValue(data, rpcError)
    const call: CallOptions = { operation: 'test', payload, timeoutMs: 30_000, ...options }
    const asked = this.session.call(call, (error, answer) => {
      outcomes.push(error === undefined ? { value: decodeValue(answer as Uint8Array, rpcError) } : { error })
    })
    return { outcomes, cancel: (reason) => this.session.cancel(asked, reason) }
  }

  tell(data: unknown): void {
    this.session.send({ operation: 'tell', payload: encodeValue(data, rpcError) })
  }

  /** The data of what was sent to this side, in the order of arrival. */
  get told(): unknown[] {
    return this.sends.map((frame) => decodeValue(frame.payload, rpcError))
  }
}

/** Two sessions, joined by two wires that carry only what `deliver` takes over. */
export class SessionPair {
  readonly clock = new FakeClock()
  readonly turns = new Turns()
  readonly left: Side
  readonly right: Side

  constructor(left: Partial<SessionLimits> = {}, right: Partial<SessionLimits> = left) {
    this.left = new Side(this.clock, this.turns, left)
    this.right = new Side(this.clock, this.turns, right)
    this.connect()
  }

  /** A connection is there, after a handshake. */
  connect(): void {
    const { left, right } = this
    const [receivedLeft, receivedRight] = [left.session.received, right.session.received]
    left.session.attach((message) => left.wire.push(message), right.limits, receivedRight)
    right.session.attach((message) => right.wire.push(message), left.limits, receivedLeft)
  }

  connectIfCut(): void {
    if (!this.left.session.attached) this.connect()
  }

  /** The connection is lost, with all that is under way. */
  cut(): void {
    for (const side of [this.left, this.right]) {
      side.session.detach()
      side.wire.length = 0
    }
  }

  /** Delivers to the right what the left has sent so far. Returns how many messages that were. */
  deliverRight(): number {
    return deliver(this.left, this.right)
  }

  deliverLeft(): number {
    return deliver(this.right, this.left)
  }

  /** Ends turns and delivers messages until nothing moves any more. */
  settle(): void {
    let moved = 1
    while (moved > 0 || this.turns.pending) {
      this.turns.end()
      moved = this.deliverRight() + this.deliverLeft()
    }
  }
}

function deliver(from: Side, to: Side): number {
  const messages = from.wire.splice(0)
  for (const message of messages) to.session.receive(message)
  return messages.length
}

/** Answers with what was asked. */
export const echo = (call: IncomingCall): void => call.respondRaw(call.rawPayload)
