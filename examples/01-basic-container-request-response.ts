/**
 * A container that answers requests and keeps its state between them: a stock room.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own.
 */

import { createAgent, createNetworkClient } from '@hcengineering/network-client'
import {
  containerUuid,
  type ClientUuid,
  type Container,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'

const stockRoomKind = 'stock-room' as ContainerKind

class StockRoom implements Container {
  readonly uuid: ContainerUuid
  private readonly amounts = new Map<string, number>()

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
    console.log('[stock room] opened')
  }

  async request(operation: string, data?: any): Promise<unknown> {
    switch (operation) {
      case 'put': {
        const amount = (this.amounts.get(data.item) ?? 0) + data.amount
        this.amounts.set(data.item, amount)
        return { item: data.item, amount }
      }
      case 'take': {
        const amount = this.amounts.get(data.item) ?? 0
        // What a container throws reaches the caller with the same message.
        if (amount < data.amount) throw new Error(`there are only ${amount} of ${data.item}`)
        this.amounts.set(data.item, amount - data.amount)
        return { item: data.item, amount: amount - data.amount }
      }
      case 'inventory':
        // Maps, dates, bytes and bigints arrive as what they are.
        return this.amounts
      default:
        throw new Error(`a stock room has no operation '${operation}'`)
    }
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    console.log(`[stock room] closed with ${this.amounts.size} kinds of things in it`)
  }

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
await client.waitConnection(5000)

const { agent, server } = await createAgent('localhost:0', {
  [stockRoomKind]: (options) => {
    const uuid = options.uuid ?? containerUuid()
    return {
      uuid,
      container: new StockRoom(uuid),
      endpoint: `stock://localhost/${uuid}` as ContainerEndpointRef
    }
  }
})
await client.register(agent)
console.log(`An agent at ${server.endpoint} offers the kind '${stockRoomKind}'`)

const stock = await client.get(stockRoomKind, {})

console.log('put 12 apples:', await stock.request('put', { item: 'apples', amount: 12 }))
console.log('put 3 pears:', await stock.request('put', { item: 'pears', amount: 3 }))
console.log('take 5 apples:', await stock.request('take', { item: 'apples', amount: 5 }))

try {
  await stock.request('take', { item: 'pears', amount: 4 })
} catch (error) {
  console.log('take 4 pears:', (error as Error).message)
}

// Whoever asks for the same kind gets the same container, and finds in it what was put there before.
const sameStock = await client.get(stockRoomKind, {})
console.log('the same container:', sameStock.uuid === stock.uuid)
console.log('inventory:', await sameStock.request('inventory'))

// `send` waits for no answer. Requests of one client start in the order in which they were made.
await stock.send('put', { item: 'plums', amount: 40 })
console.log('inventory:', await stock.request('inventory'))

// A container lives for as long as someone holds a reference to it, and for a while (3 s) after that.
await stock.close()
await sameStock.close()

// What was opened is closed. Nothing is left that would keep this process alive.
await client.close()
await server.close()
