import {
  castRequests,
  NetworkError,
  requireNotAborted,
  traced,
  type ContainerUuid,
  type Data,
  type Remote,
  type ContainerConnection,
  type RequestOptions,
  type StreamOptions
} from '@hcengineering/network-core'
import type { ClientCore } from './client-core.ts'
import type { ContainerLink, LinkUser } from './container-link.ts'
import type { ReferenceState } from './reference.ts'
import { withTrace } from './trace-headers.ts'
import { TracedStream } from './traced-stream.ts'

const none: RequestOptions = {}

type EventHandler = (data: Data) => void | Promise<void>

/** A connection to a container: one user of the client's link to it, with events of its own. */
export class ConnectionImpl implements ContainerConnection {
  readonly uuid: ContainerUuid

  private readonly core: ClientCore
  private readonly reference: ReferenceState
  private readonly link: ContainerLink
  private readonly user: LinkUser
  private handler: EventHandler | undefined
  /** Events that came before there was a handler. */
  private held: unknown[] = []
  private closed = false

  constructor(core: ClientCore, reference: ReferenceState, link: ContainerLink) {
    this.uuid = reference.record.uuid
    this.core = core
    this.reference = reference
    this.link = link
    this.user = {
      locate: (remainingMs) => reference.locate(remainingMs),
      deliver: (data) => this.deliver(data)
    }
  }

  get on(): EventHandler | undefined {
    return this.handler
  }

  set on(handler: EventHandler | undefined) {
    this.handler = handler
    if (handler === undefined) return
    const { held } = this
    this.held = []
    for (const data of held) this.call(handler, data)
  }

  async open(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const joined = this.link.join(this.user, timeoutMs)
    if (signal === undefined) {
      await joined
      return
    }
    const leave = (): void => this.link.giveUp(this.user)
    signal.addEventListener('abort', leave, { once: true })
    try {
      await joined
      requireNotAborted(signal)
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  request(operation: string, data?: Data, options: RequestOptions = none): Promise<Data> {
    if (this.closed) return Promise.reject(this.closedError())
    const timeoutMs = options.timeoutMs ?? this.core.timeoutMs
    const trace = this.core.tracing?.ask('request', operation, this.reference.record.kind, this.uuid)
    if (trace === undefined) return this.link.request(operation, data, options, timeoutMs)
    return traced(trace, this.link.request(operation, data, withTrace(options, trace), timeoutMs))
  }

  async send(operation: string, data?: Data): Promise<void> {
    this.requireOpen()
    await this.link.send(operation, data, this.core.timeoutMs)
  }

  stream(operation: string, data?: Data, options: StreamOptions = {}): AsyncIterableIterator<Data> {
    this.requireOpen()
    const trace = this.core.tracing?.ask('stream', operation, this.reference.record.kind, this.uuid)
    if (trace === undefined) return this.link.stream(operation, data, options)
    return new TracedStream(this.link.stream(operation, data, withTrace(options, trace)), trace)
  }

  cast<T>(interfaceName?: string): Remote<T> {
    return castRequests<T>((operation, data) => this.request(operation, data), interfaceName)
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.held = []
    await this.link.leave(this.user)
    await this.reference.connectionClosed()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private deliver(data: unknown): void {
    if (this.closed) return
    if (this.handler !== undefined) {
      this.call(this.handler, data)
      return
    }
    if (this.held.length >= this.core.heldEventsMax) {
      this.core.logger.warn(
        { uuid: this.uuid },
        'nobody takes the events of a connection: the oldest is dropped'
      )
      this.held.shift()
    }
    if (this.core.heldEventsMax > 0) this.held.push(data)
  }

  private call(handler: EventHandler, data: unknown): void {
    const report = (error: unknown): void =>
      this.core.logger.error({ uuid: this.uuid, error }, 'a handler of events failed')
    try {
      Promise.resolve(handler(data)).catch(report)
    } catch (error) {
      report(error)
    }
  }

  private requireOpen(): void {
    if (this.closed) throw this.closedError()
  }

  private closedError(): NetworkError {
    return new NetworkError('CLOSED', `the connection to container ${this.uuid} has been closed`)
  }
}
