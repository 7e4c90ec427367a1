import { BroadcastGroup, SharedEvent, type Broadcast, type ClientUuid } from '@hcengineering/network-core'
import { echoContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { expect, test } from 'vitest'
import { errorWith, kind } from '../support/settings.ts'

const unconnected: Broadcast = () => Promise.reject(new Error('nobody is connected'))

test('a container may put a function of its own between its group and its clients', async () => {
  await using net = await startTestNetwork()
  const group = new BroadcastGroup()
  const seen: unknown[] = []
  const subscribers = new Map<ClientUuid, Broadcast>()
  const container = echoContainer({
    connected: (clientId, broadcast) => {
      subscribers.set(clientId, broadcast)
      const own: Broadcast = async (data: { text: string }) => {
        seen.push(data)
        await subscribers.get(clientId)?.({ ...data, to: clientId })
      }
      // The first has a function of the container's between, the second one has the network's.
      group.connect(clientId, subscribers.size === 1 ? own : broadcast)
    }
  })
  await net.agent({ containers: { room: () => container } })
  const heard: unknown[] = []
  const clients = [await net.client(), await net.client()]
  for (const client of clients) {
    const connection = await (await client.get(kind('room'))).connect()
    connection.on = (data: unknown) => {
      heard.push(data)
    }
  }
  await group.publish({ text: 'hello' })
  await net.until(() => heard.length === 2)
  expect(seen).toEqual([{ text: 'hello' }])
  expect(heard).toEqual([{ text: 'hello', to: clients[0]?.uuid }, { text: 'hello' }])
})

/** A room with one client that listens. */
async function openRoom(net: TestNetwork) {
  let say: Broadcast = unconnected
  const container = echoContainer({
    connected: (_clientId, broadcast) => {
      say = broadcast
    }
  })
  await net.agent({ containers: { room: () => container } })
  const connection = await (await (await net.client()).get(kind('room'))).connect()
  const heard: unknown[] = []
  connection.on = (data: unknown) => {
    heard.push(data)
  }
  return { container, say, heard }
}

test('a broadcast of what cannot be sent rejects, and harms nothing', async () => {
  await using net = await startTestNetwork()
  const { container, say, heard } = await openRoom(net)
  await expect(say(() => {})).rejects.toEqual(errorWith('NOT_SERIALIZABLE'))
  await say('hello')
  await net.until(() => heard.length === 1)
  expect(heard).toEqual(['hello'])
  expect(container.disconnects).toEqual([])
})

test('an event whose bytes are no value is left out, and harms nothing', async () => {
  await using net = await startTestNetwork()
  const { say, heard } = await openRoom(net)
  const broken = new SharedEvent('broken')
  SharedEvent.encode(broken, () => Uint8Array.of(0xff, 0x1f))
  await say(broken)
  await say('hello')
  await net.until(() => heard.length === 1)
  expect(heard).toEqual(['hello'])
})
