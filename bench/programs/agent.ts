/** An agent that offers echo containers. */

import { createNetworkClient } from '@hcengineering/network-client'
import { echoFactories } from './echo-container.ts'
import { transports, type TransportName } from './network.ts'
import { serveCalls } from './program.ts'
import type { Telemetry, TelemetryOption } from './telemetry.ts'

interface Start {
  readonly address: string
  readonly transport: TransportName
  readonly observed?: TelemetryOption
}

let telemetry: Telemetry | undefined

serveCalls({
  start: async ({ address, transport, observed }: Start) => {
    telemetry = observed && new (await import('./telemetry.ts')).Telemetry(observed)
    const client = createNetworkClient(address, {
      transport: transports[transport],
      tracing: telemetry?.tracing
    })
    await client.waitConnection(10_000)
    const { agent, server } = await client.serveAgent('127.0.0.1:0', echoFactories)
    telemetry?.observeAgent(agent, server)
    return {}
  },
  telemetry: () => telemetry?.figures()
})
