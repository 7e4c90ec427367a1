import { createHistogram } from 'node:perf_hooks'
import { toNetworkError, type Clock } from '@hcengineering/network-core'

/** How a container is loaded. */
export interface LoadOptions {
  readonly clock: Clock
  /** Requests under way at a time. */
  readonly inFlight: number
  readonly seconds: number
  /** Before that: the same load, not counted. */
  readonly warmUpSeconds: number
  /** Ends it earlier. */
  readonly requestsMax?: number | undefined
  /** Told now and then how far it is. */
  readonly heard?: ((requests: number, elapsedMs: number) => void) | undefined
}

/** What a load came to. Latencies are of requests that were answered well. */
export interface LoadResult {
  readonly requests: number
  /** By error code. */
  readonly failures: Readonly<Record<string, number>>
  readonly inFlight: number
  readonly elapsedMs: number
  readonly requestsPerSecond: number
  /** Absent when no request was answered well. */
  readonly latencyMs?: {
    readonly min: number
    readonly mean: number
    readonly p50: number
    readonly p90: number
    readonly p99: number
    readonly p999: number
    readonly max: number
  }
}

const heardEveryMs = 200
/** After a failure a worker waits so long: what refuses at once is not to be asked in a tight loop. */
const failurePauseMs = 10
const nanosecondsPerMs = 1_000_000

/** Keeps `inFlight` requests under way, each worker asking again when it has its answer. */
export async function runLoad(options: LoadOptions, request: () => Promise<unknown>): Promise<LoadResult> {
  if (options.warmUpSeconds > 0) await new Load(options, request).run(options.warmUpSeconds * 1000)
  return await new Load(options, request).run(options.seconds * 1000)
}

class Load {
  private readonly options: LoadOptions
  private readonly request: () => Promise<unknown>
  private readonly histogram = createHistogram()
  private readonly failures = new Map<string, number>()
  private begun = 0
  private done = 0
  private beganAt = 0
  private heardAt = 0

  constructor(options: LoadOptions, request: () => Promise<unknown>) {
    this.options = options
    this.request = request
  }

  async run(forMs: number): Promise<LoadResult> {
    const { clock, inFlight } = this.options
    this.beganAt = clock.now()
    this.heardAt = this.beganAt
    const endsAt = this.beganAt + forMs
    await Promise.all(Array.from({ length: inFlight }, () => this.work(endsAt)))
    return this.result(clock.now() - this.beganAt)
  }

  private async work(endsAt: number): Promise<void> {
    const { clock, requestsMax = Number.POSITIVE_INFINITY } = this.options
    let now = clock.now()
    while (now < endsAt && this.begun < requestsMax) {
      this.begun++
      const asked = now
      try {
        await this.request()
        now = clock.now()
        // A histogram takes whole numbers of at least 1.
        this.histogram.record(Math.max(1, Math.round((now - asked) * nanosecondsPerMs)))
      } catch (error) {
        const { code } = toNetworkError(error)
        this.failures.set(code, (this.failures.get(code) ?? 0) + 1)
        await new Promise<void>((resolve) => {
          clock.after(failurePauseMs, resolve)
        })
        now = clock.now()
      }
      this.done++
      if (now - this.heardAt < heardEveryMs) continue
      this.heardAt = now
      this.options.heard?.(this.done, now - this.beganAt)
    }
  }

  private result(elapsedMs: number): LoadResult {
    const { histogram } = this
    const at = (percentile: number): number => histogram.percentile(percentile) / nanosecondsPerMs
    return {
      requests: this.done,
      failures: Object.fromEntries(this.failures),
      inFlight: this.options.inFlight,
      elapsedMs,
      requestsPerSecond: elapsedMs > 0 ? (histogram.count / elapsedMs) * 1000 : 0,
      ...(histogram.count > 0 && {
        latencyMs: {
          min: histogram.min / nanosecondsPerMs,
          mean: histogram.mean / nanosecondsPerMs,
          p50: at(50),
          p90: at(90),
          p99: at(99),
          p999: at(99.9),
          max: histogram.max / nanosecondsPerMs
        }
      })
    }
  }
}
