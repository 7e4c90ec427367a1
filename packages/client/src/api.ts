import type {
  AgentEndpointRef,
  AgentRecord,
  CallerClient,
  ClientUuid,
  Container,
  ContainerEndpointRef,
  ContainerFactories,
  ContainerKind,
  ContainerRecord,
  ContainerReference,
  ContainerUuid,
  Data,
  GetOptions,
  NetworkAgent,
  NetworkEventListener,
  RequestOptions,
  Service,
  ServiceDeclaration,
  ServiceGetOptions,
  ServiceReference,
  WaitOptions
} from '@hcengineering/network-core'
import type { ClientCounts } from './client-counts.ts'
import type { CreateAgentOptions, ServedAgent } from './create-agent.ts'

/** A container that an agent brings along for high availability. */
export interface StandbyContainer {
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  readonly endpoint: ContainerEndpointRef
  readonly container: Container
}

/** A client of the network. */
export interface NetworkClient extends CallerClient {
  readonly uuid: ClientUuid

  /**
   * Resolves once the coordinator has answered.
   *
   * @param timeoutMs @default 30000
   * @throws NetworkError `CONNECTION_TIMEOUT`, or why it refuses
   */
  waitConnection(timeoutMs?: number): Promise<void>

  /** Takes an agent of this process into the network, and keeps it there while this client is open. */
  register(agent: NetworkAgent): Promise<void>

  /** Lets an agent go: it stops serving first. */
  unregister(agent: NetworkAgent): Promise<void>

  /**
   * Makes an agent with its server and registers it.
   *
   * @param standbys given the agent's endpoint: the containers that it brings along for high availability
   * @param options of the agent and its listener; what they leave out is as this client has it
   */
  serveAgent(
    endpoint: string,
    factories: ContainerFactories,
    standbys?: (agentEndpoint: AgentEndpointRef) => StandbyContainer[],
    options?: CreateAgentOptions
  ): Promise<ServedAgent>

  /**
   * Finds or starts a container.
   *
   * @throws NetworkError `NO_AGENT` at the deadline when nobody offers the kind; `UUID_IN_USE`; the factory's
   * own error
   */
  get(kind: ContainerKind, options?: GetOptions & WaitOptions): Promise<ContainerReference>

  /**
   * Finds or starts a container of a declared service: the reference has a method for each thing that it declares.
   *
   * @throws NetworkError as above
   *
   * @example
   * ```ts
   * import { createNetworkClient } from '@hcengineering/network-client'
   * import { defineService, operation } from '@hcengineering/network-core'
   *
   * const Counter = defineService('counter', { operations: { add: operation<{ by: number }, number>() } })
   *
   * await using client = createNetworkClient('localhost:3737')
   * await using visits = await client.get(Counter, { uuid: 'visits' })
   * console.log(await visits.api.add({ by: 41 }, { timeoutMs: 2000 }))
   * ```
   */
  get<D extends ServiceDeclaration>(
    service: Service<D>,
    options?: ServiceGetOptions<D>
  ): Promise<ServiceReference<D>>

  /** The containers that serve now, of one kind or of all. */
  list(kind?: ContainerKind): Promise<ContainerRecord[]>
  /** The kinds that can be had now. */
  kinds(): Promise<ContainerKind[]>
  /** The agents that are alive. */
  agents(): Promise<AgentRecord[]>

  /** Sends a request to a container that serves already, without a reference to it. */
  request(target: ContainerUuid, operation: string, data?: Data, options?: RequestOptions): Promise<Data>

  /** Hears of every event of the network; returns what ends that. */
  onUpdate(listener: NetworkEventListener): () => void

  /** How much there is of everything, and what was asked since the start; for metrics. */
  counts(): ClientCounts

  /** Gives back all references, lets all agents go, and leaves. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
