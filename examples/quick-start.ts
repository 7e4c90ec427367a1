/**
 * Quick Start: a whole network in one process. It starts a coordinator, an agent that offers one kind of
 * container, and a client that asks for such a container and uses it.
 *
 *     pnpm exec node --conditions=source examples/quick-start.ts
 */

import { createAgent, createNetworkClient } from '@hcengineering/network-client'
import {
  NetworkImpl,
  TickManagerImpl,
  containerUuid,
  type ClientUuid,
  type Container,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'

// 1. A container is an object with these five methods. This one counts the words of a text.
class WordCounter implements Container {
  readonly uuid: ContainerUuid
  private texts = 0

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
  }

  async request(operation: string, data?: { text: string }): Promise<{ words: number; texts: number }> {
    if (operation !== 'count' || data === undefined) throw new Error(`I cannot ${operation}`)
    this.texts++
    console.log(`  the container counts: "${data.text}"`)
    return { words: data.text.split(/\s+/).length, texts: this.texts }
  }

  async ping(): Promise<void> {
    // Called now and then by the agent: throwing here says that this container is not well.
  }

  async terminate(): Promise<void> {
    console.log('  the container ends')
  }

  connect(_clientId: ClientUuid, _broadcast: (data: unknown) => Promise<void>): void {
    // A container with events keeps `broadcast`: see 02-event-broadcasting.ts.
  }

  disconnect(_clientId: ClientUuid): void {}
}

async function main(): Promise<void> {
  // 2. The coordinator. There is one in a network, usually on port 3737; port 0 takes any free one.
  const tickManager = new TickManagerImpl(1000)
  tickManager.start()
  const network = new NetworkImpl(tickManager)
  const server = new NetworkServer(network, tickManager, '*', 0)
  const address = `localhost:${server.getPort()}`
  console.log(`The network listens at ${address}`)

  // 3. An agent, with a factory for each kind of container that it offers.
  const { agent, server: agentServer } = await createAgent('localhost:0', {
    'word-counter': async (options) => {
      const uuid = options.uuid ?? containerUuid()
      return {
        uuid,
        container: new WordCounter(uuid),
        endpoint: `word-counter://localhost/${uuid}` as ContainerEndpointRef
      }
    }
  })
  console.log(`The agent listens at ${agentServer.endpoint}`)

  // 4. A client. It connects by itself; waiting tells whether it has.
  const client = createNetworkClient(address)
  try {
    await client.waitConnection(5000)
    console.log('The client is connected')

    // 5. The agent joins the network.
    await client.register(agent)
    console.log('The network now offers:', (await client.kinds()).join(', '))

    // 6. Ask for a container by its kind: one is started.
    const counter = await client.get('word-counter' as ContainerKind, {})
    console.log('Got a container:', counter.uuid)

    // 7. Use it.
    const first = await counter.request('count', { text: 'the quick brown fox' })
    console.log('First answer:', first)
    const second = await counter.request('count', { text: 'jumps over the lazy dog' })
    console.log('Second answer:', second)

    await counter.close()
  } finally {
    // 8. Close what was opened, the last first. Nothing is left that would keep the process alive.
    await client.close()
    await agentServer.close()
    await server.close()
    await network.close()
    tickManager.stop()
  }
  console.log('All is closed')
}

await main()
