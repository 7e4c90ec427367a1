import {
  ask,
  askStream,
  askWith,
  decodeValue,
  tell,
  type AskOptions,
  type SendFrame,
  type Session
} from '@hcengineering/network-backrpc'
import {
  AgentOperation,
  ClientNotice,
  compareTokens,
  networkError,
  NetworkError,
  parseContainerEndpoint,
  type ContainerKind,
  type ContainerRecord,
  type ContainerUuid,
  type RequestOptions,
  type StreamOptions
} from '@hcengineering/network-core'
import type { ClientCore } from './client-core.ts'
import type { DirectSession } from './direct-sessions.ts'
import { ContainerStream, streamRequest } from './streams.ts'
import { inTime, retryRule, tryAgain, wasRefused } from './retry.ts'

/** What holds a link open: a connection, with the reference that it came from. */
export interface LinkUser {
  /** Where the container runs now; waits until it does. */
  locate(remainingMs: number): Promise<ContainerRecord>
  /** An event of the container. */
  deliver(data: unknown): void
}

/** The way to a container. */
interface Way {
  readonly record: ContainerRecord
  /** Undefined when it leads through the coordinator, or stays in this process. */
  readonly direct: DirectSession | undefined
  readonly session: Session
}

/** A way that is being opened. */
interface Attempt {
  readonly record: ContainerRecord
  /** Undefined while the container's agent is being reached. */
  session: Session | undefined
  readonly abort: AbortController
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening'; readonly way: Promise<Way> }
  | { readonly kind: 'open'; readonly way: Way }
  | { readonly kind: 'closed' }

/** An agent that does not answer a direct dial in this time is reached through the coordinator. */
const directTimeoutMs = 1500
const reopenPauseMs = 500
/** How long answers are waited for from an agent that no longer serves the container. */
const abandonGraceMs = 1000
const disconnectTimeoutMs = 2000

/**
 * A client's one connection to a container, shared by all `ContainerConnection`s to it: to the container they
 * are one client. It is direct where the container's agent can be reached, and leads through the coordinator
 * elsewhere; when the container moves, it follows.
 */
export class ContainerLink {
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  private readonly core: ClientCore
  private readonly users = new Set<LinkUser>()
  private readonly waiting = new Map<LinkUser, (error: Error) => void>()
  private state: State = { kind: 'idle' }
  private attempt: Attempt | undefined

  constructor(uuid: ContainerUuid, kind: ContainerKind, core: ClientCore) {
    this.uuid = uuid
    this.kind = kind
    this.core = core
  }

  /** Joins; resolves once the container has taken the client in. */
  async join(user: LinkUser, timeoutMs: number): Promise<void> {
    const { clock } = this.core
    const deadline = clock.now() + timeoutMs
    this.users.add(user)
    try {
      const what = `the connection to container ${this.uuid}`
      const way = inTime(this.way(timeoutMs), { clock, deadline, signal: undefined, what })
      await Promise.race([way, this.givenUp(user)])
    } catch (error) {
      await this.leave(user)
      throw error
    } finally {
      this.waiting.delete(user)
    }
  }

  /** The user no longer waits to join. */
  giveUp(user: LinkUser): void {
    this.waiting.get(user)?.(new NetworkError('ABORTED', 'connecting was aborted'))
  }

  /** Leaves; the last one closes the connection. */
  async leave(user: LinkUser): Promise<void> {
    if (!this.users.delete(user) || this.users.size > 0) return
    // A way that is being opened is closed once it is open: the container hears of both, in order.
    if (this.state.kind !== 'opening') await this.part()
  }

  /** Nobody needs the connection any more. */
  private async part(): Promise<void> {
    const { state } = this
    this.state = { kind: 'closed' }
    this.core.forgetLink(this)
    if (state.kind !== 'open') return
    const { way } = state
    try {
      await ask(way.session, {
        operation: AgentOperation.disconnect,
        data: { uuid: this.uuid },
        timeoutMs: disconnectTimeoutMs,
        idempotent: true
      })
    } catch {
      // Who cannot be told will notice that the session has gone.
    } finally {
      this.releaseWay(way)
    }
  }

  request(operation: string, data: unknown, options: RequestOptions, timeoutMs: number): Promise<unknown> {
    const { state } = this
    if (state.kind !== 'open') return this.requestLater(operation, data, options, timeoutMs)
    const request = this.askFor(operation, data, options, timeoutMs)
    const { requests } = this.core.counters
    requests.begun++
    const began = this.core.clock.now()
    return new Promise((resolve, reject) => {
      askWith(state.way.session, request, (error, value) => {
        if (error === undefined) {
          requests.answered++
          resolve(value)
        } else if (!retryRule(options.idempotent ?? false)(error)) {
          requests.fail(error)
          reject(error)
        } else {
          requests.triedAgain++
          const again = this.requestAgain(request, began + timeoutMs, error, state.way)
          requests.settled(again).then(resolve, reject)
        }
      })
    })
  }

  /** Waits for a way first. */
  private async requestLater(
    operation: string,
    data: unknown,
    options: RequestOptions,
    timeoutMs: number
  ): Promise<unknown> {
    const { clock } = this.core
    const deadline = clock.now() + timeoutMs
    try {
      await inTime(this.way(timeoutMs), { clock, deadline, signal: options.signal, what: `'${operation}'` })
    } catch (error) {
      const { requests } = this.core.counters
      requests.begun++
      requests.fail(error)
      throw error
    }
    return await this.request(operation, data, options, Math.max(1, deadline - clock.now()))
  }

  /** The first try was refused: goes on where the container serves next. */
  private requestAgain(
    request: AskOptions,
    deadline: number,
    error: Error,
    refusedBy: Way
  ): Promise<unknown> {
    const { clock } = this.core
    const { signal } = request
    const what = `'${request.operation}'`
    let used = refusedBy
    return tryAgain({
      clock,
      deadline,
      what,
      signal,
      mayTryAgain: retryRule(request.idempotent ?? false),
      error,
      relocate: (remainingMs) => this.verify(used, remainingMs),
      attempt: async (remainingMs) => {
        used = await inTime(this.way(remainingMs), { clock, deadline, signal, what })
        return await ask(used.session, { ...request, timeoutMs: Math.max(1, deadline - clock.now()) })
      }
    })
  }

  private askFor(operation: string, data: unknown, options: RequestOptions, timeoutMs: number): AskOptions {
    const { headers, signal, idempotent } = options
    return { target: this.uuid, operation, data, headers, signal, idempotent, timeoutMs }
  }

  async send(operation: string, data: unknown, timeoutMs: number): Promise<void> {
    const { clock } = this.core
    const deadline = clock.now() + timeoutMs
    const wait = { clock, deadline, signal: undefined, what: `the send '${operation}'` }
    const { session } = await inTime(this.way(timeoutMs), wait)
    tell(session, { target: this.uuid, operation, data })
  }

  /** Opens a stream where the container serves; one that is refused there is opened where it serves next. */
  stream(operation: string, data: unknown, options: StreamOptions): ContainerStream {
    const { clock, timeoutMs, counters } = this.core
    counters.streams++
    let deadline: number | undefined
    let way: Way | undefined
    return new ContainerStream({
      open: async () => {
        deadline ??= clock.now() + (options.timeoutMs ?? timeoutMs)
        const wait = { clock, deadline, signal: options.signal, what: `the stream '${operation}'` }
        way = await inTime(this.way(Math.max(1, deadline - clock.now())), wait)
        return askStream(
          way.session,
          streamRequest(this.uuid, operation, data, options, deadline - clock.now())
        )
      },
      refused: async (error) => {
        const remainingMs = (deadline ?? 0) - clock.now()
        if (way === undefined || !wasRefused(error) || remainingMs <= 0) throw error
        const wait = {
          clock,
          deadline: deadline ?? 0,
          signal: options.signal,
          what: `the stream '${operation}'`
        }
        await inTime(this.verify(way, remainingMs), wait)
      }
    })
  }

  /** A notice that names this container has come over a session. */
  notice(session: Session, frame: SendFrame): void {
    const { state } = this
    if (frame.operation === ClientNotice.broadcast) {
      // A way that is being opened hears already: `connect` of the container may speak.
      const way = state.kind === 'open' ? state.way : this.attempt
      if (way?.session !== session) return
      this.deliver(frame)
    } else if (
      frame.operation === ClientNotice.ended &&
      state.kind === 'open' &&
      state.way.session === session
    ) {
      this.lost(state.way, 'the container has ended there')
      this.reopen()
    }
  }

  private deliver(frame: SendFrame): void {
    let data: unknown
    try {
      data = decodeValue(frame.payload, networkError)
    } catch (error) {
      this.core.logger.warn({ uuid: this.uuid, error }, 'an event was not understood')
      return
    }
    for (const user of this.users) user.deliver(data)
  }

  /** The container serves elsewhere, or no more: what was asked of the old place will not be answered. */
  moved(record: ContainerRecord, serves: boolean): void {
    const { state, attempt } = this
    const known = state.kind === 'open' ? state.way.record : attempt?.record
    if (known === undefined) return
    const order = compareTokens(record.token, known.token)
    if (order < 0 || (order === 0 && serves)) return
    // Who no longer serves it may never say so.
    if (state.kind !== 'open') {
      attempt?.abort.abort()
      return
    }
    this.lost(state.way, 'the container has moved')
    this.reopen()
  }

  /** The session of the way has lost its other end. */
  sessionForgotten(session: Session): void {
    if (this.attempt?.session === session) this.attempt.abort.abort()
    if (this.state.kind !== 'open' || this.state.way.session !== session) return
    this.lost(this.state.way, 'the connection was forgotten')
    this.reopen()
  }

  close(): void {
    const { state } = this
    this.state = { kind: 'closed' }
    this.users.clear()
    if (state.kind === 'open') this.releaseWay(state.way)
  }

  private way(timeoutMs: number): Promise<Way> {
    const { state } = this
    switch (state.kind) {
      case 'open':
        return Promise.resolve(state.way)
      case 'opening':
        return state.way
      case 'idle':
        return this.begin(timeoutMs)
      case 'closed':
      default:
        return Promise.reject(
          new NetworkError('CLOSED', `the connection to container ${this.uuid} has been closed`)
        )
    }
  }

  private givenUp(user: LinkUser): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.waiting.set(user, reject)
    })
  }

  private begin(timeoutMs: number): Promise<Way> {
    const way = this.open(this.core.clock.now() + timeoutMs).then(
      async (opened) => {
        if (this.state.kind === 'opening' && this.state.way === way) {
          this.attempt = undefined
          this.state = { kind: 'open', way: opened }
          if (this.users.size === 0) await this.part()
          return opened
        }
        this.releaseWay(opened)
        throw new NetworkError('CLOSED', `the connection to container ${this.uuid} has been closed`)
      },
      async (error: unknown) => {
        if (this.state.kind === 'opening' && this.state.way === way) {
          this.state = { kind: 'idle' }
          if (this.users.size === 0) await this.part()
        }
        throw error
      }
    )
    this.state = { kind: 'opening', way }
    return way
  }

  private async open(deadline: number): Promise<Way> {
    const { clock } = this.core
    const attempt = async (): Promise<Way> => {
      const [user] = this.users
      if (user === undefined) throw new NetworkError('CLOSED', 'nobody needs this connection any more')
      const record = await user.locate(Math.max(1, deadline - clock.now()))
      return await this.openTo(record, deadline)
    }
    try {
      return await attempt()
    } catch (error) {
      return await tryAgain({
        clock,
        deadline,
        what: `the connection to container ${this.uuid}`,
        mayTryAgain: retryRule(true),
        error,
        relocate: async () => {},
        attempt
      })
    }
  }

  private async openTo(record: ContainerRecord, deadline: number): Promise<Way> {
    const attempt: Attempt = { record, session: undefined, abort: new AbortController() }
    const { signal } = attempt.abort
    this.attempt = attempt
    try {
      const local = this.core.local.find(record.agentId)
      const direct = local === undefined ? await this.reach(record, deadline) : undefined
      const way: Way = { record, direct, session: local ?? direct?.dialler.session ?? this.core.session }
      attempt.session = way.session
      try {
        if (signal.aborted) throw this.notServedThere()
        // An agent and the coordinator are asked in the same words.
        await ask(way.session, {
          operation: AgentOperation.connect,
          data: { uuid: this.uuid },
          timeoutMs: Math.max(1, deadline - this.core.clock.now()),
          idempotent: true,
          signal
        })
        if (signal.aborted) throw this.notServedThere()
      } catch (error) {
        this.releaseWay(way)
        throw signal.aborted ? this.notServedThere() : error
      }
      return way
    } catch (error) {
      if (this.attempt === attempt) this.attempt = undefined
      throw error
    }
  }

  /** It is tried anew where the container serves next. */
  private notServedThere(): NetworkError {
    return new NetworkError('NOT_SERVING', `container ${this.uuid} is not served there any more`, {
      retryable: true
    })
  }

  /** A session with the container's own listener or its agent's; undefined when neither can be reached. */
  private async reach(record: ContainerRecord, deadline: number): Promise<DirectSession | undefined> {
    const address = directAddress(record)
    if (address === undefined || this.core.isUnreachable(address)) return undefined
    let direct: DirectSession | undefined
    try {
      direct = this.core.direct.acquire(address)
      const timeoutMs = Math.max(1, Math.min(directTimeoutMs, deadline - this.core.clock.now()))
      await direct.dialler.waitConnected(timeoutMs)
      return direct
    } catch (error) {
      if (direct !== undefined) this.core.direct.release(direct)
      this.core.noteUnreachable(address)
      this.core.logger.info({ uuid: this.uuid, address, error }, 'reached through the coordinator instead')
      return undefined
    }
  }

  /** A request was refused: leaves the way if the container serves elsewhere; the agent may only be waiting. */
  private async verify(way: Way, remainingMs: number): Promise<void> {
    const [user] = this.users
    const record = await user?.locate(remainingMs)
    if (record === undefined || compareTokens(record.token, way.record.token) === 0) return
    this.lost(way, 'the container is not served there any more')
  }

  /** The way leads nowhere any more. */
  private lost(way: Way, why: string): void {
    if (this.state.kind !== 'open' || this.state.way !== way) return
    this.state = { kind: 'idle' }
    // An agent that still talks answers what it was asked, or refuses it; from a dead one nothing will come.
    const graceMs = way.session.attached ? abandonGraceMs : 0
    way.session.abandon((address) => address.target === this.uuid, why, graceMs)
    this.releaseWay(way)
  }

  /** Opens a new way without waiting for the next request: events must go on. */
  private reopen(): void {
    if (this.state.kind !== 'idle' || this.users.size === 0) return
    const { timeoutMs, clock, logger } = this.core
    this.begin(timeoutMs).catch((error: unknown) => {
      logger.debug({ uuid: this.uuid, error }, 'the connection could not be opened again yet')
      clock.after(reopenPauseMs, () => {
        if (!this.core.closed) this.reopen()
      })
    })
  }

  private releaseWay(way: Way): void {
    if (way.direct !== undefined) this.core.direct.release(way.direct)
  }
}

/** Where the container is reached without the coordinator, if anywhere. */
function directAddress(record: ContainerRecord): string | undefined {
  const parsed = parseContainerEndpoint(record.endpoint)
  // What an agent says of itself is newer than what a factory once wrote into an endpoint.
  if (parsed.kind === 'on-agent') return record.agentEndpoint ?? parsed.address
  return parsed.kind === 'own-listener' ? parsed.address : record.agentEndpoint
}
