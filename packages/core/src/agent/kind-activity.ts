import type { ContainerKind } from '../api/ids.ts'
import { LatencyHistogram } from '../time/latency-histogram.ts'

/** One request in so many is timed: looking at the clock twice for each would cost more than counting it. */
const timedEvery = 16

/**
 * What an agent's containers of one kind have been asked since the start, as plain fields: counted where it happens,
 * read by whoever makes metrics of it.
 */
export class KindActivity {
  readonly kind: ContainerKind
  /** Requests and sends that containers were handed. */
  requests = 0
  /** Of these, the ones that were answered. */
  answered = 0
  /** Those that came to the container's own error. */
  failed = 0
  /** Those whose container ended before it had answered. */
  lost = 0
  /** Streams that containers were asked for. */
  streams = 0
  /** Of these, the ones that are over. */
  streamsOver = 0
  /** Of these, the ones that came to an error. */
  streamsFailed = 0
  /** Containers that factories were asked for. */
  starts = 0
  /** Of these, the ones that came to an error. */
  startsFailed = 0
  /** How long requests took, of one in sixteen. */
  readonly latency = new LatencyHistogram()

  constructor(kind: ContainerKind) {
    this.kind = kind
  }

  /** Requests that are being handled. */
  get inFlight(): number {
    return this.requests - this.answered - this.failed - this.lost
  }

  /** Streams that are open. */
  get openStreams(): number {
    return this.streams - this.streamsOver
  }

  /** Counts a request; returns whether it is one of those that are timed. */
  begin(): boolean {
    return this.requests++ % timedEvery === 0
  }
}
