import {
  encodeValue,
  Listener,
  type IncomingCall,
  type ListenerOptions,
  type IncomingStream,
  type ListenerPeer,
  type SendFrame,
  type Session
} from '@hcengineering/network-backrpc'
import {
  apart,
  ClientNotice,
  networkError,
  NetworkError,
  requireName,
  type AgentLink,
  type AgentUuid,
  type ClientUuid,
  type ContainerEvent,
  type ContainerUuid,
  type CoordinatorDetails,
  type CoordinatorGateway,
  type EventBatch,
  type NetworkImpl,
  type TickManager,
  traced
} from '@hcengineering/network-core'
import { AgentWatches } from './agent-watches.ts'
import { ClientPeer } from './client-peer.ts'
import { forwardedTrace } from './forwarded-trace.ts'
import { CoordinatorOperations } from './operations.ts'
import {
  resolveNetworkServerOptions,
  type NetworkServerOptions,
  type ResolvedNetworkServerOptions
} from './options.ts'
import { RemoteAgent } from './remote-agent.ts'
import { Traffic } from './traffic.ts'

/** How much a server has of everything. */
export interface ServerCounts {
  /** Sessions with clients, those included that have no connection just now. */
  readonly sessions: number
  /** Messages that were malformed, and ended their connection. */
  readonly refusedMessages: number
  /** Bytes that wait to leave. */
  readonly queuedBytes: number
  /** How often what had to leave found the window of a session shut. */
  readonly windowStalls: number
}

/** What a server knows of a client's session. */
export interface ClientSessionFacts {
  /** Whether the session has a connection now. */
  readonly connected: boolean
  /** Whether the client hears everything, not only of its own containers. */
  readonly subscribed: boolean
  /** The agents that it has registered. */
  readonly agents: readonly AgentUuid[]
}

/**
 * Binds a coordinator to a port: clients and agents reach it there.
 *
 * @example
 * ```ts
 * import { NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
 * import { NetworkServer } from '@hcengineering/network-server'
 *
 * const tickManager = new TickManagerImpl(10)
 * await using server = new NetworkServer(new NetworkImpl(tickManager), tickManager, '*', 0)
 * console.log('listening on port', server.getPort())
 * ```
 */
export class NetworkServer {
  /** What has passed through since the start. Read only. */
  readonly traffic = new Traffic()

  private readonly gateway: CoordinatorGateway
  private readonly clock: TickManager
  private readonly options: ResolvedNetworkServerOptions
  private readonly listener: Listener
  private readonly watches: AgentWatches
  private readonly operations: CoordinatorOperations
  private readonly peers = new Map<ClientUuid, ClientPeer>()
  private readonly stopEvents: () => void
  /** Of sessions that are over. */
  private formerStalls = 0

  /**
   * Listens at once.
   *
   * @param host `*` for all interfaces
   * @param port 0 lets the system choose; {@link getPort} tells
   * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`
   */
  constructor(
    network: NetworkImpl,
    tickManager: TickManager,
    host: string,
    port: number,
    options: NetworkServerOptions = {}
  ) {
    this.gateway = network.gateway
    this.clock = tickManager
    this.options = resolveNetworkServerOptions(options)
    const { transport, logger, ids, proofOfDeath, tracing } = this.options
    const listening: ListenerOptions = {
      transport: this.options.transport,
      clock: tickManager,
      ids: this.options.ids,
      errors: networkError,
      limits: this.options.limits,
      logger: this.options.logger,
      host,
      port: requirePort(port),
      pingIntervalMs: this.gateway.pingIntervalMs,
      details: (): CoordinatorDetails => ({ incarnation: this.gateway.identity.incarnation }),
      sessionsMax: this.options.sessionsMax,
      handler: {
        request: (call) => this.request(call),
        send: (frame, session) => this.send(frame, session),
        stream: (incoming, session) => this.routeStream(incoming, session)
      },
      onHello: (hello) => requireName(hello.peerId, 'a client uuid'),
      onSession: (peer) => this.opened(peer),
      onHeard: (peer) => {
        const client = peer.session.context as ClientPeer
        // With every message of its: said aloud once, when it came.
        this.unlessRefused(client.clientId, 'debug', () => this.heard(client))
      },
      onEnded: (peer, reason) => this.ended(peer, reason)
    }
    this.listener = apart(tracing, () => new Listener(listening))
    this.watches = new AgentWatches({
      gateway: this.gateway,
      clock: tickManager,
      transport,
      logger,
      ids,
      proofOfDeath
    })
    this.operations = new CoordinatorOperations({
      gateway: this.gateway,
      network,
      clock: tickManager,
      watches: this.watches,
      traffic: this.traffic,
      tracing
    })
    this.stopEvents = this.gateway.onEvents((batch) => this.publish(batch))
  }

  /** The port it listens on. */
  getPort(): number {
    return this.listener.port
  }

  /** Says goodbye to all and stops listening. The network itself goes on. */
  async close(): Promise<void> {
    this.stopEvents()
    this.watches.close()
    await this.listener.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** How much there is of everything. */
  counts(): ServerCounts {
    let queuedBytes = this.traffic.events.waitingBytes
    let windowStalls = this.formerStalls
    for (const { session } of this.listener.peers) {
      queuedBytes += session.waitingBytes
      windowStalls += session.windowStalls
    }
    return {
      sessions: this.listener.sessionCount,
      refusedMessages: this.listener.refusedMessages,
      queuedBytes,
      windowStalls
    }
  }

  /** What is known here of a client's session; undefined when it has none. */
  clientSession(clientId: ClientUuid): ClientSessionFacts | undefined {
    const client = this.peers.get(clientId)
    if (client === undefined) return undefined
    return {
      connected: client.session.attached,
      subscribed: client.subscribed,
      agents: [...client.agents.values()].map(({ agentId }) => agentId)
    }
  }

  private opened(peer: ListenerPeer): void {
    const client = new ClientPeer(peer, this.options.events, this.traffic.events, this.options.logger)
    peer.session.context = client
    // A client that comes with a new session has lost the old one: that one's end must not harm it.
    this.peers.set(client.clientId, client)
    this.unlessRefused(client.clientId, 'warn', () => {
      this.gateway.clientSeen(client.clientId, peer.hello.aliveTimeoutMs)
    })
    this.options.logger.debug({ clientId: client.clientId }, 'client connected')
  }

  /** There may be too many clients: this one is then told so with each of its requests. */
  private unlessRefused(clientId: ClientUuid, level: 'warn' | 'debug', hear: () => void): void {
    try {
      hear()
    } catch (error) {
      this.options.logger[level]({ clientId, error }, 'a client is not taken in')
    }
  }

  private heard(client: ClientPeer): void {
    const isKnown = this.gateway.clientHeard(client.clientId)
    if (isKnown && this.peers.get(client.clientId) === client) return
    // Given up for its silence, and back on the session that outlived it; or a greeting of its that came twice has
    // opened a session that nobody uses. It claims its references anew, and asks for what it was not told.
    this.peers.set(client.clientId, client)
    if (!isKnown) this.gateway.clientSeen(client.clientId, client.aliveTimeoutMs)
    client.notifyMissed()
  }

  private ended(peer: ListenerPeer, reason: string): void {
    this.formerStalls += peer.session.windowStalls
    const client = peer.session.context as ClientPeer
    for (const way of client.connectedThrough.values()) way.disconnect()
    client.connectedThrough.clear()
    this.options.logger.debug({ clientId: client.clientId, reason }, 'client session ended')
    if (this.peers.get(client.clientId) !== client) return
    this.peers.delete(client.clientId)
    // Silence is the coordinator's to judge; a goodbye is the client's own word.
    if (reason === 'goodbye') this.gateway.clientGone(client.clientId)
  }

  private request(call: IncomingCall): void {
    const client = call.session.context as ClientPeer
    if (call.target !== '') {
      this.route(call, client)
      return
    }
    try {
      // First of all, as what it asks for makes it known: that must not pass for all that it holds.
      if (!this.gateway.clientHeard(client.clientId)) this.heard(client)
    } catch (error) {
      call.fail(error)
      return
    }
    this.operations.perform(call, client)
  }

  /** Hands a request to the agent that serves the container; its data is not looked at on the way. */
  private route(call: IncomingCall, client: ClientPeer): void {
    const { traffic } = this
    traffic.requestsRouted++
    const uuid = call.target as ContainerUuid
    const destination = this.gateway.route(uuid)
    if (destination.kind !== 'serving') {
      traffic.requestsFailed++
      call.fail(notServing(uuid, destination.kind))
      return
    }
    const { agent, containerKind } = destination
    const kind = traffic.passedOn(containerKind)
    const { tracing } = this.options
    const { operation } = call
    const trace = tracing && forwardedTrace(tracing, 'request', call.rawHeaders, operation, uuid)
    if (agent instanceof RemoteAgent) {
      agent.forward(call, client.clientId, kind, trace)
      return
    }
    const answer = dispatchLocally(agent, call, client.clientId, trace?.headers)
    const settled = trace === undefined ? answer : traced(trace, answer)
    settled.then(
      (value) => {
        traffic.settled(kind, this.clock.now() - call.arrivedAt, false)
        call.respond(value)
      },
      (error: unknown) => {
        traffic.settled(kind, this.clock.now() - call.arrivedAt, true)
        call.fail(error)
      }
    )
  }

  private routeStream(incoming: IncomingStream, session: Session): void {
    this.traffic.streamsRouted++
    const client = session.context as ClientPeer
    const destination = this.gateway.route(incoming.target as ContainerUuid)
    if (destination.kind === 'serving') {
      if (destination.agent instanceof RemoteAgent) this.forwardStream(destination.agent, incoming, client)
      else this.operations.streamLocally(destination.agent, incoming, client)
    } else {
      incoming.stream.end(notServing(incoming.target, destination.kind))
    }
  }

  private forwardStream(agent: RemoteAgent, incoming: IncomingStream, client: ClientPeer): void {
    const { tracing } = this.options
    const { headers, operation, target } = incoming
    const trace = tracing && forwardedTrace(tracing, 'stream', headers, operation, target)
    agent.forwardStream(incoming, client.clientId, trace)
  }

  private send(frame: SendFrame, session: Session): void {
    const client = session.context as ClientPeer
    try {
      if (frame.channel > 0) this.fromAgent(frame, client)
      else this.sendOn(frame, client)
    } catch (error) {
      this.options.logger.warn(
        { clientId: client.clientId, operation: frame.operation, error },
        'a send failed'
      )
    }
  }

  /** Fire and forget, from a client to a container. */
  private sendOn(frame: SendFrame, client: ClientPeer): void {
    this.traffic.sendsRouted++
    const destination = this.gateway.route(frame.target as ContainerUuid)
    if (destination.kind !== 'serving') return
    if (destination.agent instanceof RemoteAgent) {
      destination.agent.forwardSend(frame, client.clientId)
      return
    }
    this.operations.sendLocally(destination.agent, frame, client)
  }

  /** What an agent that is reached through this server has to say to one of the clients. */
  private fromAgent(frame: SendFrame, peer: ClientPeer): void {
    const agent = peer.agents.get(frame.channel)
    const uuid = frame.target as ContainerUuid
    const clientId = frame.origin as ClientUuid
    // Only to clients that have connected to it, and where they did: an agent cannot talk to others.
    const subscriber = agent?.subscriberOf(uuid, clientId)
    if (agent === undefined || subscriber === undefined) return
    const client = (subscriber.session as Session).context as ClientPeer
    if (frame.operation === ClientNotice.broadcast) {
      this.traffic.broadcasts++
      client.deliver(uuid, frame.payload)
    } else if (frame.operation === ClientNotice.ended) {
      agent.forget(uuid, clientId)
      client.ended(uuid)
    }
  }

  /** Tells everyone what concerns them; what goes to all is encoded once. */
  private publish(batch: EventBatch): void {
    let everything: Uint8Array | undefined
    const byHolder = new Map<ClientUuid, ContainerEvent[]>()
    for (const [index, container] of batch.event.containers.entries()) {
      for (const holder of batch.holders[index] ?? []) {
        const events = byHolder.get(holder)
        if (events === undefined) byHolder.set(holder, [container])
        else events.push(container)
      }
    }
    for (const client of this.peers.values()) {
      if (!client.subscribed) continue
      everything ??= encodeValue(batch.event, networkError)
      this.notify(client, everything)
    }
    for (const [holder, containers] of byHolder) {
      const client = this.peers.get(holder)
      if (client === undefined || client.subscribed) continue
      this.notify(client, encodeValue({ agents: [], containers }, networkError))
    }
  }

  /** One that takes no message as long as this has to ask for what it needs; the others hear it. */
  private notify(client: ClientPeer, event: Uint8Array): void {
    try {
      client.notify(event)
    } catch (error) {
      this.options.logger.warn({ clientId: client.clientId, error }, 'an event was left out')
      client.notifyMissed()
    }
  }
}

/**
 * To an agent of this process, which looks at what is in a request.
 *
 * @param headers in place of its own
 * @throws `INVALID_MESSAGE` for bytes that are no value, and what the container throws
 */
async function dispatchLocally(
  agent: AgentLink,
  call: IncomingCall,
  clientId: ClientUuid,
  headers: Readonly<Record<string, string>> | undefined
): Promise<unknown> {
  return await agent.dispatch({
    uuid: call.target as ContainerUuid,
    operation: call.operation,
    data: call.data,
    clientId,
    deadline: call.deadline,
    headers: headers ?? call.headers,
    signal: () => call.signal
  })
}

function notServing(uuid: string, kind: 'unknown' | 'not-serving'): NetworkError {
  return kind === 'unknown'
    ? new NetworkError('CONTAINER_NOT_FOUND', `there is no container ${uuid}`)
    : new NetworkError('NOT_SERVING', `container ${uuid} does not serve just now`, { retryable: true })
}

function requirePort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `port must be a whole number from 0 to 65535, got ${String(port)}`
    )
  }
  return port
}
