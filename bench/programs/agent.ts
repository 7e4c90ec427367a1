/** An agent that offers echo containers. */

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
  telemetry: () => (byHand ?? telemetry)?.figures()
})
