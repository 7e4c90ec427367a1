import { LatencyHistogram } from '@hcengineering/network-core'
import type { Attributes } from '@opentelemetry/api'
import { Attribute } from '../attributes.ts'
import type { MetricDescription, Tell } from './observe.ts'

/**
 * How long something took, as two counters: one by bucket, each of which counts all that took no longer than its
 * bound `le`, and the time of all together.
 */
export function durationMetrics<const K extends string>(
  key: K,
  name: string,
  unit: string,
  what: string,
  attributes: readonly string[] = []
): Record<`${K}Bucket` | `${K}Sum`, MetricDescription> {
  const bucket: MetricDescription = {
    name: `${name}.bucket`,
    type: 'counter',
    unit,
    description: `${what} that took no longer than \`le\` seconds`,
    attributes: [...attributes, Attribute.bucket]
  }
  const sum: MetricDescription = {
    name: `${name}.sum`,
    type: 'counter',
    unit: 's',
    description: `How long ${what.toLowerCase()} took together`,
    attributes
  }
  return { [`${key}Bucket`]: bucket, [`${key}Sum`]: sum } as Record<
    `${K}Bucket` | `${K}Sum`,
    MetricDescription
  >
}

/** Bounds that are exported: from 40 µs to 42 s. The histogram's own are closer than anybody needs to store. */
const exportedFromMs = 0.04
const exportedUpToMs = 45_000

/** @param factor between two bounds that are exported, a power of two */
function exportedBounds(factor: number): ReadonlySet<number> {
  const bounds = new Set<number>()
  let next = exportedFromMs
  for (const [index, bound] of LatencyHistogram.bounds.entries()) {
    if (bound > exportedUpToMs) break
    if (bound < next * 0.999) continue
    bounds.add(index)
    next *= factor
  }
  return bounds
}

const fine = exportedBounds(2)
const coarse = exportedBounds(4)

/** Tells the figures of {@link durationMetrics}. */
export function tellDurations<K extends string>(
  tell: Tell<`${K}Bucket` | `${K}Sum`>,
  key: K,
  histogram: LatencyHistogram,
  { attributes, detail = 'fine' }: { attributes?: Attributes; detail?: 'fine' | 'coarse' } = {}
): void {
  const exported = detail === 'fine' ? fine : coarse
  let below = 0
  for (const [index, boundMs] of LatencyHistogram.bounds.entries()) {
    below += histogram.counts[index] ?? 0
    if (exported.has(index)) {
      const le = String(Number((boundMs / 1000).toPrecision(4)))
      tell(`${key}Bucket`, below, { ...attributes, [Attribute.bucket]: le })
    }
  }
  tell(`${key}Bucket`, below, { ...attributes, [Attribute.bucket]: '+Inf' })
  tell(`${key}Sum`, histogram.sumMs / 1000, attributes)
}
