/** Buckets for each doubling: neighbours differ by a fifth. */
const bucketsPerOctave = 4
/** What is quicker falls into the first bucket. */
const smallestMs = 0.01
/** The last but one ends at more than 80 seconds; what takes longer falls into the last. */
const bucketCount = 96

/**
 * How long things took, counted in buckets that grow by the same factor. Nothing is made for a duration that is
 * recorded; whoever wants figures reads them, and for those of an interval compares with an earlier copy.
 *
 * @example
 * ```ts
 * import { LatencyHistogram } from '@hcengineering/network-core'
 *
 * const latency = new LatencyHistogram()
 * const before = latency.snapshot()
 * for (const ms of [1, 2, 400]) latency.record(ms)
 * console.log(latency.quantile(0.5), latency.quantile(0.99, before))
 * ```
 */
export class LatencyHistogram {
  /** How many fell into each bucket since the start; {@link LatencyHistogram.bounds} says where each ends. */
  readonly counts = new Float64Array(bucketCount)
  /** How many there were since the start. */
  count = 0
  /** How long they took together, in milliseconds. */
  sumMs = 0

  /** The upper bound of each bucket, in milliseconds, included in it; that of the last is infinite. */
  static readonly bounds: readonly number[] = Array.from({ length: bucketCount }, (_, index) =>
    index === bucketCount - 1 ? Infinity : smallestMs * 2 ** (index / bucketsPerOctave)
  )

  record(ms: number): void {
    this.count++
    this.sumMs += ms
    const index = ms <= smallestMs ? 0 : Math.ceil(Math.log2(ms / smallestMs) * bucketsPerOctave)
    const bucket = Math.min(index, bucketCount - 1)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }

  /** A copy of the counts, to be compared with later. */
  snapshot(): Float64Array {
    return this.counts.slice()
  }

  /**
   * The upper bound of the bucket in which this share of the durations ends, in milliseconds; undefined when there
   * were none. Of those beyond the last bound it says where they begin.
   *
   * @param share from 0 to 1
   * @param since counts only what came after this snapshot
   */
  quantile(share: number, since?: Float64Array): number | undefined {
    let total = 0
    for (const [index, count] of this.counts.entries()) total += count - (since?.[index] ?? 0)
    if (total === 0) return undefined
    const { bounds } = LatencyHistogram
    let below = 0
    for (const [index, count] of this.counts.entries()) {
      below += count - (since?.[index] ?? 0)
      if (below >= share * total) return bounds[Math.min(index, bucketCount - 2)]
    }
    return bounds[bucketCount - 2]
  }
}
