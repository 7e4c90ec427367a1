/** An agent that offers echo containers. */

import { createNetworkClient } from '@hcengineering/network-client'
import { echoFactories } from './echo-container.ts'
import { transports, type TransportName } from './network.ts'
import { serveCalls } from './program.ts'

serveCalls({
  start: async ({ address, transport }: { address: string; transport: TransportName }) => {
    const client = createNetworkClient(address, { transport: transports[transport] })
    await client.waitConnection(10_000)
    await client.serveAgent('127.0.0.1:0', echoFactories)
    return {}
  }
})
