import type { AgentUuid, ContainerKind } from '../api/ids.ts'
import type { AgentEntry, AgentKey } from './entries.ts'

/** The agents that are alive, and whose turn it is among those that offer a kind. */
export class Roster {
  private readonly byKey = new Map<AgentKey, AgentEntry>()
  private readonly byKind = new Map<ContainerKind, { agents: AgentEntry[]; next: number }>()

  get size(): number {
    return this.byKey.size
  }

  all(): IterableIterator<AgentEntry> {
    return this.byKey.values()
  }

  get(key: AgentKey): AgentEntry | undefined {
    return this.byKey.get(key)
  }

  /** All incarnations of an agent that are not known to be gone. */
  incarnationsOf(agentId: AgentUuid): AgentEntry[] {
    return [...this.byKey.values()].filter((agent) => agent.agentId === agentId)
  }

  kinds(): IterableIterator<ContainerKind> {
    return this.byKind.keys()
  }

  /** How many agents take new containers of this kind. */
  countOffering(kind: ContainerKind): number {
    return this.byKind.get(kind)?.agents.length ?? 0
  }

  offers(kind: ContainerKind): boolean {
    return this.byKind.has(kind)
  }

  add(agent: AgentEntry): void {
    this.byKey.set(agent.key, agent)
    this.offer(agent, agent.kinds)
  }

  delete(agent: AgentEntry): void {
    this.byKey.delete(agent.key)
    this.withdraw(agent)
  }

  /** The agent offers other kinds now. */
  setKinds(agent: AgentEntry, kinds: readonly ContainerKind[]): void {
    this.withdraw(agent)
    agent.kinds = kinds
    this.offer(agent, kinds)
  }

  /** The agent is given nothing more. */
  drain(agent: AgentEntry): void {
    agent.draining = true
    this.withdraw(agent)
  }

  /** Round-robin over the agents that offer the kind, skipping those to be avoided. */
  take(kind: ContainerKind, avoid?: ReadonlySet<AgentKey>): AgentEntry | undefined {
    const turn = this.byKind.get(kind)
    if (turn === undefined) return undefined
    const { agents } = turn
    for (let step = 0; step < agents.length; step++) {
      const agent = agents[(turn.next + step) % agents.length] as AgentEntry
      if (avoid?.has(agent.key) === true) continue
      turn.next = (turn.next + step + 1) % agents.length
      return agent
    }
    return undefined
  }

  private offer(agent: AgentEntry, kinds: readonly ContainerKind[]): void {
    if (agent.draining) return
    for (const kind of kinds) {
      const turn = this.byKind.get(kind)
      if (turn === undefined) this.byKind.set(kind, { agents: [agent], next: 0 })
      else if (!turn.agents.includes(agent)) turn.agents.push(agent)
    }
  }

  private withdraw(agent: AgentEntry): void {
    for (const kind of agent.kinds) {
      const turn = this.byKind.get(kind)
      if (turn === undefined) continue
      const index = turn.agents.indexOf(agent)
      if (index < 0) continue
      turn.agents.splice(index, 1)
      if (turn.agents.length === 0) this.byKind.delete(kind)
      // The turn stays with whom it was.
      else turn.next = (index < turn.next ? turn.next - 1 : turn.next) % turn.agents.length
    }
  }
}
