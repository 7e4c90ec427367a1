import { NetworkError, type AgentUuid } from '@hcengineering/network-core'
import { startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { errorWith, kind, uuid } from '../support/settings.ts'

describe('the inspection of a network', () => {
  test('asks the agent of a container how it fares', async () => {
    await using net = await startTestNetwork()
    await net.agent({
      containers: {
        room: () => ({
          request: async (operation: string) => {
            if (operation === 'fail') throw new NetworkError('BROKEN', 'it is broken')
          },
          ping: async () => {},
          terminate: async () => {},
          connect() {},
          disconnect() {}
        })
      },
      options: { healthInterval: 1 }
    })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    await net.until(room.request('say', 1))
    await net.until(room.connect())
    await expect(net.until(room.request('fail'))).rejects.toThrow(errorWith('BROKEN'))
    const { inspection } = net.network
    expect(await net.until(inspection.activity(uuid('lobby')))).toEqual({
      requests: 2,
      failures: 1,
      inFlight: 0,
      streams: 0,
      connections: 1,
      lastPing: undefined
    })
    await net.advance(1500)
    expect(await net.until(inspection.activity(uuid('lobby')))).toMatchObject({
      lastPing: { ok: true, failuresInARow: 0 }
    })
    expect(await inspection.activity(uuid('nobody'))).toBeUndefined()
  })

  test('says nothing of how a container fares whose agent does not answer', async () => {
    await using net = await startTestNetwork({ network: { aliveTimeout: 60 } })
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby') })
    net.pause(agent)
    const asked = net.network.inspection.activity(uuid('lobby'))
    await net.advance(2500)
    expect(await asked).toBeUndefined()
    expect(net.network.inspection.container(uuid('lobby'))).toMatchObject({ state: 'serving' })
  })

  test('looks through many over several turns', async () => {
    await using net = await startTestNetwork()
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'), { uuid: uuid('lobby') })
    const page = await net.until(net.network.inspection.containers({ search: 'lob' }))
    expect(page).toMatchObject({ total: 1, items: [{ uuid: 'lobby', references: 1 }] })
    expect(await net.until(net.network.inspection.agents())).toMatchObject({ total: 1 })
    expect(await net.until(net.network.inspection.clients())).toMatchObject({ total: 2 })
    await expect(net.network.inspection.containers({}, { limit: 0 })).rejects.toThrow(
      errorWith('INVALID_ARGUMENT')
    )
  })

  test('knows of the sessions of clients', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const { server } = net
    const clientId = agent.client.uuid
    expect(server.clientSession(clientId)).toEqual({
      connected: true,
      subscribed: false,
      agents: [agent.uuid]
    })
    agent.client.onUpdate(() => {})
    await net.advance(10)
    expect(server.clientSession(clientId)).toMatchObject({ subscribed: true })
    await net.kill(agent)
    await net.advance(10)
    expect(server.clientSession(clientId)).toMatchObject({ connected: false })
    expect(server.clientSession('nobody' as typeof clientId)).toBeUndefined()
  })

  test('counts what happens', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    await net.until(room.request('say', 1))
    await expect(net.until(client.request(uuid('nobody'), 'say'))).rejects.toThrow(
      errorWith('CONTAINER_NOT_FOUND')
    )
    const { network, server } = net
    expect(network.counters).toMatchObject({ gets: 1, getsFailed: 0, starts: 1, startsFailed: 0 })
    expect(network.getLatency.count).toBe(1)
    expect(server.traffic).toMatchObject({ requestsRouted: 2, requestsFailed: 1 })
    expect(server.traffic.requestLatency.count).toBe(1)
    const rooms = server.traffic.kinds.get(kind('room'))
    expect(rooms).toMatchObject({ requests: 1, failed: 0, latency: { count: 1 } })
    expect(server.traffic.kinds.size).toBe(1)
    await net.kill(agent)
    await net.advance(5000)
    expect(network.counters.agentsLost).toBe(1)
  })
})

describe('actions of whoever runs the network', () => {
  test('a container that is terminated comes back by the next request of a reference', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    net.network.terminateContainer(uuid('lobby'))
    await net.advance(100)
    expect(agent.containers.map(({ terminations }) => terminations)).toEqual([1])
    expect(await net.until(client.list())).toEqual([])
    expect(await net.until(room.request('say', 'hello'))).toBe('hello')
    expect(agent.containers).toHaveLength(2)
  })

  test('a container that is terminated under an open connection is opened again elsewhere or there', async () => {
    await using net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await net.until(room.connect())
    net.network.terminateContainer(uuid('lobby'))
    await net.advance(1000)
    expect(await net.until(connection.request('say', 'again'))).toBe('again')
    expect(agent.containers).toHaveLength(2)
  })

  test('an agent that is drained hands over and stays, empty', async () => {
    await using net = await startTestNetwork()
    const first = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const second = await net.agent({ kinds: ['room'] })
    net.network.drainAgent(first.uuid)
    await net.advance(100)
    expect(await net.until(room.request('say', 'hello'))).toBe('hello')
    expect(second.containers).toHaveLength(1)
    expect(net.network.inspection.agent(first.uuid)).toMatchObject({ state: 'draining', containers: 0 })
  })

  test('name what is not there', async () => {
    await using net = await startTestNetwork()
    expect(() => net.network.drainAgent('nobody' as AgentUuid)).toThrow(errorWith('AGENT_NOT_FOUND'))
    expect(() => net.network.terminateContainer(uuid('nobody'))).toThrow(errorWith('CONTAINER_NOT_FOUND'))
  })
})
