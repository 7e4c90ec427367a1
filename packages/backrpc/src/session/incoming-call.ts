import type { RequestFrame } from '../protocol/frames.ts'
import { decodeHeaders } from '../protocol/headers.ts'
import { decodeValue } from '../protocol/values.ts'
import type { Session } from './session.ts'

/**
 * A request that has arrived. Exactly one of `respond`, `respondRaw` and `fail` settles it; what comes
 * later, or after it was cancelled, is dropped.
 */
export class IncomingCall {
  readonly session: Session
  /** When the caller stops waiting, by this session's clock. */
  readonly deadline: number
  /** Whatever the handler's own layer wants to know when the caller no longer waits. */
  onCancel: (() => void) | undefined

  private readonly frame: RequestFrame
  private controller: AbortController | undefined
  private cancelReason: Error | undefined
  private hung = false

  constructor(session: Session, frame: RequestFrame, now: number) {
    this.session = session
    this.frame = frame
    this.deadline = now + frame.timeoutMs
  }

  /** When it arrived, by this session's clock. */
  get arrivedAt(): number {
    return this.deadline - this.frame.timeoutMs
  }

  get id(): number {
    return this.frame.id
  }

  get channel(): number {
    return this.frame.channel
  }

  get target(): string {
    return this.frame.target
  }

  get operation(): string {
    return this.frame.operation
  }

  /** The client on whose behalf the peer asks; empty when it asks for itself. */
  get origin(): string {
    return this.frame.origin
  }

  /** The headers as they came, to be passed on. */
  get rawHeaders(): Uint8Array {
    return this.frame.headers
  }

  get headers(): Readonly<Record<string, string>> {
    return decodeHeaders(this.frame.headers, this.session.errors)
  }

  /** The payload as it came, to be passed on. */
  get rawPayload(): Uint8Array {
    return this.frame.payload
  }

  /** The payload as a value. @throws `INVALID_MESSAGE` */
  get data(): unknown {
    return decodeValue(this.frame.payload, this.session.errors)
  }

  /** Aborted when the caller no longer waits. Made when first asked for: most handlers never look. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.cancelReason !== undefined) this.controller.abort(this.cancelReason)
    }
    return this.controller.signal
  }

  /** Whether the caller no longer waits. */
  get isCancelled(): boolean {
    return this.cancelReason !== undefined
  }

  /** Answers with a value; one that cannot travel becomes the failure `NOT_SERIALIZABLE`. */
  respond(value: unknown): void {
    let payload: Uint8Array
    try {
      payload = this.session.encodeForOne(value)
    } catch (error) {
      this.fail(error)
      return
    }
    this.respondRaw(payload)
  }

  /** Answers with an encoded value. */
  respondRaw(payload: Uint8Array): void {
    this.session.answer(this, payload)
  }

  /** Answers with an error. */
  fail(error: unknown): void {
    this.session.failCall(this, error)
  }

  /** For the session: the caller no longer waits. */
  cancel(reason: Error): void {
    if (this.cancelReason !== undefined) return
    this.cancelReason = reason
    this.hung = true
    this.controller?.abort(reason)
    this.onCancel?.()
  }

  /** For the session: whether this is the first settling since the call was cancelled. */
  leave(): boolean {
    const { hung } = this
    this.hung = false
    return hung
  }
}
