/** The coordinator of a churn: the pod's parts, with a way to look at them. */

import { NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { serveMeasurements } from '../src/memory.ts'

const unusedContainerTimeout = 0.1

const ticks = new TickManagerImpl(100)
ticks.start()
const network = new NetworkImpl(ticks, { unusedContainerTimeout })
const server = new NetworkServer(network, ticks, '127.0.0.1', 0)
serveMeasurements(() => ({ ...network.counts(), ...server.counts() }))
console.log(`127.0.0.1:${server.getPort()}`)
