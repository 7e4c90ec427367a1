import { interfaceHandler, NetworkError, type Container, type Data } from '@hcengineering/network-core'
import {
  echoContainer,
  eventRecorder,
  recordingContainer,
  startTestNetwork
} from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { createNetworkClient } from '../../src/index.ts'
import { errorWith, Gate, kind, startNetwork, transports, uuid } from '../support/settings.ts'

describe.each(transports)('a client over %s', (transport) => {
  test('waits for its connection no longer than it is told to', async () => {
    await using net = await startNetwork(transport)
    const client = createNetworkClient('localhost:1', { clock: net.clock, transport: net.transport('lost') })
    const startedAt = net.clock.now()
    await expect(net.until(client.waitConnection(400))).rejects.toEqual(errorWith('CONNECTION_TIMEOUT'))
    expect(net.clock.now() - startedAt).toBeGreaterThanOrEqual(400)
    expect(net.clock.now() - startedAt).toBeLessThan(1000)
    await client.close()
  })

  test('names the kinds there are when nobody offers the one it asks for', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room', 'hall'] })
    const client = await net.client()
    const failed = await net.until(
      client.get(kind('garden'), { timeoutMs: 300 }).catch((error: unknown) => error)
    )
    expect(failed).toBeInstanceOf(NetworkError)
    expect(failed).toMatchObject({ code: 'NO_AGENT', details: { kinds: ['hall', 'room'] } })
    expect((failed as Error).message).toMatch(/garden.*hall, room/)
  })

  test('sees agents, kinds and containers, and hears of them in order', async () => {
    await using net = await startNetwork(transport)
    const client = await net.client()
    const events = eventRecorder()
    const stop = client.onUpdate(events.listener)
    await client.kinds()
    const agent = await net.agent({ kinds: ['room'] })
    const room = await client.get(kind('room'), { uuid: uuid('lobby'), labels: ['acme'] })
    expect(await client.agents()).toEqual([
      { agentId: agent.uuid, endpoint: agent.agent.endpoint, kinds: ['room'] }
    ])
    expect(await client.list(kind('room'))).toMatchObject([{ uuid: 'lobby', labels: ['acme'] }])
    expect(await client.list(kind('hall'))).toEqual([])
    await agent.agent.terminate(room.endpoint)
    await net.until(room.request('say', 'again'))
    await agent.close()
    await net.until(() => events.log.includes(`removed ${agent.uuid}`))
    expect(events.log.filter((line) => line.endsWith('lobby'))).toEqual([
      'added lobby',
      'removed lobby',
      'added lobby',
      'removed lobby'
    ])
    expect(events.log[0]).toBe(`added ${agent.uuid}`)
    stop()
  })

  test('sends without waiting, and the container hears it', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    await room.send('note', 1)
    await connection.send('note', 2)
    await net.until(() => agent.containers[0]?.requests.length === 2)
    const heard = agent.containers[0]?.requests.map(({ data }) => data as unknown)
    expect(heard?.toSorted()).toEqual([1, 2])
    expect(agent.containers[0]?.requests[0]?.clientId).toBe(client.uuid)
  })

  test('passes headers on, and gives up when its signal says so', async () => {
    await using net = await startNetwork(transport)
    const aborted = new Gate()
    const container = recordingContainer({
      answer: ({ operation, context }) => {
        if (operation === 'headers') return { ...context?.headers }
        context?.signal.addEventListener('abort', aborted.open)
        return new Promise(() => {})
      }
    })
    await net.agent({ containers: { room: () => container } })
    const client = await net.client()
    const room = await client.get(kind('room'))
    expect(await room.request('headers', undefined, { headers: { trace: 'abc' } })).toEqual({ trace: 'abc' })
    const controller = new AbortController()
    const hanging = room.request('hang', undefined, { signal: controller.signal })
    const outcome = hanging.catch((error: unknown) => error)
    await net.until(() => container.requests.length === 2)
    controller.abort()
    expect(await outcome).toEqual(errorWith('ABORTED'))
    await aborted.opened
    const late = room.request('hang', undefined, { timeoutMs: 200 })
    await expect(net.until(late)).rejects.toEqual(errorWith('TIMEOUT'))
  })

  test("calls a container's methods through a typed proxy", async () => {
    interface Calculator {
      add(a: number, b: number): number
      fail(): void
    }
    await using net = await startNetwork(transport)
    const handle = interfaceHandler(
      {
        add: (a: number, b: number) => a + b,
        fail: () => {
          throw new Error('out of paper')
        }
      },
      'Calculator'
    )
    const calculator: Container = Object.assign(echoContainer(), {
      request: async (operation: string, data?: Data): Promise<Data> => {
        const call = handle(operation, data)
        if (call === undefined) throw new Error(`unknown operation ${operation}`)
        return await call()
      }
    })
    await net.agent({ containers: { calculator: () => calculator } })
    const client = await net.client()
    const reference = await client.get(kind('calculator'))
    const connection = await reference.connect()
    for (const via of [reference, connection]) {
      const proxy = via.cast<Calculator>('Calculator')
      expect(await proxy.add(2, 3)).toBe(5)
      await expect(proxy.fail()).rejects.toThrow(/^out of paper$/)
      await expect(via.request('Calculator.constructor', [])).rejects.toThrow('unknown operation')
      await expect(via.cast<Calculator>().add(1, 2)).rejects.toThrow('unknown operation add')
      await expect(via.request('Calculator.add', 'no list')).rejects.toEqual(errorWith('INVALID_ARGUMENT'))
    }
  })

  test('can do nothing once it is closed, and closing it twice is harmless', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    await Promise.all([client.close(), client.close()])
    await client[Symbol.asyncDispose]()
    const closed = errorWith('CLOSED')
    await expect(client.get(kind('room'))).rejects.toEqual(closed)
    await expect(client.kinds()).rejects.toEqual(closed)
    await expect(room.request('say')).rejects.toEqual(closed)
    await expect(room.connect()).rejects.toEqual(closed)
    await expect(connection.request('say')).rejects.toEqual(closed)
    expect(() => client.onUpdate(() => {})).toThrow(closed)
    await room.close()
    await connection.close()
  })
})

test.each([
  ['aliveTimeout', { aliveTimeout: -1 }],
  ['aliveTimeout', { aliveTimeout: Number.NaN }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['heldEventsMax', { heldEventsMax: -1 }],
  ['limits.requestsMax', { limits: { requestsMax: 0 } }]
])('a bad %s is refused by its name', (name, options) => {
  const create = (): unknown => createNetworkClient('localhost:3737', options)
  expect(create).toThrow(errorWith('INVALID_ARGUMENT'))
  expect(create).toThrow(name)
})

test('an address that is none is refused at once', async () => {
  await using net = await startTestNetwork()
  for (const transport of [net.transport('x'), undefined]) {
    expect(() => createNetworkClient('nowhere', { transport })).toThrow(errorWith('ADDRESS_INVALID'))
  }
})

test('names that cannot be are refused before anything is sent', async () => {
  await using net = await startTestNetwork()
  const client = await net.client()
  const invalid = errorWith('INVALID_ARGUMENT')
  await expect(client.get(kind(''))).rejects.toEqual(invalid)
  await expect(client.get(kind('room'), { uuid: uuid('') })).rejects.toEqual(invalid)
  await expect(client.get(kind('room'), { labels: ['x'.repeat(513)] })).rejects.toEqual(invalid)
  await expect(client.request(uuid(''), 'say')).rejects.toEqual(invalid)
  await expect(client.request(uuid('nobody'), 'say')).rejects.toEqual(errorWith('CONTAINER_NOT_FOUND'))
})
