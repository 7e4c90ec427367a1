import {
  createEventQueueCounters,
  EventQueue,
  Listener,
  resolveEventQueueOptions,
  zeromqTransport,
  type EventQueueCounters,
  type EventQueueOptions,
  type IncomingCall,
  type ResolvedEventQueueOptions,
  type Session,
  type ListenerOptions,
  type SessionLimits,
  type Transport
} from '@hcengineering/network-backrpc'
import {
  apart,
  networkError,
  NetworkError,
  randomIds,
  requireName,
  silentLogger,
  timeouts,
  type AgentLink,
  type ClientUuid,
  type Clock,
  type ContainerUuid,
  type IdSource,
  type Logger,
  type Tracing
} from '@hcengineering/network-core'
import {
  dispatchRequest,
  dispatchSend,
  dispatchStream,
  endedNotice,
  notServedHere,
  performForClient
} from './agent-dispatcher.ts'

/** Options of what listens for clients on an agent's side. */
export interface AgentListenerOptions extends EventQueueOptions {
  /** What carries the messages. @default zeromq */
  transport?: Transport | undefined
  /** @default says nothing */
  logger?: Logger | undefined
  /** What this listener accepts of each session. */
  limits?: Partial<SessionLimits> | undefined
  /** How often clients ping, in seconds. @default 1 */
  pingInterval?: number | undefined
  /** Sessions at once. @default 65536 */
  sessionsMax?: number | undefined
  /** Makes session ids and secrets; must be unguessable. @default random uuids */
  ids?: IdSource | undefined
  /** Keeps what comes in here out of the trace in which this listener is made. @default none */
  tracing?: Tracing | undefined
}

/** Where it listens, and for whom. */
export interface AgentListenerParts {
  readonly clock: Clock
  readonly host: string
  readonly port: number
  /** The agent that is listened for; undefined before there is one. */
  readonly agent: () => AgentLink | undefined
  /** The one container that is reached here; absent when all of the agent's are. */
  readonly only?: ContainerUuid
}

/** How much an agent's listener has of everything; for metrics. */
export interface AgentServerCounts {
  readonly sessions: number
  /** Messages that were malformed, and ended their connection. */
  readonly refusedMessages: number
  /** Clients that did not read their events, and what that has cost them. */
  readonly events: Readonly<EventQueueCounters>
  /** Bytes of answers and events that wait to leave. */
  readonly queuedBytes: number
  /** How often what had to leave found the window of a session shut. */
  readonly windowStalls: number
}

/** Listens for clients that talk to containers directly. */
export class AgentListener {
  private readonly listener: Listener
  private readonly parts: AgentListenerParts
  /** How events for slow clients are treated. */
  readonly eventOptions: ResolvedEventQueueOptions
  private readonly logger: Logger
  private readonly events = new WeakMap<Session, EventQueue>()
  private readonly eventCounters = createEventQueueCounters()
  /** Of sessions that are over. */
  private formerStalls = 0

  /** @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT` */
  constructor(parts: AgentListenerParts, options: AgentListenerOptions = {}) {
    this.parts = parts
    this.eventOptions = resolveEventQueueOptions(options, networkError)
    const logger = options.logger ?? silentLogger
    this.logger = logger
    const pingIntervalMs = (options.pingInterval ?? timeouts.pingInterval) * 1000
    if (!(pingIntervalMs >= 1)) {
      throw new NetworkError('INVALID_ARGUMENT', 'pingInterval must be a number of seconds of at least 0.001')
    }
    if (!Number.isInteger(parts.port) || parts.port < 0 || parts.port > 65_535) {
      throw new NetworkError(
        'INVALID_ARGUMENT',
        `port must be a whole number from 0 to 65535, got ${String(parts.port)}`
      )
    }
    const listening: ListenerOptions = {
      transport: options.transport ?? zeromqTransport,
      clock: parts.clock,
      ids: options.ids ?? randomIds,
      errors: networkError,
      limits: options.limits,
      logger,
      host: parts.host,
      port: parts.port,
      pingIntervalMs,
      sessionsMax: options.sessionsMax,
      // Whoever dials learns who answers here: a coordinator tells a new incarnation from the one it knew.
      details: () => {
        const agent = parts.agent()
        return agent && { agentId: agent.agentId, incarnation: agent.incarnation }
      },
      handler: {
        request: (call) => this.request(call),
        stream: (incoming, session) => {
          const agent = this.agentFor(incoming.target)
          if (agent === undefined) incoming.stream.end(notServedHere(incoming.target))
          else dispatchStream(agent, incoming, session.context as ClientUuid, session)
        },
        send: (frame, session) => {
          const agent = this.agentFor(frame.target)
          if (agent !== undefined) dispatchSend(agent, frame, session.context as ClientUuid, logger)
        }
      },
      onHello: (hello) => requireName(hello.peerId, 'a client uuid'),
      onSession: (peer) => {
        peer.session.context = peer.hello.peerId
      },
      onEnded: ({ session }) => {
        this.formerStalls += session.windowStalls
        this.parts.agent()?.sessionEnded(session)
      }
    }
    this.listener = apart(options.tracing, () => new Listener(listening))
  }

  get port(): number {
    return this.listener.port
  }

  counts(): AgentServerCounts {
    let queuedBytes = this.eventCounters.waitingBytes
    let windowStalls = this.formerStalls
    for (const { session } of this.listener.peers) {
      queuedBytes += session.waitingBytes
      windowStalls += session.windowStalls
    }
    return {
      sessions: this.listener.sessionCount,
      refusedMessages: this.listener.refusedMessages,
      events: this.eventCounters,
      queuedBytes,
      windowStalls
    }
  }

  close(): Promise<void> {
    return this.listener.close()
  }

  private request(call: IncomingCall): void {
    const clientId = call.session.context as ClientUuid
    if (call.target === '') {
      performForClient((uuid) => this.agentFor(uuid), call, clientId, this.eventsOf(call.session))
      return
    }
    const agent = this.agentFor(call.target)
    if (agent === undefined) call.fail(notServedHere(call.target))
    else dispatchRequest(agent, call, clientId)
  }

  private eventsOf(session: Session): EventQueue {
    let events = this.events.get(session)
    if (events === undefined) {
      const drop = (target: string): void => {
        const clientId = session.context as ClientUuid
        const uuid = target as ContainerUuid
        this.logger.warn({ uuid, clientId }, 'a client does not read its events')
        this.agentFor(uuid)?.disconnect(uuid, clientId, session)
        queue.append(endedNotice(uuid))
      }
      const queue = new EventQueue(session, this.eventOptions, drop, this.eventCounters)
      events = queue
      this.events.set(session, events)
    }
    return events
  }

  private agentFor(uuid: string): AgentLink | undefined {
    const { agent, only } = this.parts
    return only === undefined || only === uuid ? agent() : undefined
  }
}
