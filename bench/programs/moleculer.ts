/** Moleculer over its TCP transporter with a static list of endpoints: one file for both ends. */

import { ServiceBroker } from 'moleculer'
import type { Figures, Load } from '../src/messages.ts'
import { drive } from './drive.ts'
import { serveCalls } from './program.ts'
import { requireSame, smallObject, type SmallObject } from './small-object.ts'

let broker: ServiceBroker | undefined

serveCalls({
  start: async ({ name, endpoints, serves }: { name: string; endpoints: string; serves: boolean }) => {
    broker = new ServiceBroker({
      nodeID: name,
      transporter: { type: 'TCP', options: { urls: endpoints, udpDiscovery: false } },
      logger: false
    })
    if (serves) {
      broker.createService({
        name: 'bench',
        actions: { echo: (context: { params: SmallObject }) => context.params }
      })
    }
    await broker.start()
    if (!serves) await broker.waitForServices('bench', 10_000)
    return {}
  },
  echo: async (load: Load): Promise<Figures> => {
    const from = broker
    if (from === undefined) throw new Error('not started')
    return drive(load, async (n) => {
      requireSame(await from.call<SmallObject, SmallObject>('bench.echo', smallObject(n)), n)
    })
  }
})
