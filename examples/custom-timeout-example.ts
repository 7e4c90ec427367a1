/**
 * Timeouts for different needs: how long a client's silence keeps its containers alive, and how long a single
 * call waits.
 *
 * While a client lives it says so every second, and its containers stay for as long as it refers to them. When a
 * client is killed, or stands still in a debugger, its references are kept for its alive timeout: 3 seconds
 * unless it chooses otherwise. To show that, this program starts two clients as processes and kills both.
 *
 * It joins the network at NETWORK (default localhost:3737) with an agent of its own, and takes about 6 seconds.
 */

import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  NetworkEventKind,
  containerOnAgentEndpointRef,
  containerUuid,
  hasCode,
  timeouts,
  type ClientUuid,
  type Container,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const workbenchKind = 'workbench' as ContainerKind
const network = process.env.NETWORK ?? 'localhost:3737'

/** Long where someone may sit in a debugger, short where resources should be freed soon. */
function aliveTimeoutFor(environment: string): number {
  return environment === 'development' ? 30 : 2
}

class Workbench implements Container {
  readonly uuid: ContainerUuid

  constructor(uuid: ContainerUuid) {
    this.uuid = uuid
  }

  async request(operation: string, data?: any): Promise<string> {
    if (operation !== 'work') throw new Error(`nobody can ${operation} at a workbench`)
    await sleep(data.forMs)
    return `worked for ${data.forMs} ms`
  }

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {}

  connect(_clientId: ClientUuid): void {}

  disconnect(_clientId: ClientUuid): void {}
}

const [role] = process.argv.slice(2)
if (role === undefined) await main()
else await holdWorkbench(role)

/** What the two other processes do: take a workbench, and hold it. */
async function holdWorkbench(environment: string): Promise<void> {
  const client = createNetworkClient(network, aliveTimeoutFor(environment))
  // Whoever started this process has gone: so does this one.
  process.once('disconnect', () => {
    client.close().catch((error: unknown) => console.error(error))
  })
  await client.waitConnection(5000)
  await client.get(workbenchKind, { uuid: environment as ContainerUuid })
  process.send?.('holding')
}

async function main(): Promise<void> {
  console.log('defaults, in seconds:', timeouts)

  // The second argument is the alive timeout in seconds, or all options by name.
  const client = createNetworkClient(network, { aliveTimeout: 10, timeoutMs: 20_000 })
  await client.waitConnection(5000)
  const { server } = await client.serveAgent('localhost:0', {
    [workbenchKind]: ({ uuid = containerUuid() }, agentEndpoint) => ({
      uuid,
      container: new Workbench(uuid),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    })
  })

  await limitOneCall(client)
  await loseTwoClients(client)

  await client.close()
  await server.close()
}

/** Every call has a deadline of its own: the client's, unless it names one. */
async function limitOneCall(client: NetworkClient): Promise<void> {
  await using bench = await client.get(workbenchKind, { labels: ['mine'], timeoutMs: 5000 })
  console.log('a patient call:', await bench.request('work', { forMs: 200 }, { timeoutMs: 5000 }))
  try {
    await bench.request('work', { forMs: 2000 }, { timeoutMs: 100 })
  } catch (error) {
    console.log('an impatient call:', hasCode(error, 'TIMEOUT') ? error.code : error)
  }
}

async function loseTwoClients(client: NetworkClient): Promise<void> {
  const ends = new EventEmitter()
  client.onUpdate(({ containers }) => {
    for (const { container, event } of containers) {
      if (container.kind !== workbenchKind || event !== NetworkEventKind.removed) continue
      ends.emit(container.uuid)
    }
  })

  const holders = await Promise.all(['development', 'production'].map(startHolder))
  console.log('held by two other processes:', (await benches(client)).join(', '))

  const productionEnded = once(ends, 'production')
  const killedAt = performance.now()
  for (const holder of holders) {
    const exited = once(holder, 'exit')
    holder.kill('SIGKILL')
    await exited
  }
  console.log('both have been killed')

  await productionEnded
  const seconds = (performance.now() - killedAt) / 1000
  console.log(`the one of production has ended after ${seconds.toFixed(1)} s`)
  console.log('still there:', (await benches(client)).join(', '))
}

async function startHolder(environment: string) {
  const holder = fork(import.meta.filename, [environment])
  await once(holder, 'message')
  return holder
}

/** The workbenches with a name, which the other processes hold. */
async function benches(client: NetworkClient): Promise<string[]> {
  const records = await client.list(workbenchKind)
  return records
    .filter(({ labels }) => labels.length === 0)
    .map(({ uuid }) => uuid)
    .toSorted()
}
