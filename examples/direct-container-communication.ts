/**
 * The ways to a container: requests through the coordinator, a direct connection to the container's agent, and a
 * direct connection to a listener of the container's own. An agent without any listener is reached as well,
 * through the coordinator. The caller writes the same code for all of them.
 *
 * It joins the network at NETWORK (default localhost:3737) with two agents of its own.
 */

import {
  ContainerServer,
  createNetworkClient,
  type ContainerReference,
  type ContainerRequests
} from '@hcengineering/network-client'
import {
  AgentImpl,
  TickManagerImpl,
  containerOnAgentEndpointRef,
  containerUuid,
  type AgentUuid,
  type ClientUuid,
  type Container,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'

const onAgentKind = 'calculator-on-agent' as ContainerKind
const ownListenerKind = 'calculator-with-listener' as ContainerKind
const hiddenKind = 'calculator-without-listener' as ContainerKind

class Calculator implements Container {
  readonly uuid: ContainerUuid
  /** A listener of its own, if it has one. */
  listener: ContainerServer | undefined

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
  }

  async request(operation: string, data?: any): Promise<number> {
    if (operation !== 'add') throw new Error(`this calculator cannot ${operation}`)
    return data.a + data.b
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    await this.listener?.close()
  }

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

const requests = 200

/** Asks one after the other, and tells how long an answer took. */
async function measure(name: string, calculator: ContainerRequests): Promise<void> {
  const startedAt = performance.now()
  let sum = 0
  for (let i = 1; i <= requests; i++) sum = await calculator.request('add', { a: sum, b: i })
  const each = ((performance.now() - startedAt) / requests) * 1000
  console.log(`${name}: the sum is ${sum}, ${each.toFixed(0)} µs a request`)
}

/** Connects, asks, and closes. */
async function measureConnection(name: string, calculator: ContainerReference): Promise<void> {
  await using connection = await calculator.connect()
  await measure(name, connection)
}

// A client reaches the agents of its own process without any network, which is faster still. Not in here: these
// agents stand for some on other machines.
const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737', { localAgents: false })
await client.waitConnection(5000)

const tickManager = new TickManagerImpl(1)
const { server } = await client.serveAgent('localhost:0', {
  // This endpoint says: reach the container at its agent's listener.
  [onAgentKind]: ({ uuid = containerUuid() }, agentEndpoint) => ({
    uuid,
    container: new Calculator(uuid),
    endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
  }),
  // This one opens a port for the container alone.
  [ownListenerKind]: ({ uuid = containerUuid() }) => {
    const container = new Calculator(uuid)
    container.listener = new ContainerServer(tickManager, 'localhost', '*', 0, uuid, container)
    return { uuid, container, endpoint: container.listener.endpoint }
  }
})

// An agent that listens nowhere, as behind a firewall: what is for it comes over its client's connection.
const hiddenAgent = new AgentImpl('hidden-calculators' as AgentUuid, {
  [hiddenKind]: ({ uuid = containerUuid() }) => ({
    uuid,
    container: new Calculator(uuid),
    endpoint: `calculator://hidden/${uuid}` as ContainerEndpointRef
  })
})
await client.register(hiddenAgent)

const onAgent = await client.get(onAgentKind)
console.log('on its agent:', onAgent.endpoint)
await measure('  requests through the coordinator', onAgent)
await measureConnection('  direct connection', onAgent)

const withListener = await client.get(ownListenerKind)
console.log('with a listener of its own:', withListener.endpoint)
await measure('  requests through the coordinator', withListener)
await measureConnection('  direct connection', withListener)

const hidden = await client.get(hiddenKind)
console.log('without any listener:', hidden.endpoint)
await measure('  requests through the coordinator', hidden)
await measureConnection('  connection, through the coordinator too', hidden)

// A container that runs already can be asked by its bare uuid, without a reference that would keep it alive.
console.log('by uuid:', await client.request(onAgent.uuid, 'add', { a: 20, b: 22 }))

await onAgent.close()
await withListener.close()
await hidden.close()
await client.close()
await server.close()
// No server closes this one.
await hiddenAgent.close()
