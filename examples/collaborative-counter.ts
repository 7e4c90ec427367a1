/**
 * A counter that two people share, and that survives its agent: the process that hosts it is killed while they
 * count, and nothing is lost or counted twice.
 *
 * It joins the network at NETWORK (default localhost:3737) and starts two processes that offer counters.
 */

import { EventEmitter, once } from 'node:events'
import { resolve } from 'node:path'
import { createNetworkClient, type ContainerConnection } from '@hcengineering/network-client'
import { containerOnAgentEndpointRef, type ContainerUuid } from '@hcengineering/network-core'
import { counterKind, vaultKind, vaultUuid, type CounterEvent } from './counter/messages.ts'
import { Vault } from './counter/vault.ts'
import { Program } from './runner/program.ts'

const address = process.env.NETWORK ?? 'localhost:3737'
const uuid = 'guests' as ContainerUuid

/** Somebody with the counter before their eyes. */
class Person extends EventEmitter {
  private readonly name: string
  private readonly connection: ContainerConnection
  private changes = 0
  seen: CounterEvent | undefined

  constructor(name: string, connection: ContainerConnection) {
    super()
    this.name = name
    this.connection = connection
    connection.on = (event: CounterEvent) => {
      this.seen = event
      this.emit('event')
    }
  }

  /** It may be sent twice, when the agent dies: the counter knows by its id that it is the same. */
  async add(by: number): Promise<number> {
    this.changes++
    const change = { id: `${this.name}-${this.changes}`, user: this.name, by }
    return await this.connection.request('add', change, { idempotent: true, timeoutMs: 60_000 })
  }

  async sees(value: number): Promise<string> {
    while (this.seen?.value !== value) await once(this, 'event', { signal: AbortSignal.timeout(60_000) })
    return `${this.name} sees ${value}`
  }
}

async function startHost(name: string): Promise<Program> {
  const file = resolve(import.meta.dirname, 'counter/host.ts')
  const program = new Program({ name, file, env: { NETWORK: address, NAME: name } })
  await program.waitForLine(/^ready$/, 60_000)
  return program
}

const client = createNetworkClient(address)
const { server } = await client.serveAgent('localhost:0', {}, (agentEndpoint) => [
  {
    uuid: vaultUuid,
    kind: vaultKind,
    endpoint: containerOnAgentEndpointRef(agentEndpoint, vaultUuid),
    container: new Vault()
  }
])
const hosts = await Promise.all(['east', 'west'].map(startHost))

const people = await Promise.all(
  ['Ann', 'Ben'].map(async (name) => {
    const own = createNetworkClient(address)
    const reference = await own.get(counterKind, { uuid })
    return { own, person: new Person(name, await reference.connect()) }
  })
)
const [ann, ben] = people.map(({ person }) => person)
if (ann === undefined || ben === undefined) throw new Error('two people are needed')

await ann.add(1)
await ben.add(2)
console.log(await ann.sees(3), 'and', await ben.sees(3))

const home = ann.seen?.host
console.log('the process that hosts the counter is killed while both go on counting')
const counting = Promise.all(
  Array.from({ length: 20 }, async (_, index) => await (index % 2 === 0 ? ann : ben).add(1))
)
await hosts.find(({ name }) => name === home)?.kill()
await counting
console.log('20 more have been counted')

// Both connections have followed: what one does now, the other sees.
await ann.add(10)
console.log(await ann.sees(33), 'and', await ben.sees(33))
console.log('it runs elsewhere:', ann.seen?.host !== home)

await Promise.all(people.map(({ own }) => own.close()))
await Promise.all(hosts.map((host) => host.end()))
await client.close()
await server.close()
