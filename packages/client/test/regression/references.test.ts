import { ask, Dialler, type Transport } from '@hcengineering/network-backrpc'
import { ClientNotice, CoordinatorOperation, networkError } from '@hcengineering/network-core'
import { countedIds } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { kind, paceOf, startNetwork, transports, uuid } from '../support/settings.ts'

describe.each(transports)('references over %s', (transport) => {
  const { aliveMs, unusedMs, marginMs } = paceOf(transport)

  test('case 1: a client that says nothing for 14 s keeps its container, and its next request is answered', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client({ aliveTimeout: aliveMs / 1000 })
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    await net.advance(transport === 'memory' ? 14_000 : 4 * aliveMs)
    expect(await room.request('say', 'through the reference')).toBe('through the reference')
    expect(await connection.request('say', 'through the connection')).toBe('through the connection')
    expect(agent.containers).toHaveLength(1)
    expect(agent.containers[0]).toMatchObject({ terminations: 0, disconnects: [] })
  })

  test('case 2: closing one of two handles to one container leaves the other its container', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const first = await client.get(kind('room'), { uuid: uuid('lobby') })
    const second = await client.get(kind('room'), { uuid: uuid('lobby') })
    const other = await second.connect()
    await first.close()
    await net.advance(unusedMs + marginMs)
    expect(await second.request('say', 'here')).toBe('here')
    await second.close()
    await net.advance(unusedMs + marginMs)
    expect(await other.request('say', 'the connection holds it too')).toBe('the connection holds it too')
    expect(agent.containers[0]?.terminations).toBe(0)
    await other.close()
    await net.advance(unusedMs + marginMs)
    expect(agent.containers[0]?.terminations).toBe(1)
  })

  test('case 17: a client that vanished is disconnected from its containers, and its references go', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client({ aliveTimeout: aliveMs / 1000 })
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    await room.connect()
    const routed = await net.agent({ kinds: ['hall'], listener: false })
    const hall = await client.get(kind('hall'), { uuid: uuid('great-hall') })
    await hall.connect()
    await net.kill(client)
    await net.advance(aliveMs + marginMs)
    expect(agent.containers[0]).toMatchObject({ connects: [client.uuid], disconnects: [client.uuid] })
    expect(routed.containers[0]).toMatchObject({ connects: [client.uuid], disconnects: [client.uuid] })
    await net.advance(unusedMs + marginMs)
    expect(agent.containers[0]?.terminations).toBe(1)
    expect(routed.containers[0]?.terminations).toBe(1)
    expect(await net.network.list()).toEqual([])
  })

  test("case 17: a container's ping is called, and one that fails it is ended and placed anew", async () => {
    await using net = await startNetwork(transport)
    const healthIntervalMs = aliveMs / 6
    const agent = await net.agent({
      kinds: ['room'],
      options: { healthInterval: healthIntervalMs / 1000, healthTimeout: healthIntervalMs / 1000 }
    })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    await net.advance(healthIntervalMs * 5)
    expect(agent.containers[0]?.pings).toBeGreaterThan(2)
    const [unwell] = agent.containers
    if (unwell !== undefined) unwell.ping = async () => await Promise.reject(new Error('I feel sick'))
    await net.until(() => agent.containers.length === 2, 10_000)
    expect(unwell?.terminations).toBe(1)
    expect(await net.until(room.request('say', 'well again'))).toBe('well again')
  })
})

describe('a client', () => {
  const { aliveMs, unusedMs, pingMs, marginMs } = paceOf('memory')

  test('that was given up is told to claim what it held, though it asks before it is heard in another way', async () => {
    await using net = await startNetwork('memory')
    await net.agent({ kinds: ['room'] })
    const speech = { muted: false }
    const notices: string[] = []
    const guest = new Dialler({
      transport: heardIf(net.transport('guest'), () => !speech.muted),
      clock: net.clock,
      ids: countedIds('guest-id'),
      errors: networkError,
      address: net.address,
      peerId: 'guest',
      aliveTimeoutMs: pingMs + 100,
      handler: {
        request() {},
        send: ({ operation }) => {
          notices.push(operation)
        }
      }
    }).start()
    const get = (name: string): Promise<unknown> => {
      const data = { handle: name, kind: 'room', uuid: name, labels: [], timeoutMs: 1000 }
      return ask(guest.session, { operation: CoordinatorOperation.get, data, timeoutMs: 1000 })
    }
    await net.until(get('lobby'))
    await net.advance(pingMs + 50)
    speech.muted = true
    await net.advance(pingMs + 100)
    speech.muted = false
    expect(net.network.counts().clients).toBe(1)
    await net.until(get('hall'))
    expect(notices).toContain(ClientNotice.missed)
    await net.advance(10 * pingMs)
    guest.close()
    await net.advance(0)
    expect(net.network.counts().clients).toBe(1)
  })

  test('hears events and keeps its references after a greeting of its has come twice', async () => {
    await using net = await startNetwork('memory')
    const agent = await net.agent({ kinds: ['room'], listener: false })
    const client = await net.client()
    const other = await net.client()
    const heard: string[] = []
    client.onUpdate(({ containers }) => {
      heard.push(...containers.map(({ container }) => container.uuid))
    })
    const lobby = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await lobby.connect()
    const ghost = new Dialler({
      transport: greetingOnly(net.transport('ghost')),
      clock: net.clock,
      ids: countedIds('ghost'),
      errors: networkError,
      address: net.address,
      peerId: client.uuid,
      aliveTimeoutMs: aliveMs,
      handler: { request() {}, send() {} }
    })
    ghost.start()
    await net.advance(aliveMs)
    const events: unknown[] = []
    connection.on = (data) => {
      events.push(data)
    }
    await agent.containers[0]?.broadcast('over the way that it was opened on')
    await net.until(other.get(kind('room'), { uuid: uuid('hall') }))
    await net.advance(marginMs)
    expect(heard).toContain('hall')
    expect(events).toEqual(['over the way that it was opened on'])
    ghost.close()
    await net.advance(4 * (aliveMs + unusedMs))
    await net.until(other.get(kind('room'), { uuid: uuid('cellar') }))
    await net.advance(marginMs)
    expect(heard).toContain('cellar')
    expect(agent.containers[0]?.terminations).toBe(0)
  })
})

/** Greets once, and says no more. */
function greetingOnly(inner: Transport): Transport {
  let greeted = false
  return heardIf(inner, () => {
    const isFirst = !greeted
    greeted = true
    return isFirst
  })
}

/** What is said when it is not heard is lost. */
function heardIf(inner: Transport, isHeard: () => boolean): Transport {
  return {
    name: inner.name,
    listen: inner.listen.bind(inner),
    dial: (...parts) => {
      const connection = inner.dial(...parts)
      const send = connection.send.bind(connection)
      connection.send = (message) => {
        if (isHeard()) send(message)
      }
      return connection
    }
  }
}
