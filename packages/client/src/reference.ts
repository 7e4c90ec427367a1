import { ask, askStream, askWith, tell, type AskOptions, type Session } from '@hcengineering/network-backrpc'
import {
  castRequests,
  CoordinatorOperation,
  NetworkError,
  readContainerRecord,
  requireNotAborted,
  traced,
  type ContainerEndpointRef,
  type ContainerRecord,
  type ContainerRequest,
  type ContainerUuid,
  type CoordinatorIdentity,
  type Data,
  type Remote,
  type WaitOptions,
  type ContainerConnection,
  type ContainerReference,
  type RequestOptions,
  type StreamOptions
} from '@hcengineering/network-core'
import type { ClientCore } from './client-core.ts'
import { ConnectionImpl } from './connection.ts'
import { ContainerStream, streamRequest } from './streams.ts'
import { inTime, retryRule, tryAgain, wasRefused } from './retry.ts'
import { withTrace } from './trace-headers.ts'
import { TracedStream } from './traced-stream.ts'

const releaseTimeoutMs = 5000
const releaseRetryMs = 1000
/** The coordinator answers a get at its deadline; the session waits a little longer for that answer. */
export const answerGraceMs = 500

const none: RequestOptions = {}

/** What a reference is made from. */
export interface ReferenceParts {
  readonly core: ClientCore
  readonly handle: string
  readonly request: ContainerRequest
  readonly record: ContainerRecord
}

/**
 * A handle on a container, shared by its reference and the connections made from it: given back when the last
 * of them is closed.
 */
export class ReferenceState {
  readonly handle: string
  record: ContainerRecord
  onEndpointUpdate: ((endpoint: ContainerEndpointRef) => void) | undefined

  private readonly core: ClientCore
  private readonly asked: ContainerRequest
  /** Who has told of the record. */
  private seen: CoordinatorIdentity | undefined
  private locating: Promise<ContainerRecord> | undefined
  private referenceClosed = false
  private connections = 0
  private released = false

  constructor(parts: ReferenceParts) {
    this.core = parts.core
    this.handle = parts.handle
    this.asked = parts.request
    this.record = parts.record
    this.seen = this.core.seenAs(parts.record.token)
  }

  /** Where the container runs now; waits until it runs again. */
  locate(remainingMs: number): Promise<ContainerRecord> {
    const { uuid } = this.record
    // One at a time: asking again with the same handle would end the wait of the first.
    this.locating ??= ask(this.core.session, {
      operation: CoordinatorOperation.get,
      data: {
        handle: this.handle,
        kind: this.asked.kind,
        uuid,
        labels: this.asked.labels ?? [],
        extra: this.asked.extra as unknown,
        seen: this.seen,
        timeoutMs: remainingMs
      },
      timeoutMs: remainingMs + answerGraceMs,
      idempotent: true
    })
      .then((value) => {
        const record = readContainerRecord(value)
        this.update(record)
        return record
      })
      .finally(() => {
        this.locating = undefined
        // What was under way when it was given back has claimed it again.
        if (this.released) releaseHandle(this.core, this.handle)
      })
    const deadline = this.core.clock.now() + remainingMs + answerGraceMs
    return inTime(this.locating, { clock: this.core.clock, deadline, what: `container ${uuid}` })
  }

  /** The container serves elsewhere, or under another token. */
  update(record: ContainerRecord): void {
    // The name is one of another kind now: this reference leads there no more (I9).
    if (record.kind !== this.asked.kind) return
    const before = this.record
    this.record = record
    this.seen = this.core.seenAs(record.token)
    const hasMoved = record.endpoint !== before.endpoint || record.agentId !== before.agentId
    if (!hasMoved || this.onEndpointUpdate === undefined) return
    try {
      this.onEndpointUpdate(record.endpoint)
    } catch (error) {
      this.core.logger.error({ uuid: record.uuid, error }, 'onEndpointUpdate failed')
    }
  }

  async connect(timeoutMs: number, signal: AbortSignal | undefined): Promise<ContainerConnection> {
    this.connections++
    const connection = new ConnectionImpl(
      this.core,
      this,
      this.core.linkTo(this.record.uuid, this.asked.kind)
    )
    try {
      await connection.open(timeoutMs, signal)
    } catch (error) {
      // Whoever waits to connect does not wait for that, too.
      this.connectionClosed().catch(() => {})
      throw error
    }
    return connection
  }

  async connectionClosed(): Promise<void> {
    this.connections--
    await this.releaseIfUnused()
  }

  get closed(): boolean {
    return this.referenceClosed
  }

  async close(): Promise<void> {
    if (this.referenceClosed) return
    this.referenceClosed = true
    await this.releaseIfUnused()
  }

  private async releaseIfUnused(): Promise<void> {
    if (!this.referenceClosed || this.connections > 0 || this.released) return
    this.released = true
    this.core.forgetReference(this)
    try {
      await askRelease(this.core, this.handle)
    } catch {
      releaseHandle(this.core, this.handle)
    }
  }
}

/** Gives a handle back, and says so until it was heard: while the client is there, nobody else does that. */
export function releaseHandle(core: ClientCore, handle: string): void {
  askRelease(core, handle).catch((error: unknown) => {
    core.logger.debug({ handle, error }, 'a release was not heard yet')
    if (!core.closed) core.clock.after(releaseRetryMs, () => releaseHandle(core, handle))
  })
}

async function askRelease(core: ClientCore, handle: string): Promise<void> {
  if (core.closed) return
  await ask(core.session, {
    operation: CoordinatorOperation.release,
    data: { handle },
    timeoutMs: releaseTimeoutMs,
    idempotent: true
  })
}

/** A reference to a container, as applications hold it. */
export class ReferenceImpl implements ContainerReference {
  private readonly core: ClientCore
  private readonly state: ReferenceState

  constructor(core: ClientCore, state: ReferenceState) {
    this.core = core
    this.state = state
  }

  get uuid(): ContainerUuid {
    return this.state.record.uuid
  }

  get endpoint(): ContainerEndpointRef {
    return this.state.record.endpoint
  }

  get onEndpointUpdate(): ((endpoint: ContainerEndpointRef) => void) | undefined {
    return this.state.onEndpointUpdate
  }

  set onEndpointUpdate(listener: ((endpoint: ContainerEndpointRef) => void) | undefined) {
    this.state.onEndpointUpdate = listener
  }

  request(operation: string, data?: Data, options: RequestOptions = none): Promise<Data> {
    const { uuid, kind } = this.state.record
    const trace = this.core.tracing?.ask('request', operation, kind, uuid)
    if (trace === undefined) return this.ask(operation, data, options)
    return traced(trace, this.ask(operation, data, withTrace(options, trace)))
  }

  private ask(operation: string, data: Data, options: RequestOptions): Promise<Data> {
    const reason = this.closedReason()
    if (reason !== undefined) return Promise.reject(reason)
    const timeoutMs = options.timeoutMs ?? this.core.timeoutMs
    const { headers, signal, idempotent } = options
    const { requests } = this.core.counters
    requests.begun++
    const request: AskOptions = { target: this.uuid, operation, data, headers, signal, idempotent, timeoutMs }
    const began = this.core.clock.now()
    return new Promise((resolve, reject) => {
      askWith(this.session, request, (error, value) => {
        if (error === undefined) {
          requests.answered++
          resolve(value)
        } else if (!retryRule(idempotent ?? false)(error)) {
          requests.fail(error)
          reject(error)
        } else {
          requests.triedAgain++
          requests.settled(this.requestAgain(request, began + timeoutMs, error)).then(resolve, reject)
        }
      })
    })
  }

  /** The first try was refused: goes on where the container serves next. */
  private requestAgain(request: AskOptions, deadline: number, error: Error): Promise<unknown> {
    return tryAgain({
      clock: this.core.clock,
      deadline,
      what: `'${request.operation}'`,
      signal: request.signal,
      mayTryAgain: retryRule(request.idempotent ?? false),
      error,
      relocate: async (remainingMs) => {
        await this.state.locate(remainingMs)
      },
      attempt: (remainingMs) => ask(this.session, { ...request, timeoutMs: remainingMs })
    })
  }

  async send(operation: string, data?: Data): Promise<void> {
    this.requireOpen()
    tell(this.session, { target: this.uuid, operation, data })
  }

  stream(operation: string, data?: Data, options: StreamOptions = {}): AsyncIterableIterator<Data> {
    this.requireOpen()
    const { uuid, kind } = this.state.record
    const trace = this.core.tracing?.ask('stream', operation, kind, uuid)
    if (trace === undefined) return this.open(operation, data, options)
    return new TracedStream(this.open(operation, data, withTrace(options, trace)), trace)
  }

  private open(operation: string, data: Data, options: StreamOptions): ContainerStream {
    const { clock, timeoutMs, counters } = this.core
    counters.streams++
    let deadline: number | undefined
    return new ContainerStream({
      open: () => {
        deadline ??= clock.now() + (options.timeoutMs ?? timeoutMs)
        return askStream(
          this.session,
          streamRequest(this.uuid, operation, data, options, deadline - clock.now())
        )
      },
      refused: async (error) => {
        const remainingMs = (deadline ?? 0) - clock.now()
        if (!wasRefused(error) || remainingMs <= 0) throw error
        await this.state.locate(remainingMs)
      }
    })
  }

  cast<T>(interfaceName?: string): Remote<T> {
    return castRequests<T>((operation, data) => this.request(operation, data), interfaceName)
  }

  async connect(options: WaitOptions = {}): Promise<ContainerConnection> {
    this.requireOpen()
    requireNotAborted(options.signal)
    return await this.state.connect(options.timeoutMs ?? this.core.timeoutMs, options.signal)
  }

  close(): Promise<void> {
    return this.state.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Through the coordinator, unless the container runs in this process. */
  private get session(): Session {
    return this.core.local.find(this.state.record.agentId) ?? this.core.session
  }

  private requireOpen(): void {
    const reason = this.closedReason()
    if (reason !== undefined) throw reason
  }

  private closedReason(): NetworkError | undefined {
    if (this.core.closed) return new NetworkError('CLOSED', 'the client has been closed')
    if (!this.state.closed) return undefined
    return new NetworkError('CLOSED', `the reference to container ${this.uuid} has been closed`)
  }
}
