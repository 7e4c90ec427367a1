import type { AgentLink } from '../contract/ports.ts'
import type { Container, ContainerRequest } from './container.ts'
import type {
  AgentEndpointRef,
  AgentUuid,
  ClientUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from './ids.ts'
import type { AgentRecord, ContainerRecord, NetworkEventListener } from './records.ts'

/** How long a caller waits, and how it stops waiting. */
export interface WaitOptions {
  /** Milliseconds. @default 30000 */
  timeoutMs?: number | undefined
  /** Aborting rejects the call with `ABORTED`. */
  signal?: AbortSignal | undefined
}

/** The coordinator: knows every agent and container, places containers, counts references, routes requests. */
export interface Network {
  /** Takes an agent in, and keeps its lease renewed until it is unregistered. */
  register(record: AgentRecord, agent: NetworkAgent): Promise<void>

  /** Lets an agent go. Its containers are re-placed where they are referenced. */
  unregister(agentId: AgentUuid): Promise<void>

  /** Marks an agent or a client as alive. */
  ping(id: AgentUuid | ClientUuid): void

  /**
   * Finds or starts a container and gives the client a reference to it.
   *
   * @throws NetworkError `NO_AGENT` at the deadline when nobody offers the kind, `UUID_IN_USE` when the uuid
   * belongs to another kind, or the factory's own error
   */
  get(
    client: ClientUuid,
    uuid: ContainerUuid | undefined,
    request: ContainerRequest,
    options?: WaitOptions
  ): Promise<ContainerRecord>

  /** The containers that serve now, of one kind or of all. */
  list(kind?: ContainerKind): Promise<ContainerRecord[]>

  /** Gives back one reference that the client got by `get`. Giving back what is not held does nothing. */
  release(client: ClientUuid, uuid: ContainerUuid): Promise<void>

  /**
   * Sends a request to a container that serves now.
   *
   * @throws NetworkError `CONTAINER_NOT_FOUND` for an unknown uuid, or what the container threw
   */
  request(target: ContainerUuid, operation: string, data?: any): Promise<any>

  /** The agents that are alive. */
  agents(): Promise<AgentRecord[]>

  /** The kinds that can be had now. */
  kinds(): Promise<ContainerKind[]>
}

/** An agent: starts, hosts and ends containers. */
export interface NetworkAgent {
  readonly uuid: AgentUuid
  /** Where its listener is; set by the agent server. */
  endpoint?: AgentEndpointRef | undefined
  /** The kinds it has factories for. */
  readonly kinds: readonly ContainerKind[]

  /** Called with every change among this agent's containers. */
  onUpdate?: NetworkEventListener | undefined
  /** Called when the agent's own record (kinds, endpoint) has changed. */
  onAgentUpdate?: (() => void | Promise<void>) | undefined

  /** Starts a container, or returns the one that runs. Needs a registered agent: only the coordinator grants. */
  get(uuid: ContainerUuid | undefined, request: ContainerRequest): Promise<ContainerRecord>

  /** The live object itself, if this agent hosts it. */
  getContainer(uuid: ContainerUuid): Promise<Container | undefined>

  /** What this agent hosts and serves. */
  list(kind?: ContainerKind): Promise<ContainerRecord[]>

  /** Sends a request to one of this agent's containers. */
  request(target: ContainerUuid, operation: string, data?: any): Promise<any>

  /** Ends a container of this agent, named by its uuid or its endpoint, and tells the coordinator. */
  terminate(container: ContainerUuid | ContainerEndpointRef): Promise<void>

  /** What a coordinator, or the client that registers this agent, talks to. */
  readonly link: AgentLink
}
