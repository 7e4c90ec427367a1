import type { InteractionFigures } from './interactions.ts'
import type { MemoryFigures } from './memory.ts'
import { trend } from './statistics.ts'

/** All that a run has measured. */
export interface Results {
  readonly firstPaintsMs: readonly number[]
  readonly interactions: InteractionFigures
  readonly memory: readonly (MemoryFigures & { readonly seconds: number })[]
  readonly containers: number
  readonly eventsPerSecond: number
}

/** One figure beside what it must reach. */
export interface Verdict {
  readonly name: string
  readonly figure: string
  readonly bar: string
  readonly reached: boolean
}

/** What must be reached. */
export const bars = {
  containers: 100_000,
  eventsPerSecond: 500,
  firstPaintMs: 1000,
  interactionMs: 100,
  /** What memory may rise by over a run, by the line through its measurements. */
  heapRiseBytes: 1024 ** 2,
  nodesRise: 100
} as const

/** The first rounds fill what is bounded, caches of the engine among it. */
const warmUpShare = 0.25
/** Of what was asked for: the load is made with timers. */
const leastShare = 0.95

/** Judges a run. */
export function verdicts(results: Results, asked: { containers: number; events: number }): Verdict[] {
  const { firstPaintsMs, interactions, containers, eventsPerSecond } = results
  const worstPaint = Math.max(...firstPaintsMs)
  const p75 = interactions.p75Ms
  return [
    {
      name: 'the load: containers',
      figure: String(containers),
      bar: `about ${asked.containers}`,
      reached: containers >= asked.containers * leastShare
    },
    {
      name: 'the load: events a second',
      figure: eventsPerSecond.toFixed(0),
      bar: `about ${asked.events}`,
      reached: eventsPerSecond >= asked.events * leastShare
    },
    {
      name: 'first paint, the worst of some',
      figure: `${firstPaintsMs.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      bar: `under ${bars.firstPaintMs} ms`,
      reached: worstPaint < bars.firstPaintMs
    },
    {
      name: 'interactions, 75th percentile',
      figure: `${p75 ?? '–'} ms of ${interactions.count}, worst ${interactions.worstMs} ms`,
      bar: `under ${bars.interactionMs} ms`,
      reached: p75 !== undefined && p75 < bars.interactionMs
    },
    ...memoryVerdicts(results.memory)
  ]
}

function memoryVerdicts(measured: Results['memory']): Verdict[] {
  const warm = measured.slice(Math.ceil(measured.length * warmUpShare))
  const last = warm.at(-1)
  const heap = trend(warm.map(({ seconds, heapBytes }) => ({ seconds, value: heapBytes })))
  const nodes = trend(warm.map(({ seconds, nodes }) => ({ seconds, value: nodes })))
  return [
    {
      name: 'heap, rise while it was measured',
      figure: rise(heap, last?.heapBytes),
      bar: `below ${signedMebibytes(bars.heapRiseBytes)}`,
      reached: heap !== undefined && heap < bars.heapRiseBytes
    },
    {
      name: 'nodes, rise while it was measured',
      figure: nodes === undefined ? 'too short a run' : `${nodes.toFixed(0)}, to ${last?.nodes}`,
      bar: `below ${bars.nodesRise}`,
      reached: nodes !== undefined && nodes < bars.nodesRise
    }
  ]
}

function rise(bytes: number | undefined, last: number | undefined): string {
  if (bytes === undefined || last === undefined) return 'too short a run'
  return `${signedMebibytes(bytes)}, to ${(last / 1024 ** 2).toFixed(1)} MiB`
}

function signedMebibytes(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${Math.abs(bytes / 1024 ** 2).toFixed(2)} MiB`
}
