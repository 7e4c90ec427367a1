/** The process that uses the network: does the three parts of the job, and verifies what comes of them. */

import {
  createNetworkClient,
  type ContainerConnection,
  type NetworkClient
} from '@hcengineering/network-client'
import type { ContainerUuid } from '@hcengineering/network-core'
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { kinds, ticketCounterUuid, type Notice } from './containers.ts'
import { environment, tellJob } from './messages.ts'

const network = environment('NETWORK')
/** Within this the network must have noticed that an agent is dead, and gone on without it. */
const failOverMs = 15_000

/** Someone who is connected to the notice board and remembers what is read there. */
class Reader {
  readonly name: string
  private readonly heard: Notice[] = []
  private readonly connection: ContainerConnection
  private readonly ears = new EventEmitter()

  constructor(name: string, connection: ContainerConnection) {
    this.name = name
    this.connection = connection
    connection.on = (event: Notice) => {
      console.log(`${name} hears "${event.notice}" from ${event.from}`)
      this.heard.push(event)
      this.ears.emit('heard')
    }
  }

  /** Resolves once it has heard this. */
  async hear(notice: string, from: string): Promise<void> {
    while (!this.heard.some((event) => event.notice === notice && event.from === from)) {
      await once(this.ears, 'heard')
    }
  }

  /** All that it has heard, save greetings. */
  get notices(): string[] {
    return this.heard.map(({ notice }) => notice).filter((notice) => notice !== 'welcome')
  }

  async post(notice: string): Promise<{ readers: number; host: string }> {
    console.log(`${this.name} posts "${notice}"`)
    return await this.connection.request('post', { notice, from: this.name } satisfies Notice)
  }
}

/** Connects, gets a container, asks it something. */
async function quickStart(client: NetworkClient): Promise<void> {
  await client.waitConnection(10_000)
  const offered = await client.kinds()
  console.log('is connected; the network offers', offered.toSorted().join(', '))
  for (const kind of Object.values(kinds)) assert.ok(offered.includes(kind), `${kind} must be offered`)

  const counter = await client.get(kinds.wordCounter, {})
  console.log(`got container ${counter.uuid}`)
  const answer = await counter.request('count', { text: 'the quick brown fox' })
  console.log('the answer:', answer)
  assert.equal(answer.words, 4)
  await counter.close()
}

/** Two readers, each a client with a connection of its own, hear what one of them posts. */
async function broadcast(readers: readonly [Reader, Reader]): Promise<{ host: string }> {
  const [ann, ben] = readers
  const first = await ann.post('lunch is at noon')
  await ben.hear('lunch is at noon', 'Ann')
  const second = await ben.post('make it one')
  assert.equal(first.readers, 2)
  assert.equal(second.readers, 2)
  for (const reader of readers) {
    await reader.hear('make it one', 'Ben')
    assert.deepEqual(reader.notices, ['lunch is at noon', 'make it one'])
  }
  return { host: first.host }
}

/** The agent that serves the ticket counter is killed; all that it hosted goes on at the other. */
async function failOver(
  client: NetworkClient,
  readers: readonly [Reader, Reader],
  boardHost: string
): Promise<void> {
  const tickets = await client.get(kinds.ticketCounter, { uuid: ticketCounterUuid })
  const { host: doomed } = await tickets.request('draw')
  // Two counters, one at each agent: whichever agent dies, it takes one of them with it.
  const counters = await Promise.all(
    ['counter-a', 'counter-b'].map((uuid) => client.get(kinds.wordCounter, { uuid: uuid as ContainerUuid }))
  )
  const records = await client.list(kinds.wordCounter)
  const lost = records.find(({ agentId, uuid }) => agentId === doomed && uuid.startsWith('counter-'))
  const counter = counters.find(({ uuid }) => uuid === lost?.uuid)
  assert.ok(counter !== undefined, `one of the counters must run at ${doomed}`)
  const follows = new Set<string>()
  for (const reference of [tickets, counter]) reference.onEndpointUpdate = () => follows.add(reference.uuid)

  console.log(`${doomed} hosts ${tickets.uuid} and ${counter.uuid}: it is to be killed`)
  const killedAt = performance.now()
  const killed = once(process, 'message')
  tellJob({ type: 'kill', program: doomed })
  await killed

  const since = (): string => `${((performance.now() - killedAt) / 1000).toFixed(2)} s after the kill`
  // What was on its way when the agent died may have run. These may run twice: so they are sent again.
  const options = { idempotent: true, timeoutMs: failOverMs }
  const [ticket, count] = await Promise.all([
    tickets.request('draw', undefined, options).finally(() => {
      console.log(`${tickets.uuid}, highly available, answers ${since()}`)
    }),
    counter.request('count', { text: 'still here' }, options).finally(() => {
      console.log(`${counter.uuid}, referenced, answers ${since()}`)
    })
  ])
  assert.notEqual(ticket.host, doomed)
  assert.notEqual(count.host, doomed)
  assert.equal(count.words, 2)
  assert.deepEqual([...follows].toSorted(), [counter.uuid, tickets.uuid].toSorted())
  console.log('both answers came from', ticket.host)

  // Connections follow, too: the board where it runs now greets both readers, who have done nothing for it.
  const newBoardHost = boardHost === doomed ? ticket.host : boardHost
  for (const reader of readers) await reader.hear('welcome', newBoardHost)
  const [ann] = readers
  const posted = await ann.post('everyone still here?')
  assert.deepEqual(posted, { readers: 2, host: newBoardHost })
  for (const reader of readers) {
    await reader.hear('everyone still here?', 'Ann')
    assert.deepEqual(reader.notices, ['lunch is at noon', 'make it one', 'everyone still here?'])
  }
  const agents = await client.agents()
  assert.deepEqual(
    agents.map(({ agentId }) => agentId),
    [ticket.host]
  )
  console.log('the network now has one agent:', ticket.host)
  await Promise.all([tickets, ...counters].map((reference) => reference.close()))
}

const client = createNetworkClient(network)
await quickStart(client)
tellJob({ type: 'verified', part: 'quick start' })

const clients = { Ann: createNetworkClient(network), Ben: createNetworkClient(network) }
const [ann, ben] = await Promise.all(
  Object.entries(clients).map(async ([name, reader]) => {
    const board = await reader.get(kinds.noticeBoard, { uuid: 'board' as ContainerUuid })
    return new Reader(name, await board.connect())
  })
)
assert.ok(ann !== undefined && ben !== undefined)
const { host } = await broadcast([ann, ben])
tellJob({ type: 'verified', part: 'broadcast' })

await failOver(client, [ann, ben], host)
tellJob({ type: 'verified', part: 'fail-over' })

await Promise.all([client, clients.Ann, clients.Ben].map((open) => open.close()))
