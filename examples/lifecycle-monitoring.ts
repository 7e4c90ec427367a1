/**
 * Watching a network: agents that come and go, containers that start, move and end.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own, and takes about 4 seconds:
 * a container that nobody refers to is kept for 3 before it ends.
 */

import { createNetworkClient } from '@hcengineering/network-client'
import {
  NetworkEventKind,
  containerOnAgentEndpointRef,
  containerUuid,
  type ClientUuid,
  type Container,
  type ContainerKind,
  type ContainerUuid,
  type NetworkEvent
} from '@hcengineering/network-core'
import { EventEmitter, once } from 'node:events'

const lampKind = 'lamp' as ContainerKind

class Lamp implements Container {
  readonly uuid: ContainerUuid
  /** Set by the agent: a container that ends by itself calls it. */
  onTerminated: (() => void) | undefined

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
  }

  async request(operation: string): Promise<string> {
    if (operation === 'shine') return 'it is bright'
    if (operation === 'burn out') {
      this.onTerminated?.()
      return 'it is dark'
    }
    throw new Error(`a lamp cannot ${operation}`)
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {}

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

const names: Record<NetworkEventKind, string> = {
  [NetworkEventKind.added]: 'added',
  [NetworkEventKind.updated]: 'updated',
  [NetworkEventKind.removed]: 'removed'
}

/** Prints what happens to lamps and to agents that offer them, and lets the program wait for it. */
class Watch extends EventEmitter {
  hear(event: NetworkEvent): void {
    for (const { id, kinds, event: what } of event.agents) {
      // Other programs may use the same network: their agents are none of our business.
      if (!kinds.includes(lampKind)) continue
      console.log(`  agent ${names[what]}: ${id}, offers ${kinds.join(', ')}`)
      this.emit(`agent ${names[what]}`)
    }
    for (const { container, event: what } of event.containers) {
      if (container.kind !== lampKind) continue
      console.log(`  container ${names[what]}: ${container.uuid}, labels ${container.labels.join(', ')}`)
      this.emit(`container ${names[what]}`)
    }
  }
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
await client.waitConnection(5000)

// All events of the network reach a client for as long as it has a listener.
const watch = new Watch()
const stopWatching = client.onUpdate((event) => watch.hear(event))

console.log('an agent joins')
const agentAdded = once(watch, 'agent added')
const { agent, server } = await client.serveAgent('localhost:0', {
  [lampKind]: ({ uuid = containerUuid() }, agentEndpoint) => ({
    uuid,
    container: new Lamp(uuid),
    endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
  })
})
await agentAdded

console.log('a lamp is asked for')
const lampAdded = once(watch, 'container added')
const lamp = await client.get(lampKind, { uuid: 'hall-lamp' as ContainerUuid, labels: ['hall', 'ceiling'] })
await lampAdded
console.log('shine:', await lamp.request('shine'))

console.log('it burns out')
const lampBurntOut = once(watch, 'container removed')
await lamp.send('burn out')
await lampBurntOut

console.log('the reference is still good: its next request starts another lamp of the same uuid')
const lampAddedAgain = once(watch, 'container added')
console.log('shine:', await lamp.request('shine'))
await lampAddedAgain

console.log('nobody needs it any more: after a while it ends')
const lampRemoved = once(watch, 'container removed')
const releasedAt = performance.now()
await lamp.close()
await lampRemoved
console.log(`  that took ${((performance.now() - releasedAt) / 1000).toFixed(1)} s`)

console.log('the agent leaves')
const agentRemoved = once(watch, 'agent removed')
await client.unregister(agent)
await agentRemoved

stopWatching()
await client.close()
await server.close()
