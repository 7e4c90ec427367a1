import type {
  AgentEndpointRef,
  AgentUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from './ids.ts'
import type { ActivationToken } from './tokens.ts'

/** A container as lists and events show it. */
export interface ContainerRecord {
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  /** The agent that hosts it. */
  readonly agentId: AgentUuid
  /** What its factory returned. */
  readonly endpoint: ContainerEndpointRef
  readonly labels: readonly string[]
  /** Where its agent's listener is; undefined when it is reached through the coordinator only. */
  readonly agentEndpoint?: AgentEndpointRef | undefined
  /** The fencing token of this activation. */
  readonly token: ActivationToken
}

/** An agent as it registers, and as lists show it. */
export interface AgentRecord {
  readonly agentId: AgentUuid
  /** Where its listener is; undefined for an agent that is reached through the coordinator only. */
  readonly endpoint?: AgentEndpointRef | undefined
  /** The kinds it has factories for. */
  readonly kinds: readonly ContainerKind[]
}

/** What happened to an agent or a container. */
export const NetworkEventKind = { added: 0, updated: 1, removed: 2 } as const
/** 0 added, 1 updated, 2 removed. */
export type NetworkEventKind = (typeof NetworkEventKind)[keyof typeof NetworkEventKind]

/** An agent came, changed, or went. */
export interface AgentEvent {
  readonly id: AgentUuid
  readonly kinds: readonly ContainerKind[]
  readonly event: NetworkEventKind
}

/** A container came, moved, or went. */
export interface ContainerEvent {
  readonly container: ContainerRecord
  readonly event: NetworkEventKind
}

/** What happened in one turn, in order per container; a removal followed by an addition stays two events. */
export interface NetworkEvent {
  readonly agents: readonly AgentEvent[]
  readonly containers: readonly ContainerEvent[]
  /**
   * Events were missed, and this is all there is now, as added: what it does not name is gone. Sent after the
   * coordinator was restarted, the client was away for longer than its session lasts, or it did not read.
   */
  readonly snapshot?: true | undefined
}

/** Hears of events. A rejection is logged and harms nobody. */
export type NetworkEventListener = (event: NetworkEvent) => void | Promise<void>
