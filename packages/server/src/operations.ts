import {
  decodeHeaders,
  decodeValue,
  encodeValue,
  serveStream,
  type IncomingCall,
  type IncomingStream,
  type SendFrame
} from '@hcengineering/network-backrpc'
import {
  CoordinatorOperation,
  networkError,
  NetworkError,
  NetworkEventKind,
  readAgentIncarnation,
  readAgentUpdate,
  readEndedReport,
  readGet,
  readHandle,
  readKindFilter,
  readRegistration,
  readRenewal,
  readSubscribe,
  readUuid,
  traced,
  type AgentLink,
  type Clock,
  type ContainerUuid,
  type CoordinatorGateway,
  type Network,
  type NetworkEvent,
  type Tracing
} from '@hcengineering/network-core'
import type { AgentWatches } from './agent-watches.ts'
import type { ClientPeer } from './client-peer.ts'
import { RemoteAgent } from './remote-agent.ts'
import type { Traffic } from './traffic.ts'

type Perform = (call: IncomingCall, client: ClientPeer) => unknown

const channelMax = 0xffff_ffff

export interface CoordinatorOperationsParts {
  readonly gateway: CoordinatorGateway
  readonly network: Network
  readonly clock: Clock
  readonly watches: AgentWatches
  readonly traffic: Traffic
  readonly tracing: Tracing | undefined
}

/** What clients ask of the coordinator itself, by operation. */
export class CoordinatorOperations {
  private readonly gateway: CoordinatorGateway
  private readonly network: Network
  private readonly clock: Clock
  private readonly watches: AgentWatches
  private readonly traffic: Traffic
  private readonly tracing: Tracing | undefined
  private readonly table: ReadonlyMap<string, Perform>

  constructor(parts: CoordinatorOperationsParts) {
    this.gateway = parts.gateway
    this.network = parts.network
    this.clock = parts.clock
    this.watches = parts.watches
    this.traffic = parts.traffic
    this.tracing = parts.tracing
    this.table = new Map<string, Perform>([
      [CoordinatorOperation.get, (call, client) => this.get(call, client)],
      [CoordinatorOperation.release, (call, client) => this.release(call, client)],
      [CoordinatorOperation.list, (call) => this.network.list(readKindFilter(call.data))],
      [CoordinatorOperation.kinds, () => this.network.kinds()],
      [CoordinatorOperation.agents, () => this.network.agents()],
      [CoordinatorOperation.subscribe, (call, client) => this.subscribe(call, client)],
      [CoordinatorOperation.connect, (call, client) => this.connect(call, client)],
      [CoordinatorOperation.disconnect, (call, client) => this.disconnect(call, client)],
      [CoordinatorOperation.renewAgent, (call) => this.gateway.link.renew(readRenewal(call.data))],
      [CoordinatorOperation.updateAgent, (call, client) => this.updateAgent(call, client)],
      [CoordinatorOperation.containerEnded, (call) => this.gateway.link.ended(readEndedReport(call.data))],
      [
        CoordinatorOperation.drainAgent,
        (call) => {
          const { agentId, incarnation } = readAgentIncarnation(call.data)
          return this.gateway.link.drain(agentId, incarnation)
        }
      ],
      [CoordinatorOperation.unregisterAgent, (call, client) => this.unregister(call, client)]
    ])
  }

  /** Answers a call; whatever is wrong with it is the caller's error and harms nobody else. */
  perform(call: IncomingCall, client: ClientPeer): void {
    try {
      if (call.operation === CoordinatorOperation.registerAgent) {
        this.registerAgent(call, client)
        return
      }
      const perform = this.table.get(call.operation)
      if (perform === undefined) {
        throw new NetworkError('UNKNOWN_OPERATION', `the coordinator has no operation '${call.operation}'`)
      }
      const result = perform(call, client)
      if (result instanceof Promise) {
        result.then(
          (value: unknown) => call.respond(value),
          (error: unknown) => call.fail(error)
        )
      } else {
        call.respond(result)
      }
    } catch (error) {
      call.fail(error)
    }
  }

  /** Hands a send to an agent of this process. */
  sendLocally(agent: AgentLink, frame: SendFrame, client: ClientPeer): void {
    agent.dispatchSend({
      uuid: frame.target as ContainerUuid,
      operation: frame.operation,
      data: decodeValue(frame.payload, networkError),
      clientId: client.clientId,
      deadline: Infinity,
      headers: decodeHeaders(frame.headers, networkError),
      signal: () => new AbortController().signal
    })
  }

  /** Hands a stream to an agent of this process. */
  streamLocally(agent: AgentLink, incoming: IncomingStream, client: ClientPeer): void {
    serveStream(incoming, client.session, (served) => {
      const { target, operation, deadline } = incoming
      const address = { uuid: target as ContainerUuid, operation, clientId: client.clientId, deadline }
      agent.dispatchStream(Object.assign(served, address))
    })
  }

  private get(call: IncomingCall, client: ClientPeer): Promise<unknown> {
    const { timeoutMs, ...message } = readGet(call.data)
    const deadline = Math.min(call.deadline, this.clock.now() + (timeoutMs ?? Infinity))
    const headers = call.rawHeaders.length === 0 ? undefined : call.headers
    const start = (told: typeof headers): Promise<unknown> => {
      const get = this.gateway.get({ client: client.clientId, ...message, deadline }, told)
      call.onCancel = () => get.cancel()
      return get.record
    }
    const trace = headers && this.tracing?.forward('get', headers, 'get', message.kind, message.uuid)
    if (trace === undefined) return start(headers)
    return traced(trace, (async () => await start(trace.headers))())
  }

  private release(call: IncomingCall, client: ClientPeer): void {
    this.gateway.release(client.clientId, readHandle(call.data))
  }

  private async subscribe(call: IncomingCall, client: ClientPeer): Promise<void> {
    const { on, snapshot, seen } = readSubscribe(call.data)
    if (seen !== undefined) this.gateway.coordinatorSeen(seen)
    client.subscribed = on
    if (!on || !snapshot) return
    const [agents, containers] = await Promise.all([this.network.agents(), this.network.list()])
    const event = NetworkEventKind.added
    const whole: NetworkEvent = {
      agents: agents.map(({ agentId, kinds }) => ({ id: agentId, kinds, event })),
      containers: containers.map((container) => ({ container, event })),
      snapshot: true
    }
    client.notify(encodeValue(whole, networkError))
  }

  private async connect(call: IncomingCall, client: ClientPeer): Promise<void> {
    const uuid = readUuid(call.data)
    const destination = this.gateway.route(uuid)
    if (destination.kind !== 'serving') {
      throw new NetworkError('NOT_SERVING', `container ${uuid} does not serve just now`, { retryable: true })
    }
    const { agent } = destination
    client.connectedThrough.set(uuid, {
      disconnect: () => agent.disconnect(uuid, client.clientId, client.session)
    })
    try {
      await agent.connect(uuid, client.subscriber())
    } catch (error) {
      client.connectedThrough.delete(uuid)
      throw error
    }
  }

  private disconnect(call: IncomingCall, client: ClientPeer): void {
    const uuid = readUuid(call.data)
    client.connectedThrough.get(uuid)?.disconnect()
    client.connectedThrough.delete(uuid)
  }

  private registerAgent(call: IncomingCall, client: ClientPeer): void {
    const registration = readRegistration(call.data)
    const { channel } = call
    if (channel === 0 || channel > channelMax) {
      throw new NetworkError('INVALID_MESSAGE', 'an agent registers on a channel of its own')
    }
    const { agentId, incarnation, endpoint } = registration
    const known = client.agents.get(channel)
    const agent =
      known?.agentId === agentId && known.incarnation === incarnation
        ? known
        : new RemoteAgent(client.session, channel, agentId, incarnation, {
            now: () => this.clock.now(),
            traffic: this.traffic,
            onGone: () => this.watches.unwatch(agentId, incarnation)
          })
    client.agents.set(channel, agent)
    this.gateway.link.register(registration, agent, (error, reply) => {
      if (error !== undefined) {
        call.fail(error)
        return
      }
      call.respond(reply)
      this.watches.watch({ agentId, incarnation, endpoint, answered: false }, client.session)
    })
  }

  private async updateAgent(call: IncomingCall, client: ClientPeer): Promise<void> {
    const update = readAgentUpdate(call.data)
    await this.gateway.link.update(update)
    const { agentId, incarnation, endpoint } = update
    if (client.agents.get(call.channel)?.incarnation !== incarnation) return
    this.watches.watch({ agentId, incarnation, endpoint, answered: false }, client.session)
  }

  private async unregister(call: IncomingCall, client: ClientPeer): Promise<void> {
    const { agentId, incarnation } = readAgentIncarnation(call.data)
    await this.gateway.link.unregister(agentId, incarnation)
    const agent = client.agents.get(call.channel)
    if (agent?.agentId === agentId) client.agents.delete(call.channel)
  }
}
