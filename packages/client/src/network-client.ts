import {
  ask,
  decodeValue,
  Dialler,
  type IncomingCall,
  type IncomingStream,
  type SendFrame,
  type Session
} from '@hcengineering/network-backrpc'
import {
  apart,
  ClientNotice,
  clientUuid,
  CoordinatorOperation,
  hasCode,
  isService,
  networkError,
  NetworkError,
  NetworkEventKind,
  readAgentRecords,
  readContainerRecord,
  readContainerRecords,
  readCoordinatorDetails,
  readKinds,
  readNetworkEvent,
  requireName,
  traced,
  type ActivationToken,
  type AgentBinding,
  type AgentEndpointRef,
  type AgentLink,
  type AgentRecord,
  type ClientUuid,
  type Clock,
  type ContainerFactories,
  type ContainerKind,
  type ContainerRecord,
  type ContainerUuid,
  type CoordinatorIdentity,
  type Data,
  type GetOptions,
  type Logger,
  type NetworkAgent,
  type NetworkEvent,
  type NetworkEventListener,
  type Tracing,
  type WaitOptions,
  type ContainerReference,
  type RequestOptions,
  type Service,
  type ServiceDeclaration,
  type ServiceGetOptions,
  type ServiceReference
} from '@hcengineering/network-core'
import {
  dispatchRequest,
  dispatchSend,
  dispatchStream,
  performForCoordinator,
  tellAgent
} from './agent-dispatcher.ts'
import type { NetworkClient, StandbyContainer } from './api.ts'
import type { ClientCore } from './client-core.ts'
import { ClientCounters, type ClientCounts } from './client-counts.ts'
import type { ContainerLink } from './container-link.ts'
import { ContainerLinks } from './container-links.ts'
import { LocalSessions } from './local-sessions.ts'
import { RemoteCoordinator } from './coordinator-link.ts'
import { createAgent, type CreateAgentOptions, type ServedAgent } from './create-agent.ts'
import { DirectSessions } from './direct-sessions.ts'
import { resolveClientOptions, type ClientOptions, type ResolvedClientOptions } from './options.ts'
import { answerGraceMs, ReferenceImpl, ReferenceState, releaseHandle } from './reference.ts'
import { tryAgain } from './retry.ts'
import { TypedReference } from './service-reference.ts'
import { withTrace } from './trace-headers.ts'

const unreachableMs = 10_000
const claimRetryMs = 1000
const unreachableMax = 1000

interface RegisteredAgent {
  readonly agent: NetworkAgent
  readonly link: AgentLink
  readonly binding: AgentBinding
}

/** A client of the network over one session with the coordinator, and direct sessions with agents. */
class NetworkClientImpl implements NetworkClient, ClientCore {
  readonly uuid: ClientUuid
  readonly clock: Clock
  readonly logger: Logger
  readonly tracing: Tracing | undefined
  readonly counters = new ClientCounters()
  readonly timeoutMs: number
  readonly heldEventsMax: number
  readonly direct: DirectSessions
  readonly local: LocalSessions
  closed = false

  private readonly options: ResolvedClientOptions
  private readonly dialler: Dialler
  private readonly references = new Map<ContainerUuid, Set<ReferenceState>>()
  private readonly links = new ContainerLinks()
  private readonly agentsByChannel = new Map<number, RegisteredAgent>()
  private readonly listeners = new Set<NetworkEventListener>()
  /** The highest epoch of which it has heard in events: a coordinator that forgot it must not go below (I2). */
  /** Who answers at the coordinator's address. */
  private coordinator: string | undefined
  private seen: CoordinatorIdentity | undefined
  private readonly unreachable = new Map<string, number>()
  private nextChannel = 1
  /** Handles are told apart within a client, and short ones cost less than uuids. */
  private nextHandle = 1

  constructor(address: string, options: ClientOptions) {
    this.options = resolveClientOptions(options)
    const { clock, logger, timeoutMs, heldEventsMax, ids, tracing } = this.options
    this.clock = clock
    this.logger = logger
    this.tracing = tracing
    this.timeoutMs = timeoutMs
    this.heldEventsMax = heldEventsMax
    this.uuid = clientUuid(ids)
    this.direct = new DirectSessions(this.options, this.uuid, ({ address, dialler }) => ({
      notice: (frame) => this.links.notice(dialler.session, frame),
      forgotten: () => this.sessionForgotten(dialler.session),
      unreachable: () => {
        this.noteUnreachable(address)
        this.sessionForgotten(dialler.session)
      }
    }))
    this.local = new LocalSessions(this.options, this.uuid, (session) => ({
      request: (call) => call.fail(new NetworkError('UNKNOWN_OPERATION', 'a client serves nothing here')),
      send: (frame) => this.links.notice(session(), frame)
    }))
    this.dialler = apart(tracing, () => this.dial(address))
  }

  private dial(address: string): Dialler {
    const { transport, clock, ids, logger, limits, aliveTimeoutMs } = this.options
    return new Dialler({
      transport,
      clock,
      ids,
      logger,
      limits,
      errors: networkError,
      address,
      peerId: this.uuid,
      aliveTimeoutMs,
      handler: {
        request: (call) => this.serve(call),
        send: (frame) => this.hear(frame),
        stream: (incoming, session) => this.serveStream(incoming, session)
      },
      onConnected: (welcome, fresh) => {
        this.meet(welcome.details)
        if (fresh) this.introduce()
      }
    }).start()
  }

  get session(): Session {
    return this.dialler.session
  }

  waitConnection(timeoutMs = 30_000): Promise<void> {
    return this.dialler.waitConnected(timeoutMs)
  }

  // Agents

  async register(agent: NetworkAgent): Promise<void> {
    this.requireOpen()
    for (const known of this.agentsByChannel.values()) {
      if (known.agent === agent) {
        await known.binding.registered
        return
      }
    }
    const channel = this.nextChannel++
    const { link } = agent
    // Known before it is bound: the coordinator's commands may come with its answer.
    const binding = link.bind(new RemoteCoordinator(this.session, channel, this, this.clock))
    this.agentsByChannel.set(channel, { agent, link, binding })
    this.options.localAgents?.add(link)
    try {
      await binding.registered
    } catch (error) {
      this.options.localAgents?.delete(link)
      this.agentsByChannel.delete(channel)
      throw error
    }
  }

  async unregister(agent: NetworkAgent): Promise<void> {
    for (const [channel, known] of this.agentsByChannel) {
      if (known.agent !== agent) continue
      this.options.localAgents?.delete(known.link)
      await known.binding.close()
      this.agentsByChannel.delete(channel)
    }
  }

  async serveAgent(
    endpoint: string,
    factories: ContainerFactories,
    standbys?: (agentEndpoint: AgentEndpointRef) => StandbyContainer[],
    options: CreateAgentOptions = {}
  ): Promise<ServedAgent> {
    this.requireOpen()
    const { clock, logger, transport, ids, tracing } = this.options
    const parts = { clock, logger, transport, ids, tracing, ...options }
    const served = await createAgent(endpoint, factories, parts)
    try {
      for (const item of standbys?.(served.server.endpoint) ?? []) {
        served.agent.addStatelessContainer(item.uuid, item.kind, item.endpoint, item.container)
      }
      await this.register(served.agent)
    } catch (error) {
      await served.server.close()
      throw error
    }
    return served
  }

  // Containers

  get(kind: ContainerKind, options?: GetOptions & WaitOptions): Promise<ContainerReference>
  get<D extends ServiceDeclaration>(
    service: Service<D>,
    options?: ServiceGetOptions<D>
  ): Promise<ServiceReference<D>>
  async get(
    what: ContainerKind | Service,
    options: GetOptions & WaitOptions = {}
  ): Promise<ContainerReference | ServiceReference<ServiceDeclaration>> {
    return isService(what)
      ? new TypedReference(what, await this.getUntyped(what.kind, options))
      : await this.getUntyped(what, options)
  }

  private getUntyped(kind: ContainerKind, options: GetOptions & WaitOptions): Promise<ContainerReference> {
    const trace = this.tracing?.ask('get', 'get', kind, options.uuid)
    const { gets } = this.counters
    gets.begun++
    const found = gets.settled(this.find(kind, options, trace?.headers))
    return trace === undefined ? found : traced(trace, found)
  }

  private async find(
    kind: ContainerKind,
    options: GetOptions & WaitOptions,
    headers: Readonly<Record<string, string>> | undefined
  ): Promise<ContainerReference> {
    this.requireOpen()
    const { uuid, labels, signal } = options
    const extra: unknown = options.extra
    requireName(kind, 'a kind')
    if (uuid !== undefined) requireName(uuid, 'a uuid')
    for (const label of labels ?? []) requireName(label, 'a label')
    const handle = String(this.nextHandle++)
    const request = { kind, uuid, labels, extra }
    const timeoutMs = options.timeoutMs ?? this.timeoutMs
    const value = await ask(this.session, {
      operation: CoordinatorOperation.get,
      data: { handle, kind, uuid, labels: labels ?? [], extra, timeoutMs },
      headers,
      timeoutMs: timeoutMs + answerGraceMs,
      idempotent: true,
      signal
    }).catch((error: unknown) => {
      // The coordinator may have given the reference, and only its answer was lost.
      if (!this.closed) releaseHandle(this, handle)
      throw error
    })
    const state = new ReferenceState({ core: this, handle, request, record: readContainerRecord(value) })
    const states = this.references.get(state.record.uuid)
    if (states === undefined) this.references.set(state.record.uuid, new Set([state]))
    else states.add(state)
    return new ReferenceImpl(this, state)
  }

  async list(kind?: ContainerKind): Promise<ContainerRecord[]> {
    if (kind !== undefined) requireName(kind, 'a kind')
    return readContainerRecords(await this.ask(CoordinatorOperation.list, { kind }))
  }

  async kinds(): Promise<ContainerKind[]> {
    return readKinds(await this.ask(CoordinatorOperation.kinds))
  }

  async agents(): Promise<AgentRecord[]> {
    return readAgentRecords(await this.ask(CoordinatorOperation.agents))
  }

  request(
    target: ContainerUuid,
    operation: string,
    data?: Data,
    options: RequestOptions = {}
  ): Promise<Data> {
    const trace = this.tracing?.ask('request', operation, undefined, target)
    if (trace === undefined) return this.requestOf(target, operation, data, options)
    return traced(trace, this.requestOf(target, operation, data, withTrace(options, trace)))
  }

  private async requestOf(
    target: ContainerUuid,
    operation: string,
    data: Data,
    options: RequestOptions
  ): Promise<Data> {
    this.requireOpen()
    requireName(target, 'a target')
    const timeoutMs = options.timeoutMs ?? this.timeoutMs
    const idempotent = options.idempotent ?? false
    const attempt = (remainingMs: number): Promise<unknown> =>
      ask(this.session, {
        target,
        operation,
        data,
        headers: options.headers,
        signal: options.signal,
        idempotent,
        timeoutMs: remainingMs
      })
    const deadline = this.clock.now() + timeoutMs
    const { requests } = this.counters
    requests.begun++
    try {
      const answer = await attempt(timeoutMs)
      requests.answered++
      return answer
    } catch (error) {
      // Without a reference there is nothing that would bring back a container that does not exist.
      const mayTryAgain = (failure: unknown): boolean =>
        hasCode(failure, 'NOT_SERVING') || (idempotent && hasCode(failure, 'OUTCOME_UNKNOWN'))
      if (!mayTryAgain(error)) {
        requests.fail(error)
        throw error
      }
      requests.triedAgain++
      const again = tryAgain({
        clock: this.clock,
        deadline,
        what: `'${operation}'`,
        signal: options.signal,
        mayTryAgain,
        error,
        relocate: async () => {},
        attempt
      })
      return await requests.settled(again)
    }
  }

  onUpdate(listener: NetworkEventListener): () => void {
    this.requireOpen()
    this.listeners.add(listener)
    if (this.listeners.size === 1) this.subscribe(true)
    return () => {
      if (this.listeners.delete(listener) && this.listeners.size === 0 && !this.closed) this.subscribe(false)
    }
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.listeners.clear()
    this.links.close()
    this.references.clear()
    this.direct.close()
    this.local.close()
    // Only who is there can be told; otherwise the leases run out.
    if (this.dialler.connected)
      await Promise.all([...this.agentsByChannel.values()].map((known) => known.binding.close()))
    this.dialler.close()
    await Promise.all([...this.agentsByChannel.values()].map((known) => known.binding.close()))
    for (const { link } of this.agentsByChannel.values()) this.options.localAgents?.delete(link)
    this.agentsByChannel.clear()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  counts(): ClientCounts {
    const { counters, dialler, direct } = this
    return {
      requests: counters.requests,
      gets: counters.gets,
      streams: counters.streams,
      connected: dialler.connected,
      references: this.references.size,
      connections: this.links.size,
      directSessions: direct.size,
      queuedBytes: this.session.waitingBytes + direct.queuedBytes,
      windowStalls: this.session.windowStalls + direct.windowStalls
    }
  }

  // For references and links

  linkTo(uuid: ContainerUuid, kind: ContainerKind): ContainerLink {
    return this.links.to(uuid, kind, this)
  }

  forgetLink(link: ContainerLink): void {
    this.links.forget(link)
  }

  forgetReference(reference: ReferenceState): void {
    const { uuid } = reference.record
    const states = this.references.get(uuid)
    states?.delete(reference)
    if (states?.size === 0) this.references.delete(uuid)
  }

  isUnreachable(address: string): boolean {
    const until = this.unreachable.get(address)
    if (until === undefined) return false
    if (this.clock.now() < until) return true
    this.unreachable.delete(address)
    return false
  }

  noteUnreachable(address: string): void {
    const oldest = this.unreachable.keys().next().value
    if (this.unreachable.size >= unreachableMax && oldest !== undefined) this.unreachable.delete(oldest)
    this.unreachable.set(address, this.clock.now() + unreachableMs)
  }

  // What comes from the coordinator

  /** The coordinator knows nothing of this client, yet or any more: tells it all that it should. */
  private introduce(): void {
    for (const { binding } of this.agentsByChannel.values()) binding.refresh()
    this.catchUp()
    this.sessionForgotten(this.session)
  }

  /** Events were missed: asks for all that they would have told (I12). */
  private catchUp(): void {
    if (this.listeners.size > 0) this.subscribe(true, true)
    for (const states of this.references.values()) for (const state of states) this.claim(state)
  }

  /** Tells the coordinator of a reference, until it knows of it (I4). */
  private claim(state: ReferenceState): void {
    const { uuid } = state.record
    if (this.closed || this.references.get(uuid)?.has(state) !== true) return
    state.locate(this.timeoutMs).then(
      (record) => this.links.moved(record, true),
      (error: unknown) => {
        if (this.closed) return
        this.logger.warn({ uuid, error }, 'a reference could not be claimed again yet')
        this.clock.after(claimRetryMs, () => this.claim(state))
      }
    )
  }

  private sessionForgotten(session: Session): void {
    this.links.sessionForgotten(session)
  }

  /** A command or a request for one of this client's agents. */
  private serve(call: IncomingCall): void {
    const known = this.agentsByChannel.get(call.channel)
    if (known === undefined) {
      call.fail(new NetworkError('NOT_SERVING', 'this client has no such agent', { retryable: true }))
    } else if (call.target === '') {
      performForCoordinator(known.link, call)
    } else {
      dispatchRequest(known.link, call, call.origin as ClientUuid)
    }
  }

  /** A stream of one of this client's agents, opened through the coordinator. */
  private serveStream(incoming: IncomingStream, session: Session): void {
    const known = this.agentsByChannel.get(incoming.channel)
    if (known === undefined) {
      incoming.stream.end(
        new NetworkError('NOT_SERVING', 'this client has no such agent', { retryable: true })
      )
    } else {
      dispatchStream(known.link, incoming, incoming.origin as ClientUuid, session)
    }
  }

  private hear(frame: SendFrame): void {
    if (frame.channel > 0) {
      const known = this.agentsByChannel.get(frame.channel)
      if (known === undefined) return
      if (frame.target === '') tellAgent(known.link, frame, this.session, this.logger)
      else dispatchSend(known.link, frame, frame.origin as ClientUuid, this.logger)
    } else if (frame.target !== '') {
      this.links.notice(this.session, frame)
    } else if (frame.operation === ClientNotice.event) {
      this.hearEvent(frame)
    } else if (frame.operation === ClientNotice.missed) {
      this.catchUp()
    }
  }

  private hearEvent(frame: SendFrame): void {
    let event: NetworkEvent
    try {
      event = readNetworkEvent(decodeValue(frame.payload, networkError))
    } catch (error) {
      this.logger.warn({ error }, 'an event was not understood')
      return
    }
    for (const { container, event: kind } of event.containers) {
      this.see(container.token)
      const serves = kind !== NetworkEventKind.removed
      if (serves) for (const state of this.references.get(container.uuid) ?? []) state.update(container)
      this.links.moved(container, serves)
    }
    for (const listener of this.listeners) this.tell(listener, event)
  }

  private meet(details: unknown): void {
    try {
      this.coordinator = readCoordinatorDetails(details).incarnation
    } catch (error) {
      this.coordinator = undefined
      this.logger.warn({ error }, 'the coordinator does not say who it is')
    }
  }

  /** What a token says of the coordinator: the next one has to give out higher ones. */
  private see(token: ActivationToken): void {
    if (this.seen === undefined || token.epoch > this.seen.epoch) this.seen = this.seenAs(token)
  }

  seenAs({ epoch }: ActivationToken): CoordinatorIdentity | undefined {
    return this.coordinator === undefined ? undefined : { epoch, incarnation: this.coordinator }
  }

  private tell(listener: NetworkEventListener, event: NetworkEvent): void {
    const report = (error: unknown): void => this.logger.error({ error }, 'a listener of events failed')
    try {
      Promise.resolve(listener(event)).catch(report)
    } catch (error) {
      report(error)
    }
  }

  private subscribe(on: boolean, snapshot = false): void {
    this.ask(CoordinatorOperation.subscribe, { on, snapshot, seen: this.seen }).catch((error: unknown) => {
      if (!this.closed) this.logger.warn({ error, on }, 'the subscription to events was not heard')
    })
  }

  private ask(operation: string, data?: unknown): Promise<unknown> {
    this.requireOpen()
    return ask(this.session, { operation, data, timeoutMs: this.timeoutMs, idempotent: true })
  }

  private requireOpen(): void {
    if (this.closed) throw new NetworkError('CLOSED', 'the client has been closed')
  }
}

/**
 * Opens a client. It connects, and stays connected, by itself; requests made meanwhile wait.
 *
 * @param url `host:port` of the coordinator
 * @param options how long this client's silence keeps its references, in seconds (default 3), or all options
 * @throws NetworkError `ADDRESS_INVALID`, `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { createNetworkClient } from '@hcengineering/network-client'
 *
 * await using client = createNetworkClient('localhost:3737', { timeoutMs: 5000 })
 * await client.waitConnection(5000)
 * console.log(await client.kinds())
 * ```
 */
export function createNetworkClient(url: string, options: number | ClientOptions = {}): NetworkClient {
  return new NetworkClientImpl(url, typeof options === 'number' ? { aliveTimeout: options } : options)
}
