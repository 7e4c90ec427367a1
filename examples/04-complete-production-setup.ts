/**
 * A network as it would run in production, in one process: a coordinator, three agents, monitoring, logging and
 * an orderly end on SIGTERM or SIGINT, in which no job is lost. The service is a print shop.
 *
 * It starts a network of its own on a free port, gives it some work, and then sends itself SIGTERM, as a
 * process supervisor would.
 */

import { createNetworkClient, NetworkAgentServer, type NetworkClient } from '@hcengineering/network-client'
import {
  AgentImpl,
  NetworkImpl,
  TickManagerImpl,
  containerOnAgentEndpointRef,
  containerUuid,
  type AgentUuid,
  type Broadcast,
  type ClientUuid,
  type Container,
  type ContainerKind,
  type ContainerUuid,
  type Logger
} from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const printerKind = 'printer' as ContainerKind

/** What the libraries have to say: any logger with these four methods fits, pino for one. */
const logger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => console.warn('warning:', message, fields),
  error: (fields, message) => console.error('error:', message, fields)
}

class Printer implements Container {
  readonly uuid: ContainerUuid
  private readonly agentName: string
  private readonly watchers = new Map<ClientUuid, Broadcast>()
  private readonly jobs = new Set<Promise<void>>()
  private state: 'open' | 'closing' = 'open'

  constructor(uuid: ContainerUuid, agentName: string) {
    this.uuid = uuid
    this.agentName = agentName
  }

  async request(operation: string, data?: any): Promise<unknown> {
    if (operation !== 'print') throw new Error(`a printer has no operation '${operation}'`)
    if (this.state === 'closing') throw new Error('the print shop is closing')
    const job = this.print()
    this.jobs.add(job)
    await this.tellAll({ type: 'begun', printer: this.uuid })
    try {
      await job
    } finally {
      this.jobs.delete(job)
    }
    return { printed: data.title, by: this.uuid, at: this.agentName }
  }

  /** The health check: after some failures in a row the agent ends this container. */
  async ping(): Promise<void> {
    if (this.state === 'closing') throw new Error('closing')
  }

  /** Takes nothing new, finishes what it has begun, and tells those who watch. */
  async terminate(): Promise<void> {
    if (this.state === 'closing') return
    this.state = 'closing'
    await Promise.allSettled(this.jobs)
    await this.tellAll({ type: 'closing', printer: this.uuid })
    this.watchers.clear()
  }

  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.watchers.set(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.watchers.delete(clientId)
  }

  private async print(): Promise<void> {
    await sleep(20)
    await this.tellAll({ type: 'printed', printer: this.uuid })
  }

  private async tellAll(event: unknown): Promise<void> {
    // One client that cannot be told must not keep the others from hearing it.
    await Promise.allSettled([...this.watchers.values()].map((broadcast) => broadcast(event)))
  }
}

function startCoordinator() {
  const tickManager = new TickManagerImpl(1000)
  tickManager.start()
  const network = new NetworkImpl(tickManager, { logger })
  // In production on port 3737, for all interfaces of a private network.
  const server = new NetworkServer(network, tickManager, '*', Number(process.env.PORT ?? 0), { logger })
  return {
    address: `localhost:${server.getPort()}`,
    close: async () => {
      await server.close()
      await network.close()
      tickManager.stop()
    }
  }
}

/** In production each agent is a process of its own, on a machine of its own. */
async function startAgent(name: string) {
  const agent = new AgentImpl(
    name as AgentUuid,
    {
      [printerKind]: ({ uuid = containerUuid() }, agentEndpoint) => ({
        uuid,
        container: new Printer(uuid, name),
        endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
      })
    },
    { healthInterval: 5, healthFailuresMax: 2, logger }
  )
  const server = new NetworkAgentServer(new TickManagerImpl(1), 'localhost', '*', 0, { logger })
  await server.start(agent)
  return { agent, server }
}

/** Counts what happens, for a dashboard or an alarm. */
function monitor(client: NetworkClient) {
  const counts = { agents: 0, containers: 0 }
  const changeOf = [1, 0, -1] as const
  const stop = client.onUpdate((event) => {
    for (const agent of event.agents) counts.agents += changeOf[agent.event]
    for (const container of event.containers) counts.containers += changeOf[container.event]
  })
  return { counts, stop }
}

async function startPrintShop() {
  const coordinator = startCoordinator()
  console.log('the network listens')

  const client = createNetworkClient(coordinator.address, { logger })
  await client.waitConnection(5000)
  const { counts, stop } = monitor(client)

  const agents = await Promise.all(['agent-1', 'agent-2', 'agent-3'].map(startAgent))
  for (const { agent } of agents) {
    await client.register(agent)
    console.log(`${agent.uuid} has registered`)
  }

  return {
    client,
    counts,
    /** First: the containers finish their work and say goodbye. */
    closeAgents: async () => {
      await Promise.all(agents.map(({ server }) => server.close()))
      console.log('the agents have closed')
    },
    /** Then all the rest. */
    close: async () => {
      stop()
      await client.close()
      await coordinator.close()
      console.log('the network has closed')
    }
  }
}

/** Counts the events of each type that come over connections. */
class EventCounts extends EventEmitter {
  private readonly counts = new Map<string, number>()

  hear(event: { type: string }): void {
    const count = this.of(event.type) + 1
    this.counts.set(event.type, count)
    this.emit(`${event.type} ${count}`)
  }

  of(type: string): number {
    return this.counts.get(type) ?? 0
  }

  /** Resolves when there have been so many. */
  async reach(type: string, count: number): Promise<void> {
    if (this.of(type) < count) await once(this, `${type} ${count}`)
  }
}

const shop = await startPrintShop()
const stopRequested = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])

// Three printers with names: the network spreads them over its agents.
const printers = await Promise.all(
  ['posters', 'books', 'maps'].map((uuid) => shop.client.get(printerKind, { uuid: uuid as ContainerUuid }))
)
const hosts = new Set((await shop.client.list(printerKind)).map(({ agentId }) => agentId))
console.log(`${printers.length} printers run at ${hosts.size} agents`)

const events = new EventCounts()
const connections = await Promise.all(printers.map((printer) => printer.connect()))
for (const connection of connections) connection.on = (event) => events.hear(event)

const answers = await Promise.all(
  connections.flatMap((printer) =>
    [1, 2, 3, 4].map((page) => printer.request('print', { title: `page ${page}` }))
  )
)
console.log(`${answers.length} jobs are done, ${events.of('printed')} events told of it`)
console.log('monitoring counts:', shop.counts)

// The last jobs are being printed when the order to stop comes.
const lastJobs = Promise.all(
  connections.map((printer) => printer.request('print', { title: 'the last page' }))
)
await events.reach('begun', 15)
process.kill(process.pid, 'SIGTERM')
const [signal] = await stopRequested
console.log(`${signal}: the print shop closes`)
const [last] = await Promise.all([lastJobs, shop.closeAgents()])
await events.reach('closing', 3)
console.log(`${last.length} last jobs were finished, ${events.of('closing')} printers have said goodbye`)
await shop.close()
