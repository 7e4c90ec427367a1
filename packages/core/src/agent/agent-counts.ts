import type { AgentUuid, ContainerKind } from '../api/ids.ts'
import type { KindActivity } from './kind-activity.ts'
import type { Phase } from './machine.ts'

/** Where containers of a kind are in their lives, on one agent. */
export interface HostedContainers {
  readonly kind: ContainerKind
  readonly state: Phase['kind']
  readonly count: number
}

/** How much an agent has of everything, and what it was asked since its start; for metrics. */
export interface AgentCounts {
  readonly agentId: AgentUuid
  readonly containers: readonly HostedContainers[]
  /** By kind; those of which it has had a container. */
  readonly activity: Iterable<KindActivity>
  /** Requests and streams for containers that did not serve here, each refused. */
  readonly refused: number
  /** What is left of its lease, in milliseconds; 0 when it has none. */
  readonly leaseRemainingMs: number
  /** What was left of its lease when that was last renewed: how near it came to running out. */
  readonly leaseMarginMs: number | undefined
  /** How often its lease has run out. */
  readonly leaseLapses: number
}
