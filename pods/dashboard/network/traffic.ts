/** A process with clients that use a network in many ways, until it is told to end. */

import { setTimeout as sleep } from 'node:timers/promises'
import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  containerUuid,
  type ContainerKind,
  type ContainerReference,
  type ContainerUuid
} from '@hcengineering/network-core'
import { directoryUuid, kinds } from './containers.ts'
import { leaveRequested } from './leave.ts'

const { NETWORK = '', CLIENTS = '12' } = process.env
const regions = ['eu-west', 'us-east', 'ap-south']
const tenants = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark']

const leaving = new AbortController()

function oneOf<T>(choices: readonly T[]): T {
  const choice = choices[Math.floor(Math.random() * choices.length)]
  if (choice === undefined) throw new Error('There is nothing to choose from')
  return choice
}

/** Runs until the end; what fails meanwhile, for an agent or the coordinator went away, is tried again. */
async function keepOn(work: () => Promise<void>): Promise<void> {
  while (!leaving.signal.aborted) {
    try {
      await work()
    } catch {
      await sleep(300)
    }
  }
}

function label(): string[] {
  return [oneOf(regions), oneOf(tenants)]
}

/** Keeps some containers for long, and asks them all the time. */
async function keepAndAsk(client: NetworkClient, kind: ContainerKind, pauseMs: number): Promise<void> {
  const kept: ContainerReference[] = []
  await keepOn(async () => {
    if (kept.length < 6) kept.push(await client.get(kind, { labels: label() }))
    const busy = 1 + Math.sin(Date.now() / 20_000)
    await sleep(pauseMs * (1.2 - busy / 2) * (0.5 + Math.random()))
    await oneOf(kept).request(Math.random() < 0.004 ? 'fail' : 'read', { at: Date.now() })
    if (Math.random() < 0.003) await kept.shift()?.close()
  })
}

/** Stays in a room, hears what is said, and says something now and then. */
async function chat(client: NetworkClient, room: number): Promise<void> {
  await keepOn(async () => {
    await using reference = await client.get(kinds.chatRoom, {
      uuid: `room-${room}` as ContainerUuid,
      labels: [oneOf(regions)]
    })
    await using connection = await reference.connect()
    let heard = 0
    connection.on = () => {
      heard++
    }
    for (let said = 0; said < 400 && !leaving.signal.aborted; said++) {
      await reference.request('say', `hello, of ${heard}`)
      await sleep(120 + Math.random() * 200)
    }
  })
}

/** Opens short sessions, one after the other. */
async function comeAndGo(client: NetworkClient): Promise<void> {
  await keepOn(async () => {
    // A name of its own: with labels alone it would be one that another client has opened.
    const session = await client.get(kinds.session, { uuid: containerUuid(), labels: label() })
    for (let asked = 0; asked < 4; asked++) {
      await session.request('read')
      await sleep(40 + Math.random() * 160)
    }
    await session.close()
  })
}

/** Looks something up in the directory, wherever it serves. */
async function lookUp(client: NetworkClient): Promise<void> {
  const directory = await client.get(kinds.directory, { uuid: directoryUuid })
  await keepOn(async () => {
    await directory.request('read')
    await sleep(25)
  })
}

const leave = leaveRequested()
const clients: NetworkClient[] = []
const work: Promise<void>[] = []
for (let number = 0; number < Number(CLIENTS); number++) {
  const client = createNetworkClient(NETWORK)
  clients.push(client)
  await client.waitConnection()
  work.push(chat(client, number % 8), comeAndGo(client))
  work.push(
    keepAndAsk(client, number % 2 === 0 ? kinds.workspace : kinds.queryEngine, number % 2 === 0 ? 6 : 30)
  )
  if (number % 4 === 0) work.push(keepOn(() => lookUp(client)))
}
console.log('ready')

await leave
leaving.abort()
await Promise.all(clients.map((client) => client.close()))
await Promise.race([Promise.all(work), sleep(1000)])
process.exit(0)
