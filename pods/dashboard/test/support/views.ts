import type { NetworkEventView, Sample } from '@hcengineering/network-pod/admin-views'

/** A sample of a network in which hardly anything happens. */
export function sampleAt(at: number, differing: Partial<Sample> = {}): Sample {
  return {
    at,
    agents: 1,
    clients: 1,
    sessions: 1,
    containers: 1,
    getsPerSecond: 0,
    requestsPerSecond: 0,
    eventsPerSecond: 0,
    failuresPerSecond: 0,
    eventLoopLagMs: 0,
    heapUsedBytes: 1,
    rssBytes: 1,
    ...differing
  }
}

/** That a container came. */
export function eventOf(id: string, differing: Partial<NetworkEventView> = {}): NetworkEventView {
  return { at: 0, change: 'added', subject: 'container', id, ...differing }
}
