import type { NetworkImpl } from '@hcengineering/network-core'
import type { Attributes } from '@opentelemetry/api'
import { Attribute } from '../attributes.ts'
import { durationMetrics, tellDurations } from './durations.ts'
import { kindsMax, otherKind } from './kinds.ts'
import { observe, type MetricDescription, type ObserveOptions } from './observe.ts'

/** The metrics of a coordinator. */
export const coordinatorMetrics = {
  agents: {
    name: 'network.coordinator.agents',
    type: 'sum',
    unit: '{agent}',
    description: 'Agents that are alive'
  },
  agentsLost: {
    name: 'network.coordinator.agents.lost',
    type: 'counter',
    unit: '{agent}',
    description: 'Agents that were silent for too long, or proven dead'
  },
  agentsAwaited: {
    name: 'network.coordinator.agents.awaited',
    type: 'sum',
    unit: '{agent}',
    description: 'Agents of the last coordinator that have not come back yet'
  },
  clients: {
    name: 'network.coordinator.clients',
    type: 'sum',
    unit: '{client}',
    description: 'Clients, connected or not, whose references are kept'
  },
  containers: {
    name: 'network.coordinator.containers',
    type: 'sum',
    unit: '{container}',
    description: 'Containers; beyond 200 kinds, those of others count as `_OTHER`',
    attributes: [Attribute.containerKind, Attribute.containerState]
  },
  gets: {
    name: 'network.coordinator.gets',
    type: 'counter',
    unit: '{get}',
    description: 'Gets that are settled: `answered`, or `failed`, those that their caller gave up included',
    attributes: [Attribute.outcome]
  },
  getsWaiting: {
    name: 'network.coordinator.gets.waiting',
    type: 'sum',
    unit: '{get}',
    description: 'Gets that wait for a start, or for an agent'
  },
  ...durationMetrics('getDuration', 'network.coordinator.get.duration', '{get}', 'Gets'),
  starts: {
    name: 'network.coordinator.starts',
    type: 'counter',
    unit: '{start}',
    description: 'Starts that agents were asked for'
  },
  startsFailed: {
    name: 'network.coordinator.starts.failed',
    type: 'counter',
    unit: '{start}',
    description: 'Of these, the ones that a factory or agent refused, or whose outcome was not heard'
  },
  startsWaiting: {
    name: 'network.coordinator.starts.waiting',
    type: 'sum',
    unit: '{start}',
    description: 'Starts that are under way'
  },
  events: {
    name: 'network.coordinator.events',
    type: 'counter',
    unit: '{event}',
    description: 'Agents and containers that came, changed or went, as told to listeners'
  },
  epoch: {
    name: 'network.coordinator.epoch',
    type: 'gauge',
    unit: '1',
    description: 'Higher with every coordinator: by default the time of its start, in milliseconds since 1970'
  },
  recovering: {
    name: 'network.coordinator.recovering',
    type: 'gauge',
    unit: '1',
    description:
      '1 while agents of an earlier coordinator may be on their way and nothing of theirs is placed, else 0'
  }
} as const satisfies Record<string, MetricDescription>

/**
 * Has the figures of a coordinator read whenever metrics are collected. Returns what ends that.
 *
 * @example
 * ```ts
 * import { NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
 * import { observeCoordinator } from '@hcengineering/network-telemetry'
 *
 * export const stop = observeCoordinator(new NetworkImpl(new TickManagerImpl(10)))
 * ```
 */
export function observeCoordinator(network: NetworkImpl, options: ObserveOptions = {}): () => void {
  const kinds = new KnownKinds()
  return observe(coordinatorMetrics, options, (tell) => {
    const { counters, inspection } = network
    const counts = network.counts()
    const summary = inspection.summary()
    tell('agents', counts.agents)
    tell('agentsLost', counters.agentsLost)
    tell('agentsAwaited', summary.awaitedAgents)
    tell('clients', counts.clients)
    for (const [kind, byState] of kinds.count(inspection.containersByKindAndState())) {
      for (const [state, count] of Object.entries(byState)) {
        const attributes: Attributes = {
          [Attribute.containerKind]: kind,
          [Attribute.containerState]: state
        }
        tell('containers', count, attributes)
      }
    }
    tell('gets', network.getLatency.count, { [Attribute.outcome]: 'answered' })
    tell('gets', counters.getsFailed, { [Attribute.outcome]: 'failed' })
    tell('getsWaiting', counts.gets)
    tellDurations(tell, 'getDuration', network.getLatency)
    tell('starts', counters.starts)
    tell('startsFailed', counters.startsFailed)
    tell('startsWaiting', counts.starts)
    tell('events', counters.events)
    tell('epoch', summary.epoch)
    tell('recovering', summary.recovering ? 1 : 0)
  })
}

type ByState = Readonly<Record<string, number>>

/** The kinds that have been told of: of those that are no more, zeros are told, or their last figures would stay. */
class KnownKinds {
  private readonly known = new Map<string, ByState>()

  count(now: ReadonlyMap<string, ByState>): ReadonlyMap<string, ByState> {
    const told = new Map<string, ByState>()
    for (const [kind, zeros] of this.known) if (!now.has(kind)) told.set(kind, zeros)
    for (const [kind, byState] of now) {
      const as = this.nameFor(kind, byState)
      told.set(as, as === kind ? byState : added(told.get(as), byState))
    }
    return told
  }

  private nameFor(kind: string, byState: ByState): string {
    if (!this.known.has(kind)) {
      const name = this.known.size < kindsMax ? kind : otherKind
      this.known.set(name, Object.fromEntries(Object.keys(byState).map((state) => [state, 0])))
      return name
    }
    return kind
  }
}

function added(some: ByState | undefined, more: ByState): ByState {
  return Object.fromEntries(
    Object.entries(more).map(([state, count]) => [state, count + (some?.[state] ?? 0)])
  )
}
