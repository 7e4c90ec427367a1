import { BroadcastGroup, type ContainerConnection } from '@hcengineering/network-core'
import { echoContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import type { NetworkClient, SlowConsumerPolicy } from '../../src/index.ts'
import { kind } from '../support/settings.ts'

const count = 200
const text = 'x'.repeat(8 * 1024)
const all = Array.from({ length: count }, (_, i) => i)

interface Listener {
  readonly client: NetworkClient
  readonly connection: ContainerConnection
  readonly heard: number[]
}

async function listen(net: TestNetwork): Promise<Listener> {
  const client = await net.client({ limits: { windowBytes: 64 * 1024 } })
  const connection = await (await client.get(kind('room'))).connect()
  const heard: number[] = []
  connection.on = ({ n }: { n: number }) => {
    heard.push(n)
  }
  return { client, connection, heard }
}

/** A container with two listeners, one of which stops reading, and 200 events for both. */
async function publishToBoth(net: TestNetwork, slowConsumer: SlowConsumerPolicy | undefined) {
  const group = new BroadcastGroup()
  const container = echoContainer({ connected: (clientId, broadcast) => group.connect(clientId, broadcast) })
  await net.agent({
    containers: { room: () => container },
    options: { eventBytesMax: 128 * 1024, slowConsumer }
  })
  const slow = await listen(net)
  const quick = await listen(net)
  net.pause(slow.client)
  for (const n of all) {
    await group.publish({ n, text })
    await net.advance(0)
  }
  return { group, container, slow, quick }
}

describe('a client that stops reading', () => {
  test('is dropped, can come back, and the others notice nothing', async () => {
    await using net = await startTestNetwork()
    const { group, container, slow, quick } = await publishToBoth(net, undefined)
    expect(quick.heard).toEqual(all)
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
    await using net = await startTestNetwork()
    const { group, container, slow, quick } = await publishToBoth(net, 'drop-oldest')
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

  test('harms nobody who reaches the container through the coordinator either', async () => {
    await using net = await startTestNetwork({ server: { limits: { queuedBytesMax: 256 * 1024 } } })
    const group = new BroadcastGroup()
    const container = echoContainer({
      connected: (clientId, broadcast) => group.connect(clientId, broadcast)
    })
    await net.agent({ containers: { room: () => container }, listener: false })
    const slow = await listen(net)
    const quick = await listen(net)
    net.pause(slow.client)
    for (const n of all) {
      await group.publish({ n, text })
      await net.advance(0)
    }
    await net.until(() => quick.heard.length === count)
    expect(quick.heard).toEqual(all)
    expect(await quick.connection.request('say', 'well')).toBe('well')
    await net.until(() => container.disconnects.length === 1)
    expect(container.disconnects).toEqual([slow.client.uuid])
    net.resume(slow.client)
  })

  test('is told apart from one that reads well, however much is said within one turn', async () => {
    await using net = await startTestNetwork()
    const group = new BroadcastGroup()
    const container = echoContainer({
      connected: (clientId, broadcast) => group.connect(clientId, broadcast)
    })
    await net.agent({ containers: { room: () => container } })
    const quick = await listen(net)
    await Promise.all(all.map((n) => group.publish({ n, text })))
    await net.until(() => quick.heard.length === count)
    expect(quick.heard).toEqual(all)
    expect(container.disconnects).toEqual([])
  })
})
