import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, NetworkImpl } from '@hcengineering/network-core'
import type { NetworkServer } from '@hcengineering/network-server'
import { percentiles, RecentLatencies } from './recent-latencies.ts'
import type { KindView, Sample, Totals } from './views.ts'

const intervalMs = 1000
const samplesMax = 600
/** Latencies by kind are of the last half to whole minute. */
const samplesPerTurn = 30
const delayResolutionMs = 20

/** What a sampler looks at. */
export interface SamplerParts {
  readonly network: NetworkImpl
  readonly server: NetworkServer
  readonly clock: Clock
  /** Hears of each sample. */
  readonly onSample: (sample: Sample) => void
}

/** Looks at the network once a second, and remembers ten minutes of what it saw. */
export class Sampler {
  private readonly parts: SamplerParts
  private readonly samples: Sample[] = []
  private readonly latencies: RecentLatencies
  private untilTurn = samplesPerTurn
  private readonly delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
  private before: { readonly now: number; readonly totals: Totals }
  private getsBefore: Float64Array
  private requestsBefore: Float64Array
  private cancelNext: (() => void) | undefined

  constructor(parts: SamplerParts) {
    this.parts = parts
    const { network, server, clock } = parts
    this.latencies = new RecentLatencies(server)
    this.before = { now: clock.now(), totals: this.totals() }
    this.getsBefore = network.getLatency.snapshot()
    this.requestsBefore = server.traffic.requestLatency.snapshot()
    this.delay.enable()
    this.schedule()
  }

  /** At most ten minutes, the oldest first. */
  get history(): readonly Sample[] {
    return this.samples
  }

  get latest(): Sample | undefined {
    return this.samples.at(-1)
  }

  /** The kinds, and their requests. */
  kinds(): KindView[] {
    return this.parts.network.inspection.kinds().map((kind) => this.latencies.view(kind))
  }

  /** What has happened since the start. */
  totals(): Totals {
    const { network, server } = this.parts
    const { gets, getsFailed, events, starts, startsFailed, agentsLost } = network.counters
    const { requestsRouted, requestsFailed, broadcasts } = server.traffic
    const { refusedMessages } = server.counts()
    return {
      gets,
      getsFailed,
      requestsRouted,
      requestsFailed,
      events,
      broadcasts,
      starts,
      startsFailed,
      agentsLost,
      refusedMessages
    }
  }

  close(): void {
    this.cancelNext?.()
    this.delay.disable()
  }

  private schedule(): void {
    this.cancelNext = this.parts.clock.after(intervalMs, () => {
      this.schedule()
      this.take()
    })
  }

  private take(): void {
    const { network, server, clock } = this.parts
    const now = clock.now()
    const totals = this.totals()
    const { agents, clients, containers } = network.counts()
    const { sessions } = server.counts()
    const { heapUsed, rss } = process.memoryUsage()
    const seconds = Math.max(0.001, (now - this.before.now) / 1000)
    const perSecond = (...names: (keyof Totals)[]): number => {
      let count = 0
      for (const name of names) count += totals[name] - this.before.totals[name]
      return Math.round((count / seconds) * 10) / 10
    }
    const [getP50Ms, getP99Ms] = percentiles(network.getLatency, this.getsBefore)
    const [requestP50Ms, requestP99Ms] = percentiles(server.traffic.requestLatency, this.requestsBefore)
    const sample: Sample = {
      at: Math.round(clock.wallTime()),
      agents,
      clients,
      sessions,
      containers,
      getsPerSecond: perSecond('gets'),
      requestsPerSecond: perSecond('requestsRouted'),
      eventsPerSecond: perSecond('events'),
      failuresPerSecond: perSecond('getsFailed', 'requestsFailed', 'startsFailed'),
      ...(getP50Ms !== undefined && { getP50Ms }),
      ...(getP99Ms !== undefined && { getP99Ms }),
      ...(requestP50Ms !== undefined && { requestP50Ms }),
      ...(requestP99Ms !== undefined && { requestP99Ms }),
      eventLoopLagMs: this.lagMs(),
      heapUsedBytes: heapUsed,
      rssBytes: rss
    }
    this.before = { now, totals }
    this.getsBefore = network.getLatency.snapshot()
    this.requestsBefore = server.traffic.requestLatency.snapshot()
    if (this.samples.push(sample) > samplesMax) this.samples.shift()
    if (--this.untilTurn === 0) {
      this.untilTurn = samplesPerTurn
      this.latencies.turn()
    }
    this.parts.onSample(sample)
  }

  /** For how long something has held the process at most since the last sample. */
  private lagMs(): number {
    const longestMs = this.delay.max / 1e6
    this.delay.reset()
    return Math.round(Math.max(0, longestMs - delayResolutionMs) * 10) / 10
  }
}
