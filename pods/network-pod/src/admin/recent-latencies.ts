import type { ContainerKind, LatencyHistogram } from '@hcengineering/network-core'
import type { NetworkServer } from '@hcengineering/network-server'
import type { KindView } from './views.ts'

/** What a summary of a kind says without its traffic. */
type KindSummary = Pick<KindView, 'kind' | 'containers' | 'agents'>

type Snapshots = ReadonlyMap<ContainerKind, Float64Array>

/** The requests of each kind, and how long they took lately. */
export class RecentLatencies {
  private readonly server: NetworkServer
  private earlier: Snapshots = new Map()
  private later: Snapshots = new Map()

  constructor(server: NetworkServer) {
    this.server = server
  }

  /** What is called at an interval: latencies are of what came in the last one to two of these. */
  turn(): void {
    const { kinds } = this.server.traffic
    this.earlier = this.later
    this.later = new Map([...kinds].map(([kind, { latency }]) => [kind, latency.snapshot()]))
  }

  /** Adds what is known of a kind's requests. */
  view(summary: KindSummary): KindView {
    const kind = summary.kind as ContainerKind
    const traffic = this.server.traffic.kinds.get(kind)
    if (traffic === undefined) return { ...summary, requests: 0, requestsFailed: 0 }
    const { requests, failed, latency } = traffic
    const [requestP50Ms, requestP99Ms] = percentiles(latency, this.earlier.get(kind))
    return {
      ...summary,
      requests,
      requestsFailed: failed,
      ...(requestP50Ms !== undefined && { requestP50Ms }),
      ...(requestP99Ms !== undefined && { requestP99Ms })
    }
  }
}

/** The median and the 99th percentile of what came after a snapshot, in milliseconds; undefined without any. */
export function percentiles(
  latency: LatencyHistogram,
  since: Float64Array | undefined
): [number | undefined, number | undefined] {
  return [rounded(latency.quantile(0.5, since)), rounded(latency.quantile(0.99, since))]
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000
}
