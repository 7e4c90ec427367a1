import type { AgentUuid, ClientUuid, ContainerKind, ContainerUuid } from '../api/ids.ts'
import type { ContainerRecord, NetworkEvent } from '../api/records.ts'
import type { AgentLink, CoordinatorIdentity, CoordinatorLink } from '../contract/ports.ts'
import type { GetInput } from './references.ts'
import type { RosterEntry } from './roster-store.ts'

/** What happened in one turn, and whom it concerns. */
export interface EventBatch {
  readonly event: NetworkEvent
  /** For each of `event.containers`, in order: the clients that hold a reference to it. */
  readonly holders: readonly (readonly ClientUuid[])[]
}

/** Where a request for a container is to go now. */
export type Destination =
  | { readonly kind: 'serving'; readonly agent: AgentLink; readonly containerKind: ContainerKind }
  /** It exists, and will serve again. */
  | { readonly kind: 'not-serving' }
  | { readonly kind: 'unknown' }

/** A get that is under way. */
export interface GetInProgress {
  readonly record: Promise<ContainerRecord>
  cancel(): void
}

/** The coordinator as a server sees it that binds it to sessions. */
export interface CoordinatorGateway {
  readonly link: CoordinatorLink
  readonly identity: CoordinatorIdentity
  readonly pingIntervalMs: number
  readonly aliveTimeoutMs: number

  /** Agents of the last coordinator for which this one still waits. */
  awaitedAgents(): readonly RosterEntry[]
  /** This incarnation has answered at its endpoint, so that a refusal there would prove its death. */
  agentAnswered(agentId: AgentUuid, incarnation: string): void
  /** This incarnation is proven dead: nothing of it serves any more. */
  agentDied(agentId: AgentUuid, incarnation: string): void
  clientSeen(client: ClientUuid, aliveTimeoutMs: number): void
  /** Returns whether this client is known: one that was silent for too long has to be seen again. */
  clientHeard(client: ClientUuid): boolean
  /** A client has seen a token of that coordinator. */
  coordinatorSeen(seen: CoordinatorIdentity): void
  clientGone(client: ClientUuid): void
  /** @param headers those with which it was asked for; what is started for it is told them */
  get(input: GetInput, headers?: Readonly<Record<string, string>>): GetInProgress
  release(client: ClientUuid, handle: string): void
  route(uuid: ContainerUuid): Destination
  /** Hears of everything that happens; returns what ends that. */
  onEvents(listener: (batch: EventBatch) => void): () => void
}
