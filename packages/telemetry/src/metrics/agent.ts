import type { NetworkAgentServer } from '@hcengineering/network-client'
import type { AgentImpl } from '@hcengineering/network-core'
import { Attribute } from '../attributes.ts'
import { durationMetrics, tellDurations } from './durations.ts'
import { observe, type MetricDescription, type ObserveOptions } from './observe.ts'

const agent = [Attribute.agentId]
const kind = [Attribute.agentId, Attribute.containerKind]

/** The metrics of an agent, and of the server that listens for it. */
export const agentMetrics = {
  containers: {
    name: 'network.agent.containers',
    type: 'sum',
    unit: '{container}',
    description: 'Containers that are hosted, those that stand by included',
    attributes: [...kind, Attribute.containerState]
  },
  requests: {
    name: 'network.agent.requests',
    type: 'counter',
    unit: '{request}',
    description:
      'Requests that containers have settled: `answered`; `failed` with their own error; `lost` as the container ended first',
    attributes: [...kind, Attribute.outcome]
  },
  requestsInFlight: {
    name: 'network.agent.requests.in_flight',
    type: 'sum',
    unit: '{request}',
    description: 'Requests that are being handled',
    attributes: kind
  },
  refused: {
    name: 'network.agent.requests.refused',
    type: 'counter',
    unit: '{request}',
    description:
      'Requests and streams for containers that do not serve here: their callers try again elsewhere',
    attributes: agent
  },
  ...durationMetrics(
    'duration',
    'network.agent.request.duration',
    '{request}',
    'Requests, of which one in 16 is timed,',
    kind
  ),
  streams: {
    name: 'network.agent.streams',
    type: 'counter',
    unit: '{stream}',
    description: 'Streams that are over: `answered`, or `failed`',
    attributes: [...kind, Attribute.outcome]
  },
  streamsOpen: {
    name: 'network.agent.streams.open',
    type: 'sum',
    unit: '{stream}',
    description: 'Streams that are open',
    attributes: kind
  },
  starts: {
    name: 'network.agent.starts',
    type: 'counter',
    unit: '{start}',
    description: 'Containers that factories were asked for',
    attributes: kind
  },
  startsFailed: {
    name: 'network.agent.starts.failed',
    type: 'counter',
    unit: '{start}',
    description: 'Of these, the ones whose factory failed',
    attributes: kind
  },
  leaseRemaining: {
    name: 'network.agent.lease.remaining',
    type: 'gauge',
    unit: 's',
    description: 'What is left of the lease: at 0 nothing is served, or no coordinator is wanted',
    attributes: agent
  },
  leaseMargin: {
    name: 'network.agent.lease.margin',
    type: 'gauge',
    unit: 's',
    description: 'What was left of the lease when it was last renewed: how near it came to running out',
    attributes: agent
  },
  leaseLapses: {
    name: 'network.agent.lease.lapses',
    type: 'counter',
    unit: '{lapse}',
    description: 'How often the lease has run out',
    attributes: agent
  },
  sessions: {
    name: 'network.agent.sessions',
    type: 'sum',
    unit: '{session}',
    description:
      'Sessions of clients that are connected directly, and the one by which the coordinator watches',
    attributes: agent
  },
  refusedMessages: {
    name: 'network.agent.refused_messages',
    type: 'counter',
    unit: '{message}',
    description: 'Messages that were malformed, and ended their connection',
    attributes: agent
  },
  slowConsumers: {
    name: 'network.agent.slow_consumers',
    type: 'counter',
    unit: '{client}',
    description: 'How often a client did not read its events for too long',
    attributes: agent
  },
  droppedEvents: {
    name: 'network.agent.events.dropped',
    type: 'counter',
    unit: '{event}',
    description: 'Events that were left out for that',
    attributes: agent
  },
  queued: {
    name: 'network.agent.queued',
    type: 'sum',
    unit: 'By',
    description: 'Answers and events that wait to leave to clients that are connected directly',
    attributes: agent
  },
  windowStalls: {
    name: 'network.agent.window_stalls',
    type: 'counter',
    unit: '{stall}',
    description: 'How often what had to leave found the window of such a session shut',
    attributes: agent
  }
} as const satisfies Record<string, MetricDescription>

/**
 * Has the figures of an agent read whenever metrics are collected. Returns what ends that.
 *
 * @param server what listens for it, if anything does
 *
 * @example
 * ```ts
 * import type { ServedAgent } from '@hcengineering/network-client'
 * import { observeAgent } from '@hcengineering/network-telemetry'
 *
 * declare const served: ServedAgent
 * export const stop = observeAgent(served.agent, served.server)
 * ```
 */
export function observeAgent(
  agent: Pick<AgentImpl, 'counts'>,
  server?: Pick<NetworkAgentServer, 'counts'>,
  options: ObserveOptions = {}
): () => void {
  return observe(agentMetrics, options, (tell) => {
    const counts = agent.counts()
    const own = { [Attribute.agentId]: counts.agentId }
    for (const { kind, state, count } of counts.containers) {
      const attributes = { ...own, [Attribute.containerKind]: kind, [Attribute.containerState]: state }
      tell('containers', count, attributes)
    }
    for (const activity of counts.activity) {
      const attributes = { ...own, [Attribute.containerKind]: activity.kind }
      const { answered, failed, lost } = activity
      for (const [outcome, count] of Object.entries({ answered, failed, lost })) {
        tell('requests', count, { ...attributes, [Attribute.outcome]: outcome })
      }
      tell('requestsInFlight', activity.inFlight, attributes)
      tellDurations(tell, 'duration', activity.latency, { attributes, detail: 'coarse' })
      const ended = {
        answered: activity.streamsOver - activity.streamsFailed,
        failed: activity.streamsFailed
      }
      for (const [outcome, count] of Object.entries(ended)) {
        tell('streams', count, { ...attributes, [Attribute.outcome]: outcome })
      }
      tell('streamsOpen', activity.openStreams, attributes)
      tell('starts', activity.starts, attributes)
      tell('startsFailed', activity.startsFailed, attributes)
    }
    tell('refused', counts.refused, own)
    tell('leaseRemaining', counts.leaseRemainingMs / 1000, own)
    if (counts.leaseMarginMs !== undefined) tell('leaseMargin', counts.leaseMarginMs / 1000, own)
    tell('leaseLapses', counts.leaseLapses, own)
    if (server === undefined) return
    const { sessions, refusedMessages, events, queuedBytes, windowStalls } = server.counts()
    tell('sessions', sessions, own)
    tell('refusedMessages', refusedMessages, own)
    tell('slowConsumers', events.slowConsumers, own)
    tell('droppedEvents', events.droppedEvents, own)
    tell('queued', queuedBytes, own)
    tell('windowStalls', windowStalls, own)
  })
}
