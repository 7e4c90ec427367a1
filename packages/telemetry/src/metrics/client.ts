import type { NetworkClient, OutcomeCounters } from '@hcengineering/network-client'
import { Attribute } from '../attributes.ts'
import { observe, type MetricDescription, type ObserveOptions, type Tell } from './observe.ts'

const outcome = [Attribute.outcome]

/** The metrics of a client. */
export const clientMetrics = {
  requests: {
    name: 'network.client.requests',
    type: 'counter',
    unit: '{request}',
    description:
      'Requests that have settled: `answered`, or the code of the error; codes that containers make up count as `APPLICATION_ERROR`',
    attributes: outcome
  },
  requestsInFlight: {
    name: 'network.client.requests.in_flight',
    type: 'sum',
    unit: '{request}',
    description: 'Requests that are not settled'
  },
  requestsTriedAgain: {
    name: 'network.client.requests.tried_again',
    type: 'counter',
    unit: '{request}',
    description: 'Requests that were refused or lost, and were tried again where the container serves next'
  },
  gets: {
    name: 'network.client.gets',
    type: 'counter',
    unit: '{get}',
    description: 'Gets that have settled: `answered`, or the code of the error',
    attributes: outcome
  },
  getsInFlight: {
    name: 'network.client.gets.in_flight',
    type: 'sum',
    unit: '{get}',
    description: 'Gets that are not settled'
  },
  streams: {
    name: 'network.client.streams',
    type: 'counter',
    unit: '{stream}',
    description: 'Streams that were opened'
  },
  connected: {
    name: 'network.client.connected',
    type: 'gauge',
    unit: '1',
    description: '1 while there is a connection to the coordinator, else 0'
  },
  references: {
    name: 'network.client.references',
    type: 'sum',
    unit: '{container}',
    description: 'Containers to which references are held'
  },
  connections: {
    name: 'network.client.connections',
    type: 'sum',
    unit: '{container}',
    description: 'Containers to which connections are open'
  },
  directSessions: {
    name: 'network.client.direct_sessions',
    type: 'sum',
    unit: '{session}',
    description: 'Sessions with agents over sockets'
  },
  queued: {
    name: 'network.client.queued',
    type: 'sum',
    unit: 'By',
    description: 'What waits to leave, on all sessions'
  },
  windowStalls: {
    name: 'network.client.window_stalls',
    type: 'counter',
    unit: '{stall}',
    description: 'How often what had to leave found the window of a session shut'
  }
} as const satisfies Record<string, MetricDescription>

/**
 * Has a client's figures read whenever metrics are collected. Returns what ends that.
 *
 * @example
 * ```ts
 * import { createNetworkClient } from '@hcengineering/network-client'
 * import { observeClient } from '@hcengineering/network-telemetry'
 *
 * await using client = createNetworkClient('localhost:3737')
 * const stop = observeClient(client)
 * // ...
 * stop()
 * ```
 */
export function observeClient(
  client: Pick<NetworkClient, 'counts'>,
  options: ObserveOptions = {}
): () => void {
  return observe(clientMetrics, options, (tell) => {
    const counts = client.counts()
    tellOutcomes(tell, 'requests', counts.requests)
    tell('requestsInFlight', counts.requests.inFlight)
    tell('requestsTriedAgain', counts.requests.triedAgain)
    tellOutcomes(tell, 'gets', counts.gets)
    tell('getsInFlight', counts.gets.inFlight)
    tell('streams', counts.streams)
    tell('connected', counts.connected ? 1 : 0)
    tell('references', counts.references)
    tell('connections', counts.connections)
    tell('directSessions', counts.directSessions)
    tell('queued', counts.queuedBytes)
    tell('windowStalls', counts.windowStalls)
  })
}

function tellOutcomes<K extends string>(tell: Tell<K>, metric: K, outcomes: OutcomeCounters): void {
  tell(metric, outcomes.answered, { [Attribute.outcome]: 'answered' })
  for (const [code, count] of outcomes.failures) tell(metric, count, { [Attribute.outcome]: code })
}
