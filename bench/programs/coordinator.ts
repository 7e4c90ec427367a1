/** The coordinator, as the pod runs it. */

import { NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { transports, type TransportName } from './network.ts'
import { serveCalls } from './program.ts'

let network: NetworkImpl | undefined

serveCalls({
  start: ({ transport }: { transport: TransportName }) => {
    const tickManager = new TickManagerImpl(10)
    tickManager.start()
    network = new NetworkImpl(tickManager)
    const server = new NetworkServer(network, tickManager, '127.0.0.1', 0, {
      transport: transports[transport]
    })
    return { address: `127.0.0.1:${server.getPort()}` }
  },
  counts: () => network?.counts()
})
