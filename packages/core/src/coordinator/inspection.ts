/** What a coordinator tells of its network to whoever runs it, as data. */

import type {
  AgentEndpointRef,
  AgentUuid,
  ClientUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from '../api/ids.ts'
import type { ActivationToken } from '../api/tokens.ts'

/** Where a container is in its life, as the coordinator knows it. */
export type ContainerState = 'unplaced' | 'starting' | 'serving' | 'ending'

/** Which part of a longer list is wanted. */
export interface PageRequest {
  /** @default 0 */
  readonly offset?: number | undefined
  /** 500 at most. @default 50 */
  readonly limit?: number | undefined
}

/** A part of a longer list. */
export interface InspectionPage<T> {
  readonly items: readonly T[]
  /** How many there are that match, on all pages. */
  readonly total: number
  readonly offset: number
  readonly limit: number
}

/** Which containers are wanted: those to which all that is given applies. */
export interface ContainerFilter {
  readonly kind?: ContainerKind | undefined
  /** All of them. */
  readonly labels?: readonly string[] | undefined
  /** Starting, serving or ending on any incarnation of this agent. */
  readonly agentId?: AgentUuid | undefined
  readonly state?: ContainerState | undefined
  /** Part of the uuid. */
  readonly search?: string | undefined
}

/** A container in a list. */
export interface ContainerSummary {
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  readonly labels: readonly string[]
  readonly state: ContainerState
  /** Where it starts, serves or ends. */
  readonly agentId: AgentUuid | undefined
  readonly endpoint: ContainerEndpointRef | undefined
  readonly token: ActivationToken | undefined
  /** Since when it serves, in milliseconds since 1970. */
  readonly since: number | undefined
  /** Handles that keep it. */
  readonly references: number
  /** Belongs to its agent: not ended for want of references. */
  readonly stateless: boolean
}

/** A container with all that the coordinator knows of it. */
export interface ContainerDescription extends ContainerSummary {
  /** Up to 1000 clients. */
  readonly holders: readonly { readonly clientId: ClientUuid; readonly handles: number }[]
  /** Gets that wait for it. */
  readonly waiting: number
  /** Agents that stand by with an instance of it. */
  readonly standbys: readonly AgentUuid[]
  /** Failed or short-lived activations in a row. */
  readonly setbacks: number
}

/** One incarnation of an agent. */
export interface AgentSummary {
  readonly agentId: AgentUuid
  readonly incarnation: string
  readonly kinds: readonly ContainerKind[]
  readonly endpoint: AgentEndpointRef | undefined
  readonly state: 'active' | 'draining'
  /** Starting, serving or ending there. */
  readonly containers: number
  readonly standbys: number
  /** Starts under way. */
  readonly starts: number
  /** Since it was last heard. */
  readonly silentMs: number
  /** Until its silence is taken for its death. */
  readonly leaseMarginMs: number
}

/** A client. */
export interface ClientSummary {
  readonly clientId: ClientUuid
  /** Handles that it holds. */
  readonly references: number
  readonly waitingGets: number
  /** Since it was last heard. */
  readonly silentMs: number
  /** How long its silence keeps its references; infinite for a client in the coordinator's own process. */
  readonly aliveTimeoutMs: number
}

/** A kind, and who has it. */
export interface KindSummary {
  readonly kind: ContainerKind
  readonly containers: number
  /** That start new ones; of a kind that nobody starts, those that have one. */
  readonly agents: number
}

/** The coordinator as a whole. */
export interface NetworkSummary {
  readonly epoch: number
  readonly incarnation: string
  /** Still waits for what an earlier coordinator may have left, and places nothing that this could be. */
  readonly recovering: boolean
  /** Agents of the earlier coordinator that were neither heard nor proven dead. */
  readonly awaitedAgents: number
  readonly aliveTimeoutMs: number
  readonly pingIntervalMs: number
  readonly containersByState: Readonly<Record<ContainerState, number>>
}
