import type {
  CreateAgentOptions,
  NetworkAgentServer,
  NetworkClient,
  StandbyContainer
} from '@hcengineering/network-client'
import type {
  AgentEndpointRef,
  AgentImpl,
  AgentUuid,
  Container,
  ContainerFactories,
  ContainerUuid,
  GetOptions
} from '@hcengineering/network-core'
import type { RecordingContainer } from '../doubles/recording-container.ts'

/** Makes the live object of a container; the test network adds uuid and endpoint. */
export type TestContainerFactory = (
  options: GetOptions & { uuid: ContainerUuid }
) => Container | Promise<Container>

/** What an agent of a test network is made of. */
export interface TestAgentOptions {
  /** Kinds whose containers are echo containers, kept in {@link TestAgent.containers}. */
  kinds?: readonly string[] | undefined
  /** Kinds for which only the live object is to be made. */
  containers?: Readonly<Record<string, TestContainerFactory>> | undefined
  /** Kinds with whole factories. */
  factories?: ContainerFactories | undefined
  /** HA containers that it brings along. */
  standbys?: ((agentEndpoint: AgentEndpointRef) => StandbyContainer[]) | undefined
  /** False for an agent that is reached through the coordinator only. @default true */
  listener?: boolean | undefined
  /** @default true */
  register?: boolean | undefined
  /** Passed on: health checks, timeouts, limits. */
  options?: Partial<CreateAgentOptions> | undefined
}

/** An agent of a test network, a process of its own: with its client, and its server if it listens. */
export interface TestAgent {
  readonly uuid: AgentUuid
  readonly agent: AgentImpl
  readonly server: NetworkAgentServer | undefined
  /** The client through which it is registered. */
  readonly client: NetworkClient
  /** The echo containers of {@link TestAgentOptions.kinds} that it has made, in order. */
  readonly containers: readonly RecordingContainer[]
  /** Ends its containers, leaves the network and stops, as a process does that ends well. */
  close(): Promise<void>
}
