/** Many clients that hold containers and do nothing else. */

import {
  createNetworkClient,
  type ContainerReference,
  type NetworkClient
} from '@hcengineering/network-client'
import { containerUuid } from '@hcengineering/network-core'
import { echoKind } from './network.ts'
import { serveCalls } from './program.ts'

const clients: NetworkClient[] = []
const kept: ContainerReference[] = []
const atOnceMax = 50

serveCalls({
  start: async ({ address, count }: { address: string; count: number }) => {
    while (clients.length < count) {
      const added = Array.from({ length: Math.min(atOnceMax, count - clients.length) }, () =>
        createNetworkClient(address)
      )
      await Promise.all(added.map((client) => client.waitConnection(10_000)))
      clients.push(...added)
    }
    return {}
  },
  /** Each client gets that many containers of its own. */
  hold: async ({ each }: { each: number }) => {
    for (let from = 0; from < clients.length; from += atOnceMax) {
      const gets = clients
        .slice(from, from + atOnceMax)
        .flatMap((client) =>
          Array.from({ length: each }, () => client.get(echoKind, { uuid: containerUuid() }))
        )
      kept.push(...(await Promise.all(gets)))
    }
    return { references: kept.length }
  }
})
