/** What a coordinator knows, as data. Changed only by the coordinator machine. */

import type {
  AgentEndpointRef,
  AgentUuid,
  ClientUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from '../api/ids.ts'
import type { ActivationToken } from '../api/tokens.ts'
import type { InventoryEntry } from '../contract/ports.ts'

/** An agent's incarnation: `(agent uuid, incarnation)` as one key. */
export type AgentKey = string & { readonly __brand: 'AgentKey' }

export function agentKey(agentId: AgentUuid, incarnation: string): AgentKey {
  return `${agentId}\n${incarnation}` as AgentKey
}

/** Where a container is in its life. */
export type Place =
  /** Nobody has it. `wanted` says whether to look for an agent without waiting for another get. */
  | { readonly kind: 'unplaced'; readonly wanted: boolean }
  | {
      readonly kind: 'starting'
      readonly agent: AgentEntry
      readonly startId: number
      readonly token: ActivationToken
    }
  | {
      readonly kind: 'serving'
      readonly agent: AgentEntry
      readonly endpoint: ContainerEndpointRef
      readonly token: ActivationToken
      readonly since: number
    }
  /** Ends there; the next activation waits until it has, or its agent has lost its lease. */
  | {
      readonly kind: 'ending'
      readonly agent: AgentEntry
      readonly token: ActivationToken | undefined
      readonly startId: number | undefined
      /** Whether to go on by itself once it has ended. */
      readonly thenWanted: boolean
    }

/** A container, whether or not it runs. */
export interface ContainerEntry {
  readonly type: 'container'
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  /** Changed only by the directory, which finds it by them. */
  labels: readonly string[]
  extra: unknown
  /** Belongs to its agent: not ended for want of references. */
  stateless: boolean
  /** Made for a get without uuid and labels; later such gets on the same agent share it. */
  shared: boolean
  place: Place
  /** Who holds it, once for every handle; an array, as there is mostly one and there may be a million containers. */
  holders: ClientUuid[] | undefined
  /** Gets that wait for it to serve. */
  waiting: Set<PendingGet> | undefined
  /** Agents that have an instance which could serve (see `AgentEntry.standbys`), in the order of registration. */
  standbys: AgentEntry[] | undefined
  /** Failed or short-lived activations in a row, for the back-off. */
  setbacks: number
}

/** A start whose container the factory names. */
export interface NamelessStart {
  readonly type: 'nameless'
  readonly startId: number
  readonly agent: AgentEntry
  readonly kind: ContainerKind
  readonly labels: readonly string[]
  readonly extra: unknown
  readonly shared: boolean
  readonly waiting: Set<PendingGet>
}

/** A get that is not settled. */
export interface PendingGet {
  readonly type: 'get'
  readonly id: number
  readonly client: ClientEntry
  readonly handle: string
  readonly kind: ContainerKind
  readonly uuid: ContainerUuid | undefined
  readonly labels: readonly string[]
  readonly extra: unknown
  /** What it waits for; undefined while no agent suits. */
  waitsFor: ContainerEntry | NamelessStart | undefined
}

/** One incarnation of an agent. */
export interface AgentEntry {
  readonly type: 'agent'
  readonly key: AgentKey
  readonly agentId: AgentUuid
  readonly incarnation: string
  kinds: readonly ContainerKind[]
  endpoint: AgentEndpointRef | undefined
  lastHeard: number
  /** About to leave: it is given nothing. */
  draining: boolean
  /** Starting, serving or ending here. */
  readonly containers: Set<ContainerEntry>
  /** How many of these are starting. */
  starting: number
  readonly starts: Set<NamelessStart>
  /**
   * What does not serve here and could: with a token if it has served, and waits for the end of the recovery
   * hold to hear whether it may again; without one if it stands by.
   */
  readonly standbys: Map<ContainerUuid, InventoryEntry>
  /** By kind, the container that gets without uuid and labels share here. */
  readonly shared: Map<ContainerKind, ContainerEntry | NamelessStart>
}

/** A client. */
export interface ClientEntry {
  readonly type: 'client'
  readonly id: ClientUuid
  aliveTimeoutMs: number
  lastHeard: number
  readonly handles: Map<string, ContainerEntry>
  /** By handle. */
  readonly gets: Map<string, PendingGet>
}
