/** An agent that offers echo containers. */

import { getHeapSpaceStatistics } from 'node:v8'
import { createNetworkClient } from '@hcengineering/network-client'
import { echoFactories, echoFactoriesWith } from './echo-container.ts'
import { transports, type TransportName } from './network.ts'
import { serveCalls } from './program.ts'
import type { SpansByHand, Telemetry, TelemetryOption } from './telemetry.ts'

interface Start {
  readonly address: string
  readonly transport: TransportName
  readonly observed?: TelemetryOption
  /** Whether the container makes spans itself. */
  readonly byHand?: boolean
}

let telemetry: Telemetry | undefined
let byHand: SpansByHand | undefined

serveCalls({
  start: async ({ address, transport, observed, byHand: makesSpans }: Start) => {
    telemetry = observed && new (await import('./telemetry.ts')).Telemetry(observed)
    const spans = makesSpans === true ? new (await import('./telemetry.ts')).SpansByHand() : undefined
    byHand = spans
    const factories = spans
      ? echoFactoriesWith((operation, work) => spans.around('server', operation, work))
      : echoFactories
    const client = createNetworkClient(address, {
      transport: transports[transport],
      tracing: telemetry?.tracing
    })
    await client.waitConnection(10_000)
    const { agent, server } = await client.serveAgent('127.0.0.1:0', factories)
    telemetry?.observeAgent(agent, server)
    return {}
  },
  spansByHand: ({ ratio }: { ratio: number }) => {
    if (byHand !== undefined) byHand.ratio = ratio
    return {}
  },
  /** How large V8 has made its young generation: it grows with what lives through a collection. */
  young: () => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    if (young === undefined) throw new Error('V8 tells of no new space')
    return { mib: young.space_size / (1024 * 1024) }
  },
  telemetry: () => (byHand ?? telemetry)?.figures()
})
