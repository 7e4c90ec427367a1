/**
 * One container for each tenant, chosen by label: the order books of two shops. Nothing of one shop can be seen
 * in the other's.
 *
 * It also shows `serveAgent`, which makes an agent and registers it in one step, and `cast`, which turns
 * requests into typed method calls.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own.
 */

import {
  createNetworkClient,
  type ContainerReference,
  type NetworkClient
} from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  containerUuid,
  interfaceHandler,
  type ClientUuid,
  type Container,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'

const orderBookKind = 'order-book' as ContainerKind

/** What an order book can do: known to both sides. */
interface OrderBook {
  order(customer: string, item: string, price: number): { number: number }
  list(): string[]
  summary(): { shop: string; orders: number; customers: number; total: string }
}

class ShopOrderBook implements OrderBook {
  private readonly orders: { customer: string; item: string; price: number }[] = []
  private readonly shop: string
  private readonly currency: string

  constructor(shop: string, currency: string) {
    this.shop = shop
    this.currency = currency
  }

  order(customer: string, item: string, price: number): { number: number } {
    if (!(price > 0)) throw new Error(`a price must be above 0, not ${price}`)
    return { number: this.orders.push({ customer, item, price }) }
  }

  list(): string[] {
    return this.orders.map(({ customer, item }) => `${item} for ${customer}`)
  }

  summary(): { shop: string; orders: number; customers: number; total: string } {
    const total = this.orders.reduce((sum, { price }) => sum + price, 0)
    const customers = new Set(this.orders.map(({ customer }) => customer)).size
    return { shop: this.shop, orders: this.orders.length, customers, total: `${total} ${this.currency}` }
  }
}

/** Puts an order book into the network. */
class OrderBookContainer implements Container {
  readonly uuid: ContainerUuid
  private readonly shop: string
  private readonly handle: ReturnType<typeof interfaceHandler>

  constructor(uuid: ContainerUuid, shop: string, currency: string) {
    this.uuid = uuid
    this.shop = shop
    this.handle = interfaceHandler(new ShopOrderBook(shop, currency), 'OrderBook')
    console.log(`[${shop}] order book opened`)
  }

  async request(operation: string, data?: unknown): Promise<unknown> {
    const call = this.handle(operation, data)
    if (call === undefined) throw new Error(`an order book has no operation '${operation}'`)
    return await call()
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    console.log(`[${this.shop}] order book closed`)
  }

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

/** The order book of one shop. Labels select the container; `extra` only reaches the factory of a new one. */
async function orderBookOf(
  client: NetworkClient,
  shop: string,
  currency: string
): Promise<ContainerReference> {
  return await client.get(orderBookKind, { labels: [shop], extra: { currency } })
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
await client.waitConnection(5000)

const { server } = await client.serveAgent('localhost:0', {
  [orderBookKind]: ({ uuid = containerUuid(), labels, extra }, agentEndpoint) => {
    const shop = labels?.[0]
    if (shop === undefined) throw new Error('an order book belongs to a shop: name it in the labels')
    return {
      uuid,
      container: new OrderBookContainer(uuid, shop, extra.currency),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    }
  }
})

const bakery = await orderBookOf(client, 'bakery', 'EUR')
const florist = await orderBookOf(client, 'florist', 'CHF')

const bakeryOrders = bakery.cast<OrderBook>('OrderBook')
const floristOrders = florist.cast<OrderBook>('OrderBook')

console.log('bakery:', await bakeryOrders.order('Ada', 'rye bread', 4))
console.log('bakery:', await bakeryOrders.order('Ben', 'plum cake', 18))
console.log('florist:', await floristOrders.order('Ada', 'tulips', 12))

// A call is nothing but a request with a list of arguments.
console.log('bakery:', await bakery.request('OrderBook.list', []))
console.log('florist:', await floristOrders.list())

// The same label leads to the same container, whoever asks.
const bakeryAgain = await orderBookOf(client, 'bakery', 'EUR')
console.log('one container a shop:', bakeryAgain.uuid === bakery.uuid && bakery.uuid !== florist.uuid)

console.log('summary:', await bakeryOrders.summary())
console.log('summary:', await floristOrders.summary())

for (const record of (await client.list(orderBookKind)).toSorted((a, b) => (a.labels < b.labels ? -1 : 1))) {
  console.log('in the network:', record.kind, record.labels)
}

// Without a label the factory refuses, and the caller learns why.
try {
  await client.get(orderBookKind, {})
} catch (error) {
  console.log('without a shop:', (error as Error).message)
}

await bakery.close()
await bakeryAgain.close()
await florist.close()
await client.close()
await server.close()
