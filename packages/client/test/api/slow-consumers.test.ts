import { BroadcastGroup, containerUuid, type ContainerConnection } from '@hcengineering/network-core'
import { echoContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import {
  createAgent,
  createNetworkClient,
  type EventQueueOptions,
  type NetworkClient
} from '../../src/index.ts'
import { kind } from '../support/settings.ts'

const count = 200
const text = 'x'.repeat(8 * 1024)
const all = Array.from({ length: count }, (_, i) => i)
/** What a client's window takes of them, and what may wait beside it: with either, too little for all. */
const windowBytes = 64 * 1024
const eventBytesMax = 128 * 1024
/** More than window and queue take, and less than is dropped at once. */
const aLittleTooMany = 28

type Way = 'directly' | 'through the coordinator'

interface Listener {
  readonly client: NetworkClient
  readonly connection: ContainerConnection
  readonly heard: number[]
}

async function listen(net: TestNetwork): Promise<Listener> {
  const client = await net.client({ limits: { windowBytes } })
  const connection = await (await client.get(kind('room'))).connect()
  const heard: number[] = []
  connection.on = ({ n }: { n: number }) => {
    heard.push(n)
  }
  return { client, connection, heard }
}

/** A network in which such options hold for events that go one of the ways, and not for those of the other. */
async function startWith(way: Way, options: EventQueueOptions): Promise<TestNetwork> {
  return await startTestNetwork(way === 'directly' ? {} : { server: options })
}

/** A container with two listeners, the first of which stops reading. */
async function twoListeners(net: TestNetwork, way: Way, options: EventQueueOptions) {
  const group = new BroadcastGroup()
  const container = echoContainer({ connected: (clientId, broadcast) => group.connect(clientId, broadcast) })
  const isDirect = way === 'directly'
  await net.agent({ containers: { room: () => container }, listener: isDirect, ...(isDirect && { options }) })
  const slow = await listen(net)
  const quick = await listen(net)
  net.pause(slow.client)
  const publish = async (numbers: readonly number[]): Promise<void> => {
    for (const n of numbers) {
      await group.publish({ n, text })
      await net.advance(0)
    }
  }
  return { group, container, slow, quick, publish }
}

/** What a client in the agent's process hears of a burst, when the agent's server is told this. */
async function burstWithin(options: EventQueueOptions): Promise<number[]> {
  await using net = await startTestNetwork()
  const group = new BroadcastGroup()
  const container = echoContainer({
    connected: (clientId, broadcast) => group.connect(clientId, broadcast)
  })
  const common = { clock: net.clock, transport: net.transport('own-process'), limits: { windowBytes } }
  const host = createNetworkClient(net.address, common)
  const client = createNetworkClient(net.address, common)
  const room = () => ({ uuid: containerUuid(), container, endpoint: 'test://room' as never })
  const served = await createAgent('localhost:0', { room }, { ...common, ...options })
  await net.until(host.register(served.agent))
  const reference = await net.until(client.get(kind('room')))
  const connection = await net.until(reference.connect())
  const heard: number[] = []
  connection.on = ({ n }: { n: number }) => {
    heard.push(n)
  }
  await Promise.all(all.map((n) => group.publish({ n, text })))
  await net.until(() => heard.includes(count - 1))
  expect(container.disconnects).toEqual([])
  await net.until(client.close())
  await net.until(served.close())
  await net.until(host.close())
  return heard
}

describe.each<Way>(['directly', 'through the coordinator'])('a client that stops reading %s', (way) => {
  test('is dropped, can come back, and the others notice nothing', async () => {
    const options = { eventBytesMax }
    await using net = await startWith(way, options)
    const { group, container, slow, quick, publish } = await twoListeners(net, way, options)
    await publish(all)
    expect(quick.heard).toEqual(all)
    expect(await quick.connection.request('say', 'well')).toBe('well')
    expect(container.disconnects).toEqual([slow.client.uuid])
    expect(slow.heard).toEqual([])
    net.resume(slow.client)
    await net.until(() => container.connects.length === 3)
    expect(container.connects).toEqual([slow.client.uuid, quick.client.uuid, slow.client.uuid])
    await net.advance(0)
    await group.publish({ n: count, text })
    await net.until(() => slow.heard.includes(count))
    await net.until(() => quick.heard.includes(count))
    // What it has heard before it was dropped is the beginning, without a gap.
    const before = slow.heard.slice(0, -1)
    expect(before).toEqual(all.slice(0, before.length))
    expect(before.length).toBeLessThan(count)
    expect(quick.heard).toEqual([...all, count])
  })

  test('misses the oldest events and hears the newest, where that is the policy', async () => {
    const options = { eventBytesMax, slowConsumer: 'drop-oldest' } as const
    await using net = await startWith(way, options)
    const { group, container, slow, quick, publish } = await twoListeners(net, way, options)
    await publish(all)
    expect(quick.heard).toEqual(all)
    net.resume(slow.client)
    await net.until(() => slow.heard.includes(count - 1))
    await group.publish({ n: count, text })
    await net.until(() => slow.heard.includes(count))
    expect(container.disconnects).toEqual([])
    expect(slow.heard).toEqual(slow.heard.toSorted((a, b) => a - b))
    expect(new Set(slow.heard).size).toBe(slow.heard.length)
    expect(slow.heard.length).toBeLessThan(count)
    // The last ones that fit into the bound are all there.
    expect(slow.heard.slice(-10)).toEqual([...all, count].slice(-10))
  })

  test('has a second to read when too much waits for it, and is dropped no earlier', async () => {
    const options = { eventBytesMax }
    await using net = await startWith(way, options)
    const { container, slow, publish } = await twoListeners(net, way, options)
    const some = all.slice(0, aLittleTooMany)
    await publish(some)
    await net.advance(900)
    net.resume(slow.client)
    await net.until(() => slow.heard.length === some.length)
    await net.advance(3000)
    expect(container.disconnects).toEqual([])
    net.pause(slow.client)
    await publish(some)
    await net.advance(990)
    expect(container.disconnects).toEqual([])
    await net.advance(20)
    expect(container.disconnects).toEqual([slow.client.uuid])
    net.resume(slow.client)
  })

  test('has as long as it is told to have', async () => {
    const options = { eventBytesMax, slowConsumerGrace: 0.1 }
    await using net = await startWith(way, options)
    const { container, slow, publish } = await twoListeners(net, way, options)
    await publish(all.slice(0, aLittleTooMany))
    expect(container.disconnects).toEqual([])
    await net.advance(110)
    expect(container.disconnects).toEqual([slow.client.uuid])
    net.resume(slow.client)
  })
})

describe.each<Way>(['directly', 'through the coordinator'])('a client that reads well %s', (way) => {
  test('is not taken for one that does not, however much is said within one turn', async () => {
    await using net = await startTestNetwork()
    const { group, container, slow, quick } = await twoListeners(net, way, {})
    net.resume(slow.client)
    await Promise.all(all.map((n) => group.publish({ n, text })))
    await net.until(() => slow.heard.length === count && quick.heard.length === count)
    expect(slow.heard).toEqual(all)
    expect(quick.heard).toEqual(all)
    expect(container.disconnects).toEqual([])
  })

  test('hears a burst that is longer than what may wait for it, and one event that is', async () => {
    const options = { eventBytesMax }
    await using net = await startWith(way, options)
    const { group, container, quick, slow } = await twoListeners(net, way, options)
    net.resume(slow.client)
    const some = all.slice(0, aLittleTooMany)
    await Promise.all(some.map((n) => group.publish({ n, text })))
    const longest = { n: count, text: 'x'.repeat(3 * eventBytesMax) }
    await net.until(() => quick.heard.length === some.length)
    await Promise.all([
      group.publish({ n: -1, text }),
      group.publish(longest),
      group.publish({ n: -2, text })
    ])
    await net.until(() => quick.heard.length === some.length + 3)
    await net.advance(3000)
    expect(quick.heard).toEqual([...some, -1, count, -2])
    expect(container.disconnects).toEqual([])
  })
})

describe('a client in the process of the agent', () => {
  test('hears all of a burst that is longer than what may wait for it', async () => {
    expect(await burstWithin({ eventBytesMax: 1024 * 1024 })).toEqual(all)
  })

  test("misses the oldest of it where the agent's server was told so", async () => {
    const heard = await burstWithin({ eventBytesMax, slowConsumer: 'drop-oldest', slowConsumerGrace: 0 })
    expect(heard.length).toBeGreaterThan(10)
    expect(heard.length).toBeLessThan(count / 2)
    expect(heard.slice(-10)).toEqual(all.slice(-10))
  })
})

test.each([
  ['slowConsumer', { slowConsumer: 'wait' as never }],
  ['eventBytesMax', { eventBytesMax: -1 }],
  ['slowConsumerGrace', { slowConsumerGrace: Infinity }]
])('agents and coordinators refuse a bad %s by its name', async (name, options) => {
  const refusal = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) as string }
  await expect(startTestNetwork({ server: options })).rejects.toMatchObject(refusal)
  await using net = await startTestNetwork()
  await expect(net.agent({ kinds: ['room'], options })).rejects.toMatchObject(refusal)
})
