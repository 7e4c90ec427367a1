import {
  EventQueue,
  microtaskSchedule,
  resolveEventQueueOptions,
  Session,
  type ResolvedEventQueueOptions,
  type SessionHandler
} from '@hcengineering/network-backrpc'
import {
  networkError,
  NetworkError,
  type AgentLink,
  type AgentUuid,
  type ClientUuid,
  type ContainerUuid
} from '@hcengineering/network-core'
import {
  dispatchRequest,
  dispatchSend,
  dispatchStream,
  endedNotice,
  performForClient
} from './agent-dispatcher.ts'
import type { ResolvedClientOptions } from './options.ts'

/** The agents of a process that clients of the same process can reach without a socket. */
export class LocalAgents {
  private readonly byId = new Map<AgentUuid, AgentLink>()

  add(agent: AgentLink): void {
    this.byId.set(agent.agentId, agent)
  }

  delete(agent: AgentLink): void {
    if (this.byId.get(agent.agentId) === agent) this.byId.delete(agent.agentId)
  }

  get(agentId: AgentUuid): AgentLink | undefined {
    return this.byId.get(agentId)
  }
}

/** How the servers of agents of this process were told to treat events for slow clients. */
export const eventOptionsOfAgents = new WeakMap<AgentLink, ResolvedEventQueueOptions>()

/** Runs at the end of this turn. */
function defer(run: () => void): void {
  process.nextTick(run)
}

const ownProcess = { from: 'client', to: 'agent' }

/** The agents of this process. */
export const agentsOfThisProcess = new LocalAgents()

interface LocalSession {
  readonly agent: AgentLink
  /** The client's end. */
  readonly session: Session
  /** The agent's end. */
  readonly served: Session
}

/**
 * A client's sessions with agents of its own process: two sessions face to face. All that sessions give holds
 * here, too (copies of the data, deadlines, errors, fencing); only the transport is left out.
 */
export class LocalSessions {
  private readonly options: ResolvedClientOptions
  private readonly clientId: ClientUuid
  private readonly handlerFor: (session: () => Session) => SessionHandler
  private readonly sessions = new Map<AgentUuid, LocalSession>()

  constructor(
    options: ResolvedClientOptions,
    clientId: ClientUuid,
    handlerFor: (session: () => Session) => SessionHandler
  ) {
    this.options = options
    this.clientId = clientId
    this.handlerFor = handlerFor
  }

  /** The session with an agent of this process; undefined when it is not one. */
  find(agentId: AgentUuid): Session | undefined {
    const agent = this.options.localAgents?.get(agentId)
    const known = this.sessions.get(agentId)
    if (known !== undefined && known.agent === agent) return known.session
    if (known !== undefined) this.end(known)
    if (agent === undefined) return undefined
    const opened = this.open(agent)
    this.sessions.set(agentId, opened)
    return opened.session
  }

  close(): void {
    for (const session of [...this.sessions.values()]) this.end(session)
  }

  private open(agent: AgentLink): LocalSession {
    const { clock, limits, logger, tracing } = this.options
    const { clientId } = this
    const parts = { clock, limits, errors: networkError, defer }
    const holder: { session?: Session } = {}
    const session = new Session({ ...parts, handler: this.handlerFor(() => holder.session as Session) })
    holder.session = session
    const served: Session = new Session({
      ...parts,
      handler: {
        request: (call) => {
          if (call.target === '') performForClient(() => agent, call, clientId, events)
          else dispatchRequest(agent, call, clientId)
        },
        send: (frame) => dispatchSend(agent, frame, clientId, logger),
        stream: (incoming) => dispatchStream(agent, incoming, clientId, served)
      }
    })
    const eventOptions = eventOptionsOfAgents.get(agent) ?? resolveEventQueueOptions({}, networkError)
    const events = new EventQueue(served, eventOptions, (target) => {
      const uuid = target as ContainerUuid
      logger.warn({ uuid, clientId }, 'a client does not read its events')
      agent.disconnect(uuid, clientId, served)
      events.append(endedNotice(uuid))
    })
    // Never within the caller's own turn, as over a socket; and never so often that timers would starve.
    const schedule = microtaskSchedule()
    const to = (end: Session) => (message: Uint8Array) => {
      schedule(() => {
        if (end.ended) return
        // What has arrived is of many: it does not belong to the trace of whoever has sent the first of it.
        if (tracing === undefined) end.receive(message)
        else tracing.apart(() => end.receive(message))
      }, ownProcess)
    }
    session.attach(to(served), limits, 0)
    served.attach(to(session), limits, 0)
    return { agent, session, served }
  }

  private end(local: LocalSession): void {
    this.sessions.delete(local.agent.agentId)
    const reason = new NetworkError('CLOSED', 'the agent, or the client, has been closed')
    local.session.end(reason)
    local.served.end(reason)
    local.agent.sessionEnded(local.served)
  }
}
