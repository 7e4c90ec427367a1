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
    await net.killClient(client)
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
