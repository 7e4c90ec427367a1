import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { observe, type MetricDescription, type ObserveOptions } from './observe.ts'

const delay = (name: string, which: string): MetricDescription => ({
  name,
  type: 'gauge',
  unit: 's',
  description: `${which} by which the event loop was late, since the last collection`
})

/** The metrics of the event loop, under the names that the semantic conventions give them. */
export const eventLoopMetrics = {
  mean: delay('nodejs.eventloop.delay.mean', 'The mean time'),
  p50: delay('nodejs.eventloop.delay.p50', 'The median of the times'),
  p99: delay('nodejs.eventloop.delay.p99', 'The 99th percentile of the times'),
  max: delay('nodejs.eventloop.delay.max', 'The longest time'),
  utilization: {
    name: 'nodejs.eventloop.utilization',
    type: 'gauge',
    unit: '1',
    description: 'The share of the time in which the event loop was busy, since the last collection'
  }
} as const satisfies Record<string, MetricDescription>

/** How often the loop is looked at: lateness that is shorter is not seen. */
const resolutionMs = 10

/**
 * Has the lateness of this process's event loop read whenever metrics are collected; to be called once in a process,
 * and not beside an instrumentation of Node's own runtime, which gives the same metrics. Returns what ends it.
 *
 * @example
 * ```ts
 * import { observeEventLoop } from '@hcengineering/network-telemetry'
 *
 * export const stop = observeEventLoop()
 * ```
 */
export function observeEventLoop(options: ObserveOptions = {}): () => void {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let before = performance.eventLoopUtilization()
  const stop = observe(eventLoopMetrics, options, (tell) => {
    if (histogram.count > 0) {
      tell('mean', late(histogram.mean))
      tell('p50', late(histogram.percentile(50)))
      tell('p99', late(histogram.percentile(99)))
      tell('max', late(histogram.max))
    }
    histogram.reset()
    const now = performance.eventLoopUtilization()
    tell('utilization', performance.eventLoopUtilization(now, before).utilization)
    before = now
  })
  return () => {
    stop()
    histogram.disable()
  }
}

/** What is measured is the time from one look to the next: lateness is what it has above the resolution. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000)
}
