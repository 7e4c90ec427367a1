import {
  agentHosting,
  containerListenerEndpointRef,
  type Container,
  type ContainerEndpointRef,
  type ContainerUuid,
  type TickManager
} from '@hcengineering/network-core'
import { AgentListener, type AgentListenerOptions } from './agent-listener.ts'

/**
 * A listener of one container's own, beside its agent's. Requests still pass through the agent that hosts the
 * container, so its lease holds here, too; before an agent has taken the container in, nothing is served.
 *
 * @example
 * ```ts
 * import { TickManagerImpl, type Container, type ContainerUuid } from '@hcengineering/network-core'
 * import { ContainerServer } from '@hcengineering/network-client'
 *
 * const tickManager = new TickManagerImpl(10)
 * export function hosted(uuid: ContainerUuid, container: Container) {
 *   const server = new ContainerServer(tickManager, 'localhost', '*', 0, uuid, container)
 *   return { uuid, container, endpoint: server.endpoint }
 * }
 * ```
 */
export class ContainerServer {
  private readonly listener: AgentListener
  private readonly endpointHost: string
  private readonly uuid: ContainerUuid

  /** @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT` */
  constructor(
    tickManager: TickManager,
    endpointHost: string,
    bindHost: string,
    port: number,
    uuid: ContainerUuid,
    container: Container,
    options: AgentListenerOptions = {}
  ) {
    this.endpointHost = endpointHost
    this.uuid = uuid
    this.listener = new AgentListener(
      { clock: tickManager, host: bindHost, port, agent: () => agentHosting(container), only: uuid },
      options
    )
  }

  /** The port it listens on. */
  getPort(): number {
    return this.listener.port
  }

  /** What a factory returns as the container's endpoint. */
  get endpoint(): ContainerEndpointRef {
    return containerListenerEndpointRef(`${this.endpointHost}:${this.listener.port}`, this.uuid)
  }

  /** Stops listening; call it when the container terminates. */
  close(): Promise<void> {
    return this.listener.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
