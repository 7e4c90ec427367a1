import {
  agentEndpointRef,
  NetworkError,
  type AgentEndpointRef,
  type AgentImpl,
  type TickManager
} from '@hcengineering/network-core'
import { AgentListener, type AgentListenerOptions, type AgentServerCounts } from './agent-listener.ts'
import { eventOptionsOfAgents } from './local-sessions.ts'

/**
 * Listens for an agent, so that clients can talk to its containers without the coordinator between.
 *
 * @example
 * ```ts
 * import { AgentImpl, TickManagerImpl, type AgentUuid } from '@hcengineering/network-core'
 * import { NetworkAgentServer } from '@hcengineering/network-client'
 *
 * const server = new NetworkAgentServer(new TickManagerImpl(10), 'localhost', '*', 0)
 * await server.start(new AgentImpl('agent-1' as AgentUuid, {}))
 * console.log('reached at', server.endpoint)
 * await server.close()
 * ```
 */
export class NetworkAgentServer {
  private readonly listener: AgentListener
  private readonly endpointHost: string
  private agent: AgentImpl | undefined
  private closing: Promise<void> | undefined

  /**
   * Listens at once; serves once {@link start} has named the agent.
   *
   * @param endpointHost the name by which clients reach this machine
   * @param bindHost the address to listen on; `*` for all interfaces
   * @param port 0 lets the system choose; {@link getPort} tells
   * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`
   */
  constructor(
    tickManager: TickManager,
    endpointHost: string,
    bindHost: string,
    port: number,
    options: AgentListenerOptions = {}
  ) {
    this.endpointHost = endpointHost
    this.listener = new AgentListener(
      { clock: tickManager, host: bindHost, port, agent: () => this.agent?.link },
      options
    )
  }

  /** The port it listens on. */
  getPort(): number {
    return this.listener.port
  }

  /** Where clients reach it. */
  get endpoint(): AgentEndpointRef {
    return agentEndpointRef(`${this.endpointHost}:${this.listener.port}`)
  }

  /** Serves this agent, and tells it where it is reached. */
  async start(agent: AgentImpl): Promise<void> {
    if (this.closing !== undefined) throw new NetworkError('CLOSED', 'this agent server has been closed')
    if (this.agent !== undefined && this.agent !== agent) {
      throw new NetworkError('INVALID_ARGUMENT', `this agent server serves agent ${this.agent.uuid} already`)
    }
    this.agent = agent
    eventOptionsOfAgents.set(agent.link, this.listener.eventOptions)
    agent.endpoint = this.endpoint
  }

  /**
   * Leaves without failing a call: each container goes elsewhere once it has answered what it was asked, up to the
   * agent's `drainTimeout`. Then {@link close}. What to do upon SIGTERM.
   */
  async drain(): Promise<void> {
    if (this.closing === undefined) await this.agent?.drain()
    await this.close()
  }

  /** How much there is of everything; for metrics. */
  counts(): AgentServerCounts {
    return this.listener.counts()
  }

  /** Ends the agent's containers, awaiting each `terminate()`, lets the agent go, and stops listening. */
  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async shutDown(): Promise<void> {
    // The listener goes last: an address that refuses says that nothing is served there any more.
    await this.agent?.close()
    await this.listener.close()
  }
}
