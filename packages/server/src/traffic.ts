import { createEventQueueCounters } from '@hcengineering/network-backrpc'
import { LatencyHistogram, type ContainerKind } from '@hcengineering/network-core'

/** Requests of further kinds are counted, but not by kind. */
const kindsMax = 1000

/** Requests that were routed to containers of one kind. */
export class KindTraffic {
  requests = 0
  /** Of these, the ones that came to an error, the containers' own errors included. */
  failed = 0
  readonly latency = new LatencyHistogram()
}

/**
 * What has passed through a server since its start, as plain fields: counted where it passes, read by whoever makes
 * metrics of it.
 */
export class Traffic {
  /** Requests of clients for containers. */
  requestsRouted = 0
  /** Of these, the ones that were answered. */
  requestsAnswered = 0
  /** Of these, the ones that were refused or came to an error, the containers' own errors included. */
  requestsFailed = 0
  /** Sends of clients for containers. */
  sendsRouted = 0
  /** Streams that clients opened to containers. */
  streamsRouted = 0
  /** Events of containers for single clients. */
  broadcasts = 0
  /** Clients that did not read their events, and what that has cost them. */
  readonly events = createEventQueueCounters()
  /** How long routed requests took, from their arrival here to their answer, whatever it was. */
  readonly requestLatency = new LatencyHistogram()
  /** Those requests that were passed on, by the kind of their container; of at most 1,000 kinds. */
  readonly kinds = new Map<ContainerKind, KindTraffic>()

  /** Counts a request that is passed on. Give what this returns to {@link settled}. */
  passedOn(kind: ContainerKind): KindTraffic | undefined {
    let traffic = this.kinds.get(kind)
    if (traffic === undefined) {
      if (this.kinds.size >= kindsMax) return undefined
      traffic = new KindTraffic()
      this.kinds.set(kind, traffic)
    }
    traffic.requests++
    return traffic
  }

  /** Counts how a request has ended that was passed on, and how long that took. */
  settled(kind: KindTraffic | undefined, ms: number, failed: boolean): void {
    this.requestLatency.record(ms)
    kind?.latency.record(ms)
    if (!failed) {
      this.requestsAnswered++
      return
    }
    this.requestsFailed++
    if (kind !== undefined) kind.failed++
  }
}
