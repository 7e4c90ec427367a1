/**
 * High availability: two agents bring along the same container, a counter that hands out numbered tickets. The
 * first to register serves, the other stands by and takes over. References follow by themselves.
 *
 * It joins the network at NETWORK (default localhost:3737) with two agents of its own. What happens when the
 * whole process of an agent is killed is shown by `pnpm start`.
 */

import { createNetworkClient, NetworkAgentServer } from '@hcengineering/network-client'
import {
  AgentImpl,
  TickManagerImpl,
  compareTokens,
  type ActivationToken,
  type AgentUuid,
  type ClientUuid,
  type Container,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid,
  type RequestContext
} from '@hcengineering/network-core'
import { EventEmitter, once } from 'node:events'

const counterKind = 'ticket-counter' as ContainerKind
const counterUuid = 'ticket-counter-hall-a' as ContainerUuid

/**
 * Stands for a database: what must outlive a container is kept outside of it. It refuses the writes of an
 * activation that has been followed by a newer one, which `token` tells.
 */
class TicketStore {
  private last = 0
  private newest: ActivationToken = { epoch: 0, sequence: 0 }

  next(token: ActivationToken): number {
    if (compareTokens(token, this.newest) < 0) throw new Error('another counter has taken over')
    this.newest = token
    this.last++
    return this.last
  }
}

class TicketCounter implements Container {
  readonly uuid: ContainerUuid
  private readonly agentName: string
  private readonly store: TicketStore

  constructor(uuid: ContainerUuid, agentName: string, store: TicketStore) {
    this.uuid = uuid
    this.agentName = agentName
    this.store = store
  }

  async request(
    operation: string,
    _data?: unknown,
    _clientId?: ClientUuid,
    context?: RequestContext
  ): Promise<{ ticket: number; from: string }> {
    if (operation !== 'draw' || context === undefined) throw new Error(`a ticket counter cannot ${operation}`)
    return { ticket: this.store.next(context.token), from: this.agentName }
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    console.log(`[${this.agentName}] its counter has ended`)
  }

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

async function startAgent(name: string, store: TicketStore) {
  const agent = new AgentImpl(`ticket-agent-${name}` as AgentUuid, {})
  agent.addStatelessContainer(
    counterUuid,
    counterKind,
    `tickets://${name}` as ContainerEndpointRef,
    new TicketCounter(counterUuid, name, store)
  )
  const server = new NetworkAgentServer(new TickManagerImpl(1), 'localhost', '*', 0)
  await server.start(agent)
  return { agent, server }
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
await client.waitConnection(5000)

const store = new TicketStore()
const east = await startAgent('east', store)
const west = await startAgent('west', store)

// Both registrations succeed; the first one's container serves.
await client.register(east.agent)
console.log('east has registered: it serves')
await client.register(west.agent)
console.log('west has registered: it stands by')

const [record] = await client.list(counterKind)
console.log('the network knows one counter, at', record?.agentId)

const counter = await client.get(counterKind, { uuid: counterUuid })
const moves = new EventEmitter()
counter.onEndpointUpdate = (endpoint) => {
  console.log('the reference now leads to', endpoint)
  moves.emit('moved')
}

for (let i = 0; i < 3; i++) console.log('drawn:', await counter.request('draw'))

// The active container goes. Nothing is done here to find its successor.
console.log('ending the counter at east')
const moved = once(moves, 'moved')
await east.agent.terminate(counterUuid)
await moved

for (let i = 0; i < 2; i++) console.log('drawn:', await counter.request('draw'))

// Someone new finds the same container.
const lateComer = await client.get(counterKind, {})
console.log('a late comer finds the same one:', lateComer.uuid === counterUuid)

await lateComer.close()
await counter.close()
await client.close()
await east.server.close()
await west.server.close()
