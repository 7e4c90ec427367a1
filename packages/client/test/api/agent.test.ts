import {
  AgentImpl,
  containerOnAgentEndpointRef,
  TickManagerImpl,
  type AgentUuid
} from '@hcengineering/network-core'
import { echoContainer, recordingContainer, startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { ContainerServer, createAgent, NetworkAgentServer } from '../../src/index.ts'
import { errorWith, kind, startNetwork, transports, uuid } from '../support/settings.ts'

describe.each(transports)('an agent over %s', (transport) => {
  test('is served by a client, with containers of its own that stand by', async () => {
    await using net = await startNetwork(transport)
    const client = await net.client()
    const container = echoContainer()
    const endpoints: string[] = []
    const served = await client.serveAgent('localhost:0', { room: () => never() }, (endpoint) => {
      endpoints.push(endpoint)
      const leader = uuid('leader')
      return [
        {
          uuid: leader,
          kind: kind('leader'),
          endpoint: containerOnAgentEndpointRef(endpoint, leader),
          container
        }
      ]
    })
    expect(endpoints).toEqual([`localhost:${served.server.getPort()}`])
    expect(served.server.getPort()).toBeGreaterThan(0)
    expect(await client.kinds()).toEqual(['leader', 'room'])
    const other = await net.client()
    const leader = await other.get(kind('leader'))
    expect(await leader.request('say', 'hello')).toBe('hello')
    const connection = await leader.connect()
    expect(await connection.request('say', 'directly')).toBe('directly')
    await served.server.close()
    expect(container.terminations).toBe(1)
    expect(await other.agents()).toEqual([])
  })

  test('without a listener is reached through the coordinator, events and all', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'], listener: false })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    const heard: unknown[] = []
    connection.on = (data) => {
      heard.push(data)
    }
    expect(await connection.request('say', 'routed')).toBe('routed')
    await agent.containers[0]?.broadcast('one')
    await agent.containers[0]?.broadcast('two')
    await net.until(() => heard.length === 2)
    expect(heard).toEqual(['one', 'two'])
    await connection.close()
    await net.until(() => agent.containers[0]?.disconnects.length === 1)
    expect(agent.containers[0]).toMatchObject({ connects: [client.uuid], disconnects: [client.uuid] })
  })

  test('keeps events that came before anybody listened, and delivers them in order', async () => {
    await using net = await startNetwork(transport)
    const container = recordingContainer({
      connected: async (_client, broadcast) => {
        await broadcast('from connect 1')
        await broadcast('from connect 2')
      }
    })
    await net.agent({ containers: { room: () => container } })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    await container.broadcast('later')
    await net.advance(50)
    const heard: unknown[] = []
    connection.on = (data) => {
      heard.push(data)
    }
    await container.broadcast('last')
    await net.until(() => heard.length === 4)
    expect(heard).toEqual(['from connect 1', 'from connect 2', 'later', 'last'])
  })

  test('lets what a container says in terminate() arrive before the connection ends', async () => {
    await using net = await startNetwork(transport)
    const container = recordingContainer({ terminating: () => container.broadcast('farewell') })
    const agent = await net.agent({ containers: { room: () => container } })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await room.connect()
    const heard: unknown[] = []
    connection.on = (data) => {
      heard.push(data)
    }
    await agent.close()
    await net.until(() => heard.length === 1)
    expect(heard).toEqual(['farewell'])
    expect(container.terminations).toBe(1)
  })

  test('serves a container that has a listener of its own', async () => {
    await using net = await startNetwork(transport)
    const ticks = new TickManagerImpl(10, { clock: net.clock })
    const node = net.transport('own-listener')
    const servers: ContainerServer[] = []
    const container = echoContainer()
    await net.agent({
      listener: false,
      factories: {
        room: () => {
          const server = new ContainerServer(ticks, 'localhost', 'localhost', 0, uuid('lobby'), container, {
            transport: node
          })
          servers.push(server)
          return { uuid: uuid('lobby'), container, endpoint: server.endpoint }
        }
      }
    })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const [server] = servers
    expect(room.endpoint).toBe(`container://localhost:${server?.getPort()}/lobby`)
    const connection = await room.connect()
    expect(await connection.request('say', 'direct')).toBe('direct')
    const heard: unknown[] = []
    connection.on = (data) => {
      heard.push(data)
    }
    await container.broadcast('news')
    await net.until(() => heard.length === 1)
    expect(heard).toEqual(['news'])
    await server?.close()
    expect(await net.until(connection.request('say', 'through the coordinator', { idempotent: true }))).toBe(
      'through the coordinator'
    )
  })

  test('tells who refers to its container where it has gone', async () => {
    await using net = await startNetwork(transport)
    const first = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const before = room.endpoint
    const endpoints: string[] = []
    room.onEndpointUpdate = (endpoint) => endpoints.push(endpoint)
    await net.agent({ kinds: ['room'] })
    await first.close()
    await net.until(() => endpoints.length === 1)
    expect(endpoints).toEqual([room.endpoint])
    expect(room.endpoint).not.toBe(before)
  })

  test('that is closed has ended its containers, and closing it twice is harmless', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await client.get(kind('room'))
    await agent.server?.close()
    await agent.server?.close()
    await agent.server?.[Symbol.asyncDispose]()
    await agent.agent[Symbol.asyncDispose]()
    expect(agent.containers[0]?.terminations).toBe(1)
    expect(await client.agents()).toEqual([])
  })

  test('that its client closes has left the network', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    await agent.client.close()
    expect(await client.agents()).toEqual([])
    expect(await client.kinds()).toEqual([])
  })
})

test.each([
  ['healthInterval', { healthInterval: 0 }],
  ['healthTimeout', { healthTimeout: -1 }],
  ['healthFailuresMax', { healthFailuresMax: 0.5 }],
  ['terminateTimeout', { terminateTimeout: Number.NaN }],
  ['heldMax', { heldMax: -1 }]
])('a bad %s is refused by its name', (name, options) => {
  const create = (): unknown => new AgentImpl('a' as AgentUuid, {}, options)
  expect(create).toThrow(errorWith('INVALID_ARGUMENT'))
  expect(create).toThrow(name)
})

test.each(['localhost', 'localhost:', ':3737', 'localhost:x', ''])(
  'an agent cannot be served at %j',
  async (endpoint) => {
    await expect(createAgent(endpoint, {})).rejects.toEqual(errorWith('ADDRESS_INVALID'))
  }
)

test('an agent server takes no port that cannot be, and no factory that is none', async () => {
  await using net = await startTestNetwork()
  const ticks = new TickManagerImpl(10, { clock: net.clock })
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    expect(() => new NetworkAgentServer(ticks, 'localhost', '*', port)).toThrow(errorWith('INVALID_ARGUMENT'))
  }
  const factories = { room: 'no function' as never }
  expect(() => new AgentImpl('a' as AgentUuid, factories)).toThrow(errorWith('INVALID_ARGUMENT'))
})

function never(): never {
  throw new Error('nobody asked for this')
}
