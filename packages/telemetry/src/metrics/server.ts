import type { NetworkServer, Traffic } from '@hcengineering/network-server'
import { Attribute } from '../attributes.ts'
import { durationMetrics, tellDurations } from './durations.ts'
import { kindsMax, otherKind } from './kinds.ts'
import { observe, type MetricDescription, type ObserveOptions, type Tell } from './observe.ts'

/** The metrics of what binds a coordinator to its port. */
export const serverMetrics = {
  sessions: {
    name: 'network.server.sessions',
    type: 'sum',
    unit: '{session}',
    description: 'Sessions with clients, those included that have no connection just now'
  },
  requests: {
    name: 'network.server.requests',
    type: 'counter',
    unit: '{request}',
    description:
      'Requests that were routed and are settled: `answered`, or `failed`, the containers’ own errors included; beyond 200 kinds, and where there was no such container, the kind is `_OTHER`',
    attributes: [Attribute.containerKind, Attribute.outcome]
  },
  requestsInFlight: {
    name: 'network.server.requests.in_flight',
    type: 'sum',
    unit: '{request}',
    description: 'Requests that were routed and are not settled'
  },
  ...durationMetrics('requestDuration', 'network.server.request.duration', '{request}', 'Routed requests'),
  sends: {
    name: 'network.server.sends',
    type: 'counter',
    unit: '{send}',
    description: 'Sends that were routed'
  },
  streams: {
    name: 'network.server.streams',
    type: 'counter',
    unit: '{stream}',
    description: 'Streams that were routed'
  },
  broadcasts: {
    name: 'network.server.broadcasts',
    type: 'counter',
    unit: '{event}',
    description: 'Events of containers that were passed on, one for each client'
  },
  slowConsumers: {
    name: 'network.server.slow_consumers',
    type: 'counter',
    unit: '{client}',
    description: 'How often a client did not read its events for too long'
  },
  droppedEvents: {
    name: 'network.server.events.dropped',
    type: 'counter',
    unit: '{event}',
    description: 'Events that were left out for that'
  },
  queued: {
    name: 'network.server.queued',
    type: 'sum',
    unit: 'By',
    description: 'What waits to leave, on all sessions'
  },
  windowStalls: {
    name: 'network.server.window_stalls',
    type: 'counter',
    unit: '{stall}',
    description: 'How often what had to leave found the window of a session shut'
  },
  refusedMessages: {
    name: 'network.server.refused_messages',
    type: 'counter',
    unit: '{message}',
    description: 'Messages that were malformed, and ended their connection'
  }
} as const satisfies Record<string, MetricDescription>

/**
 * Has the figures of a coordinator's server read whenever metrics are collected. Returns what ends that.
 *
 * @example
 * ```ts
 * import type { NetworkServer } from '@hcengineering/network-server'
 * import { observeServer } from '@hcengineering/network-telemetry'
 *
 * declare const server: NetworkServer
 * export const stop = observeServer(server)
 * ```
 */
export function observeServer(server: NetworkServer, options: ObserveOptions = {}): () => void {
  return observe(serverMetrics, options, (tell) => {
    const { traffic } = server
    const { requestsRouted, requestsAnswered, requestsFailed, events } = traffic
    const { sessions, refusedMessages, queuedBytes, windowStalls } = server.counts()
    tell('sessions', sessions)
    tellRequests(tell, traffic)
    tell('requestsInFlight', requestsRouted - requestsAnswered - requestsFailed)
    tellDurations(tell, 'requestDuration', traffic.requestLatency)
    tell('sends', traffic.sendsRouted)
    tell('streams', traffic.streamsRouted)
    tell('broadcasts', traffic.broadcasts)
    tell('slowConsumers', events.slowConsumers)
    tell('droppedEvents', events.droppedEvents)
    tell('queued', queuedBytes)
    tell('windowStalls', windowStalls)
    tell('refusedMessages', refusedMessages)
  })
}

/** By kind, and what is left: of further kinds, and for containers that there were not. */
function tellRequests(tell: Tell<'requests'>, traffic: Traffic): void {
  let { requestsAnswered: answered, requestsFailed: failed } = traffic
  for (const [kind, { latency, failed: ofKind }] of [...traffic.kinds].slice(0, kindsMax)) {
    const answeredOfKind = latency.count - ofKind
    tellOutcomes(tell, kind, answeredOfKind, ofKind)
    answered -= answeredOfKind
    failed -= ofKind
  }
  tellOutcomes(tell, otherKind, answered, failed)
}

function tellOutcomes(tell: Tell<'requests'>, kind: string, answered: number, failed: number): void {
  tell('requests', answered, { [Attribute.containerKind]: kind, [Attribute.outcome]: 'answered' })
  tell('requests', failed, { [Attribute.containerKind]: kind, [Attribute.outcome]: 'failed' })
}
