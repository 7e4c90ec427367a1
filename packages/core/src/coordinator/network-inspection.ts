import type { AgentUuid, ContainerUuid } from '../api/ids.ts'
import type { AgentLink, ContainerActivity } from '../contract/ports.ts'
import type { Clock } from '../time/clock.ts'
import type {
  AgentSummary,
  ClientSummary,
  ContainerDescription,
  ContainerFilter,
  ContainerSummary,
  InspectionPage,
  KindSummary,
  NetworkSummary,
  PageRequest
} from './inspection.ts'
import type { Inspector } from './inspector.ts'
import type { CoordinatorMachine } from './machine.ts'
import type { PageScan } from './page-scan.ts'

/** Looked at in one turn: some milliseconds' worth. */
const candidatesPerTurn = 10_000
const activityTimeoutMs = 2000

/** What an inspection reads from. */
export interface NetworkInspectionParts {
  readonly machine: CoordinatorMachine
  readonly clock: Clock
  readonly aliveTimeoutMs: number
  readonly pingIntervalMs: number
  /** The agent that serves a container now. */
  readonly agentServing: (uuid: ContainerUuid) => AgentLink | undefined
}

/**
 * Shows a network to whoever runs it: what there is, where, and how it fares. Reads only. Lists come in pages, and a
 * long one is looked through over several turns, so that nobody else waits for it.
 *
 * @example
 * ```ts
 * import type { ContainerKind, NetworkImpl } from '@hcengineering/network-core'
 *
 * declare const network: NetworkImpl
 * const filter = { kind: 'chat-room' as ContainerKind, labels: ['europe'] }
 * const { items, total } = await network.inspection.containers(filter, { limit: 20 })
 * console.log(`${items.length} of ${total}`)
 * ```
 */
export class NetworkInspection {
  private readonly parts: NetworkInspectionParts
  private readonly inspector: Inspector

  constructor(parts: NetworkInspectionParts) {
    this.parts = parts
    const { machine, clock } = parts
    this.inspector = machine.createInspector(clock.wallTime() - clock.now())
  }

  /** The coordinator as a whole. */
  summary(): NetworkSummary {
    const { machine, aliveTimeoutMs, pingIntervalMs } = this.parts
    const { epoch, incarnation } = machine.identity
    return {
      epoch,
      incarnation,
      recovering: machine.recovering,
      awaitedAgents: machine.awaitedAgents.length,
      aliveTimeoutMs,
      pingIntervalMs,
      containersByState: this.inspector.containersByState()
    }
  }

  /** Kinds that can be had, and those of which there is something, by name. */
  kinds(): KindSummary[] {
    return this.inspector.kinds()
  }

  /**
   * Containers, running or not, in the order in which they came; those of several kinds with a label, kind by kind.
   *
   * @throws NetworkError `INVALID_ARGUMENT` naming `offset` or `limit`
   */
  containers(
    filter: ContainerFilter = {},
    request: PageRequest = {}
  ): Promise<InspectionPage<ContainerSummary>> {
    return this.complete(() => this.inspector.containers(filter, request))
  }

  /** One container; undefined when there is none of this uuid. */
  container(uuid: ContainerUuid): ContainerDescription | undefined {
    return this.inspector.container(uuid)
  }

  /**
   * Asks the agent of a container how it fares; undefined when the container does not serve, or its agent does not
   * answer within two seconds, or not this question.
   */
  activity(uuid: ContainerUuid): Promise<ContainerActivity | undefined> {
    const agent = this.parts.agentServing(uuid)
    if (agent === undefined) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(activityTimeoutMs, () => resolve(undefined))
      const settle = (activity?: ContainerActivity): void => {
        cancel()
        resolve(activity)
      }
      agent.inspect(uuid).then(settle, () => settle())
    })
  }

  /**
   * Agents' incarnations that are not known to be gone, in the order in which they came.
   *
   * @param search part of the agent's uuid
   * @throws NetworkError `INVALID_ARGUMENT` naming `offset` or `limit`
   */
  agents(search?: string, request: PageRequest = {}): Promise<InspectionPage<AgentSummary>> {
    return this.complete(() => this.inspector.agents(search, request, this.parts.clock.now()))
  }

  /** The newest incarnation of an agent; undefined when there is none. */
  agent(agentId: AgentUuid): AgentSummary | undefined {
    return this.inspector.agent(agentId, this.parts.clock.now())
  }

  /**
   * Clients, connected or not, in the order in which they came.
   *
   * @param search part of the client's uuid
   * @throws NetworkError `INVALID_ARGUMENT` naming `offset` or `limit`
   */
  clients(search?: string, request: PageRequest = {}): Promise<InspectionPage<ClientSummary>> {
    return this.complete(() => this.inspector.clients(search, request, this.parts.clock.now()))
  }

  private async complete<E, V>(begin: () => PageScan<E, V>): Promise<InspectionPage<V>> {
    const scan = begin()
    while (!scan.step(candidatesPerTurn)) {
      await new Promise<void>((resolve) => {
        this.parts.clock.after(0, resolve)
      })
    }
    return scan.page()
  }
}
