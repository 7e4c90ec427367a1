import { isIPv4 } from 'node:net'
import type { Session, Transport } from '@hcengineering/network-backrpc'
import type {
  AgentUuid,
  Clock,
  CoordinatorGateway,
  IdSource,
  Logger,
  RosterEntry
} from '@hcengineering/network-core'
import { AgentWatch } from './agent-watch.ts'
import type { ProofOfDeath } from './options.ts'

export interface AgentWatchesParts {
  readonly gateway: CoordinatorGateway
  readonly transport: Transport
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  readonly proofOfDeath: ProofOfDeath
}

/** The watches over all agents whose death can be proven, those that a restarted coordinator awaits included. */
export class AgentWatches {
  private readonly parts: AgentWatchesParts
  private readonly watches = new Map<string, AgentWatch>()
  /** Those of agents that have not registered with this coordinator yet. */
  private readonly awaited = new Set<string>()
  private readonly cancelAwaiting: (() => void) | undefined

  constructor(parts: AgentWatchesParts) {
    this.parts = parts
    const { gateway, clock } = parts
    for (const entry of gateway.awaitedAgents()) {
      if (!entry.answered) continue
      // Nobody of them has a session yet: the last one has gone with the last coordinator.
      this.watch(entry, undefined)
      this.awaited.add(keyOf(entry.agentId, entry.incarnation))
    }
    if (this.awaited.size === 0) return
    this.cancelAwaiting = clock.after(gateway.aliveTimeoutMs, () => {
      for (const key of this.awaited) this.end(key)
    })
  }

  /** Watches this incarnation, unless its death could not be proven. Said again, only its session may be another. */
  watch(agent: RosterEntry, session: Session | undefined): void {
    const { gateway, proofOfDeath, logger } = this.parts
    const { agentId, incarnation, endpoint } = agent
    const key = keyOf(agentId, incarnation)
    this.awaited.delete(key)
    const known = this.watches.get(key)
    if (known !== undefined && known.endpoint === endpoint) {
      known.session = session
      return
    }
    this.end(key)
    if (endpoint === undefined || !canProve(proofOfDeath, endpoint)) return
    const told = {
      onAnswered: () => gateway.agentAnswered(agentId, incarnation),
      onDead: () => {
        this.watches.delete(key)
        gateway.agentDied(agentId, incarnation)
      }
    }
    try {
      const watch = new AgentWatch({ ...agent, endpoint }, { ...this.parts, ...told })
      watch.session = session
      this.watches.set(key, watch)
    } catch (error) {
      logger.warn({ agentId, endpoint, error }, 'the address of an agent cannot be watched')
    }
  }

  unwatch(agentId: AgentUuid, incarnation: string): void {
    this.end(keyOf(agentId, incarnation))
  }

  close(): void {
    this.cancelAwaiting?.()
    for (const key of [...this.watches.keys()]) this.end(key)
  }

  private end(key: string): void {
    this.awaited.delete(key)
    this.watches.get(key)?.close()
    this.watches.delete(key)
  }
}

function keyOf(agentId: AgentUuid, incarnation: string): string {
  return `${agentId}\n${incarnation}`
}

function canProve(proofOfDeath: ProofOfDeath, endpoint: string): boolean {
  if (proofOfDeath !== 'loopback') return proofOfDeath === 'direct'
  const host = endpoint.slice(0, Math.max(0, endpoint.lastIndexOf(':')))
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))
}
