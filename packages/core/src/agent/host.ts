import { hasCode, NetworkError, toNetworkError } from '../api/errors.ts'
import { SharedEvent } from '../api/broadcast-group.ts'
import { readCallChain } from '../api/call-chain.ts'
import type { Broadcast, Container, FinishReason, RequestContext } from '../api/container.ts'
import type { ClientUuid, ContainerKind } from '../api/ids.ts'
import type { CallerClient } from '../api/reference.ts'
import type { Logger } from '../api/logger.ts'
import type { ActivationToken } from '../api/tokens.ts'
import type {
  ContainerActivity,
  ContainerCall,
  StreamCall,
  StreamSink,
  Subscriber
} from '../contract/ports.ts'
import type { KindActivity } from './kind-activity.ts'
import type { Fate, Instance } from './machine.ts'

/** What a broadcast resolves to once its event is queued: one promise for all. */
const queued = Promise.resolve()

/** What a host asks of the agent around it. */
export interface HostEnvironment {
  readonly logger: Logger
  readonly heldMax: number
  /** The time on the agent's clock. */
  now(): number
  /** Counts what containers of this kind are asked. */
  activityOf(kind: ContainerKind): KindActivity
  callerFor(context: RequestContext): CallerClient
  /** What becomes of something that leaves now: lease and phase are looked at in this turn (I1). */
  fate(instance: Instance): Fate
}

/** Something that waits for the lease to come back. */
interface Held {
  release(): void
  drop(): void
}

/** A request that is being handled. */
interface InFlight {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** Its place in the list; -1 once settled. */
  index: number
  /** When it began, by the agent's clock; undefined for those that are not timed. */
  readonly began: number | undefined
}

/**
 * Stands between one live container and everybody else: hands requests in, lets replies and events out only
 * while the container may serve, and holds them back while the lease is in doubt (I1).
 */
export class ContainerHost {
  readonly instance: Instance
  readonly container: Container
  /** When the ping that is under way was sent; undefined when none is. */
  pingedAt: number | undefined
  pingFailures = 0
  /** When the last ping ended, by the wall clock; undefined before the first. */
  lastPingAt: number | undefined
  /** Whether that ping was answered. */
  lastPingOk = false
  /** Requests and sends that the container was handed. */
  requests = 0
  /** Of these, the ones that it answered with an error. */
  failures = 0

  private readonly environment: HostEnvironment
  /** Shared with the other containers of its kind. */
  private readonly counts: KindActivity
  private readonly subscribers = new Map<ClientUuid, Subscriber>()
  /** Requests that are being handled, in no order; an array, as a Set is slow to let go of what has left it. */
  private readonly inFlight: InFlight[] = []
  private readonly streams = new Set<StreamSink>()
  private held: Held[] = []
  private serving = new ServingSignal()
  private readonly ownOnTerminated: (() => void) | undefined
  /** Calls that it was handed so far. */
  private calls = 0
  private ended = false
  private idle: (() => void) | undefined

  constructor(instance: Instance, container: Container, environment: HostEnvironment, onEnded: () => void) {
    this.instance = instance
    this.container = container
    this.environment = environment
    this.counts = environment.activityOf(instance.kind)
    this.ownOnTerminated = container.onTerminated?.bind(container)
    container.onTerminated = onEnded
  }

  get requestsInFlight(): number {
    return this.inFlight.length
  }

  /** How the container fares, for whoever runs the network. */
  activity(): ContainerActivity {
    const { requests, failures, lastPingAt, lastPingOk, pingFailures } = this
    return {
      requests,
      failures,
      inFlight: this.inFlight.length,
      streams: this.streams.size,
      connections: this.subscribers.size,
      lastPing:
        lastPingAt === undefined
          ? undefined
          : { at: lastPingAt, ok: lastPingOk, failuresInARow: pingFailures }
    }
  }

  /** Resolves once no request and no stream runs in it, and it says itself that it has finished. */
  async finish(reason: FinishReason): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.idle = resolve
      this.noteIdle()
    })
    try {
      await this.container.finish?.(reason)
    } catch (error) {
      this.environment.logger.warn({ uuid: this.instance.uuid, error }, 'finish() failed')
    }
    await idle
  }

  private noteIdle(): void {
    if (this.idle === undefined || this.inFlight.length > 0 || this.streams.size > 0) return
    const { idle } = this
    this.idle = undefined
    idle()
  }

  /** Hands a request to the container. The caller has just asked whether it may serve. */
  request(call: ContainerCall, token: ActivationToken): Promise<unknown> {
    this.requests++
    const began = this.counts.begin() ? this.environment.now() : undefined
    return new Promise((resolve, reject) => {
      const entry: InFlight = { resolve, reject, index: this.inFlight.length, began }
      this.inFlight.push(entry)
      const context = new CallContext(call, token, ++this.calls, this.serving, this.environment)
      let result: Promise<unknown>
      try {
        result = this.container.request(call.operation, call.data, call.clientId, context)
      } catch (error) {
        this.settle(entry, undefined, toNetworkError(error))
        return
      }
      // A container that answers at once instead of returning a promise is understood, too.
      if (typeof (result as Partial<Promise<unknown>> | undefined)?.then !== 'function') {
        this.settle(entry, result, undefined)
        return
      }
      result.then(
        (value) => this.settle(entry, value, undefined),
        (error: unknown) => this.settle(entry, undefined, toNetworkError(error))
      )
    })
  }

  /**
   * Serves a stream until it ends, its reader leaves, or the container may serve no more. What goes wrong ends its
   * sink, and is returned.
   */
  async stream(call: StreamCall, token: ActivationToken): Promise<NetworkError | undefined> {
    this.counts.streams++
    const failure = await this.serveStream(call, token)
    this.counts.streamsOver++
    if (failure !== undefined) this.counts.streamsFailed++
    return failure
  }

  private async serveStream(call: StreamCall, token: ActivationToken): Promise<NetworkError | undefined> {
    const { sink } = call
    if (this.container.stream === undefined) {
      const { kind } = this.instance
      const error = new NetworkError('UNKNOWN_OPERATION', `containers of kind '${kind}' serve no streams`)
      sink.end(error)
      return error
    }
    this.streams.add(sink)
    try {
      const context = new CallContext(call, token, ++this.calls, this.serving, this.environment)
      const items: AsyncIterable<unknown> = this.container.stream(call.operation, call.data, context)
      await this.pump(items[Symbol.asyncIterator](), call)
      return undefined
    } catch (error) {
      const failure = toNetworkError(error)
      sink.end(failure)
      return failure
    } finally {
      this.streams.delete(sink)
      this.noteIdle()
    }
  }

  private async pump(items: AsyncIterator<unknown>, call: StreamCall): Promise<void> {
    const { sink } = call
    let isOver = false
    const leave = (): void => {
      if (isOver) return
      isOver = true
      Promise.resolve(items.return?.()).catch((error: unknown) => {
        this.environment.logger.warn(
          { uuid: this.instance.uuid, error },
          'a stream failed while it was closed'
        )
      })
    }
    call.onClosed = leave
    try {
      for (;;) {
        const next = await items.next()
        if (next.done === true) {
          isOver = true
          await this.letOut(() => sink.end())
          return
        }
        if (!sink.ready) await sink.whenReady()
        if (sink.closed) return
        // Asked in the turn in which the item leaves: the wait before may have outlasted the lease.
        await this.letOut(() => sink.write(next.value))
      }
    } catch (error) {
      isOver = true
      throw error
    } finally {
      leave()
    }
  }

  /** Lets something out as soon as the container may serve. @throws `MOVED` when it may no more */
  private letOut(release: () => void): Promise<void> | undefined {
    if (!this.ended && this.environment.fate(this.instance) === 'release') {
      release()
      return undefined
    }
    return new Promise((resolve, reject) => {
      this.pass({
        release: () => {
          try {
            release()
            resolve()
          } catch (error) {
            reject(toNetworkError(error))
          }
        },
        drop: () => reject(this.moved())
      })
    })
  }

  /** Opens the way for events to a client; its first makes the container's `connect`. */
  async connect(subscriber: Subscriber): Promise<void> {
    const { clientId } = subscriber
    const isKnown = this.subscribers.has(clientId)
    this.subscribers.set(clientId, subscriber)
    if (isKnown) return
    try {
      await this.container.connect(clientId, this.broadcastTo(clientId))
    } catch (error) {
      if (this.subscribers.get(clientId) === subscriber) this.subscribers.delete(clientId)
      throw toNetworkError(error)
    }
  }

  /** Closes the way; `session` undefined closes it whichever it is. */
  disconnect(clientId: ClientUuid, session: object | undefined): void {
    const subscriber = this.subscribers.get(clientId)
    // Guarded: the client may have come back another way.
    if (subscriber === undefined || (session !== undefined && subscriber.session !== session)) return
    this.subscribers.delete(clientId)
    this.tellDisconnected(clientId)
  }

  /** All ways that lead over this session close. */
  disconnectSession(session: object): void {
    for (const [clientId, subscriber] of [...this.subscribers]) {
      if (subscriber.session === session) this.disconnect(clientId, session)
    }
  }

  /** The lease has lapsed: what runs is told, and what it says waits. */
  quiesce(): void {
    this.serving.abort(new NetworkError('NOT_SERVING', 'the agent has lost its lease'))
  }

  /** It serves, again or for the first time: what was held may leave. */
  resume(): void {
    if (this.serving.aborted) this.serving = new ServingSignal()
    const { held } = this
    this.held = []
    for (const item of held) this.pass(item)
  }

  /** It stands by from now on. */
  demote(): void {
    const clients = [...this.subscribers.keys()]
    this.cut()
    for (const clientId of clients) this.tellDisconnected(clientId)
  }

  /** This activation is over: whoever waits for something hears so. */
  cut(): void {
    this.serving.abort(new NetworkError('NOT_SERVING', 'the container has ended'))
    const { held } = this
    this.held = []
    for (const item of held) item.drop()
    for (const sink of [...this.streams]) sink.end(this.moved())
    for (const entry of this.inFlight.splice(0)) {
      entry.index = -1
      this.counts.lost++
      entry.reject(this.outcomeUnknown())
    }
    const subscribers = [...this.subscribers.values()]
    this.subscribers.clear()
    for (const subscriber of subscribers) subscriber.ended(this.instance.uuid)
  }

  /** It has ended. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.container.onTerminated = this.ownOnTerminated
    this.cut()
    try {
      this.ownOnTerminated?.()
    } catch (error) {
      this.environment.logger.warn({ uuid: this.instance.uuid, error }, 'onTerminated failed')
    }
  }

  private settle(entry: InFlight, value: unknown, error: NetworkError | undefined): void {
    if (error !== undefined) this.failures++
    // The container has ended meanwhile: the caller has been told.
    if (entry.index < 0) return
    if (this.environment.fate(this.instance) === 'release') {
      this.leave(entry, value, error)
      return
    }
    this.pass({
      release: () => this.leave(entry, value, error),
      drop: () => {
        if (!this.remove(entry)) return
        this.counts.lost++
        entry.reject(this.outcomeUnknown())
        this.noteIdle()
      }
    })
  }

  private leave(entry: InFlight, value: unknown, error: NetworkError | undefined): void {
    if (!this.remove(entry)) return
    const { counts } = this
    if (entry.began !== undefined) counts.latency.record(this.environment.now() - entry.began)
    if (error === undefined) {
      counts.answered++
      entry.resolve(value)
    } else {
      counts.failed++
      entry.reject(error)
    }
    if (this.idle !== undefined) this.noteIdle()
  }

  /** Takes a request out of those that are being handled; returns false when it has been settled already. */
  private remove(entry: InFlight): boolean {
    if (entry.index < 0) return false
    const last = this.inFlight.pop()
    if (last !== undefined && last !== entry) {
      this.inFlight[entry.index] = last
      last.index = entry.index
    }
    entry.index = -1
    return true
  }

  private broadcastTo(clientId: ClientUuid): Broadcast {
    return SharedEvent.takenBy((data) => {
      if (!this.ended && this.environment.fate(this.instance) === 'release') {
        return this.deliver(clientId, data)
      }
      return new Promise((resolve, reject) => {
        this.pass({
          release: () => {
            this.deliver(clientId, data).then(resolve, reject)
          },
          // Nobody hears an activation that has lost its right: the next one speaks.
          drop: resolve
        })
      })
    })
  }

  private deliver(clientId: ClientUuid, data: unknown): Promise<void> {
    const subscriber = this.subscribers.get(clientId)
    try {
      subscriber?.deliver(this.instance.uuid, data)
      return queued
    } catch (error) {
      if (subscriber === undefined || !hasCode(error, 'OVERLOADED'))
        return Promise.reject(toNetworkError(error))
      // It does not read: it is dropped, told so, and can come back; others notice nothing.
      this.environment.logger.warn(
        { uuid: this.instance.uuid, clientId },
        'a client does not read its events'
      )
      this.disconnect(clientId, undefined)
      subscriber.ended(this.instance.uuid)
      return queued
    }
  }

  /** Lets something out, holds it, or drops it, as this moment allows. */
  private pass(item: Held): void {
    switch (this.ended ? 'drop' : this.environment.fate(this.instance)) {
      case 'release':
        item.release()
        return
      case 'hold':
        if (this.held.length >= this.environment.heldMax) this.held.shift()?.drop()
        this.held.push(item)
        return
      case 'drop':
        item.drop()
        return
    }
  }

  private tellDisconnected(clientId: ClientUuid): void {
    const report = (error: unknown): void =>
      this.environment.logger.warn({ uuid: this.instance.uuid, clientId, error }, 'disconnect failed')
    try {
      Promise.resolve(this.container.disconnect(clientId)).catch(report)
    } catch (error) {
      report(error)
    }
  }

  private moved(): NetworkError {
    return new NetworkError(
      'MOVED',
      `container ${this.instance.uuid} ended, or moved, before the stream did`,
      {
        retryable: true
      }
    )
  }

  private outcomeUnknown(): NetworkError {
    return new NetworkError('OUTCOME_UNKNOWN', `container ${this.instance.uuid} ended before it answered`, {
      outcomeUnknown: true
    })
  }
}

/**
 * Aborts when a container may serve no more. Made when somebody looks: an AbortController for each of many
 * containers takes its time and its place.
 */
class ServingSignal {
  private controller: AbortController | undefined
  /** Why it has been aborted. */
  private reason: Error | undefined

  get aborted(): boolean {
    return this.reason !== undefined
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.reason !== undefined) this.controller.abort(this.reason)
    }
    return this.controller.signal
  }

  abort(reason: Error): void {
    this.reason ??= reason
    this.controller?.abort(reason)
  }
}

/** Built for every request, so nothing is made before a handler looks at it. */
class CallContext implements RequestContext {
  readonly token: ActivationToken
  private readonly call: ContainerCall
  private readonly serving: ServingSignal
  private readonly environment: HostEnvironment
  private readonly number: number
  private combined: AbortSignal | undefined
  private caller: CallerClient | undefined
  private callers: readonly string[] | undefined

  /** @param number counts the calls of its container */
  constructor(
    call: ContainerCall,
    token: ActivationToken,
    number: number,
    serving: ServingSignal,
    environment: HostEnvironment
  ) {
    this.number = number
    this.environment = environment
    this.call = call
    this.token = token
    this.serving = serving
  }

  get client(): CallerClient {
    this.caller ??= this.environment.callerFor(this)
    return this.caller
  }

  get chain(): readonly string[] {
    const { epoch, sequence } = this.token
    // A token is unique in the network, and so is the number with it.
    this.callers ??= [...readCallChain(this.call.headers), `${epoch}.${sequence}.${this.number}`]
    return this.callers
  }

  get deadline(): number {
    return this.call.deadline
  }

  get clientId(): ClientUuid | undefined {
    return this.call.clientId
  }

  get headers(): Readonly<Record<string, string>> {
    return this.call.headers
  }

  get signal(): AbortSignal {
    this.combined ??= AbortSignal.any([this.call.signal(), this.serving.signal])
    return this.combined
  }
}
