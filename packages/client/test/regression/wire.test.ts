import { ask, Dialler } from '@hcengineering/network-backrpc'
import { networkError, NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { recordingContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { createAgent, createNetworkClient, NetworkAgentServer } from '../../src/index.ts'
import { errorWith, kind, startNetwork, transports, uuid } from '../support/settings.ts'

describe.each(transports)('on the wire, %s', (transport) => {
  test('case 4: 60 requests that never return hold up nobody else', async () => {
    await using net = await startNetwork(transport)
    const container = recordingContainer({
      answer: ({ operation }) => (operation === 'hang' ? new Promise(() => {}) : operation)
    })
    await net.agent({ containers: { room: () => container } })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    const stop = new AbortController()
    const { signal } = stop
    const hanging = Array.from({ length: 60 }, () => [
      room.request('hang', undefined, { signal }),
      connection.request('hang', undefined, { signal })
    ]).flat()
    const settled = Promise.allSettled(hanging)
    expect(await room.request('through the coordinator')).toBe('through the coordinator')
    expect(await connection.request('directly')).toBe('directly')
    expect(await (await net.client()).request(room.uuid, 'from another client')).toBe('from another client')
    stop.abort()
    for (const outcome of await settled) {
      expect(outcome).toEqual({ status: 'rejected', reason: errorWith('ABORTED') })
    }
  })

  test('case 15: bytes, dates and undefined arrive as what they are', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    const data = {
      bytes: Uint8Array.of(0, 1, 254, 255),
      date: new Date(1_700_000_000_123),
      nothing: undefined,
      none: null,
      big: 2n ** 64n,
      map: new Map<unknown, unknown>([[1, new Set(['a'])]]),
      text: 'žluťoučký kůň 🐴',
      nested: [{ deep: [undefined, -0.5, Infinity] }]
    }
    for (const via of [room, connection]) {
      expect(await via.request('echo', data)).toStrictEqual(data)
      expect(await via.request('echo', undefined)).toBeUndefined()
      expect(await via.request('echo', null)).toBeNull()
      const bytes: unknown = await via.request('echo', data.bytes)
      expect(bytes).toBeInstanceOf(Uint8Array)
      expect([...(bytes as Uint8Array)]).toEqual([0, 1, 254, 255])
      expect(await via.request('echo', data.date)).toStrictEqual(data.date)
    }
  })

  test('case 15: an error arrives with its message exactly, its code and details, and no stack of elsewhere', async () => {
    await using net = await startNetwork(transport)
    const message = 'it broke\n    at midnight (file:///nowhere.ts:1:1)'
    await net.agent({
      containers: {
        room: () =>
          recordingContainer({
            answer: ({ operation }) => {
              if (operation === 'plain') throw new TypeError(message)
              throw Object.assign(new Error('no money'), { code: 'POOR', details: { lacking: 3 } })
            }
          })
      }
    })
    const client = await net.client()
    const room = await client.get(kind('room'))
    const connection = await room.connect()
    for (const via of [room, connection]) {
      const plain = await via.request('plain').catch((error: unknown) => error)
      expect(plain).toMatchObject({ name: 'NetworkError', code: 'APPLICATION_ERROR', message })
      expect((plain as Error).stack).not.toContain('recording-container')
      const coded = await via.request('coded').catch((error: unknown) => error)
      expect(coded).toMatchObject({ code: 'POOR', message: 'no money', details: { lacking: 3 } })
    }
  })

  test('case 16: a taken port makes the constructors throw, and harms nobody', async () => {
    await using net = await startNetwork(transport)
    const port = net.server.getPort()
    const inUse = errorWith('ADDRESS_IN_USE')
    const ticks = new TickManagerImpl(10, { clock: net.clock })
    // A second process would meet the same: the port is the machine's.
    const options = { transport: net.transport('somebody-else') }
    const network = new NetworkImpl(ticks)
    expect(() => new NetworkServer(network, ticks, 'localhost', port, options)).toThrow(inUse)
    expect(() => new NetworkAgentServer(ticks, 'localhost', 'localhost', port, options)).toThrow(inUse)
    await expect(createAgent(`localhost:${port}`, {}, { ...options, clock: net.clock })).rejects.toEqual(
      inUse
    )
    await network.close()
    const client = await net.client()
    await expect(client.serveAgent(`localhost:${port}`, {})).rejects.toEqual(inUse)
    expect(await client.agents()).toEqual([])
  })

  test("case 19: one peer's kinds: null breaks nobody's get", async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room'] })
    const stranger = new Dialler({
      transport: net.transport('stranger'),
      clock: net.clock,
      ids: () => 'stranger',
      errors: networkError,
      address: net.address,
      peerId: 'stranger',
      aliveTimeoutMs: 3000,
      handler: { request: (call) => call.respond(undefined), send: () => {} }
    }).start()
    const registration = {
      agentId: 'stranger',
      incarnation: '1',
      kinds: null,
      endpoint: undefined,
      seen: undefined,
      containers: []
    }
    const register = (data: unknown): Promise<unknown> =>
      ask(stranger.session, { channel: 1, operation: 'agent.register', data, timeoutMs: 1000 })
    await expect(net.until(register(registration))).rejects.toEqual(errorWith('INVALID_MESSAGE'))
    for (const kinds of [[null], [''], 'room', { length: 3 }, undefined]) {
      await expect(register({ ...registration, kinds })).rejects.toEqual(errorWith('INVALID_MESSAGE'))
    }
    for (const data of [null, undefined, 7, 'x', [], {}]) {
      await expect(register(data)).rejects.toEqual(errorWith('INVALID_MESSAGE'))
    }
    const client = await net.client()
    expect(await (await client.get(kind('room'))).request('say', 'fine')).toBe('fine')
    expect(await client.kinds()).toEqual(['room'])
    stranger.close()
  })

  test('case 20: closing while connecting rejects whoever waits, and nothing else', async () => {
    await using net = await startNetwork(transport)
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => {
      unhandled.push(reason)
    }
    process.on('unhandledRejection', note)
    try {
      await net.agent({ kinds: ['room'] })
      const client = await net.client()
      const room = await client.get(kind('room'), { uuid: uuid('lobby') })
      const connecting = room.connect()
      const asked = room.request('say', 'too late')
      const getting = client.get(kind('nobody-offers-this'))
      const outcomes = Promise.allSettled([connecting, asked, getting])
      await client.close()
      for (const outcome of await net.until(outcomes)) expect(outcome.status).toBe('rejected')

      const nowhere = createNetworkClient('localhost:1', { clock: net.clock, transport: net.transport('x') })
      const waiting = Promise.allSettled([nowhere.waitConnection(60_000), nowhere.kinds()])
      await nowhere.close()
      for (const outcome of await net.until(waiting)) {
        expect(outcome).toEqual({ status: 'rejected', reason: errorWith('CLOSED') })
      }
      await net.advance(transport === 'memory' ? 60_000 : 100)
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  test('case 20: a connection that is closed while it opens leaves no client behind in its container', async () => {
    await using net = await startNetwork(transport)
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const stop = new AbortController()
    const connecting = room.connect({ signal: stop.signal })
    stop.abort()
    await expect(connecting).rejects.toEqual(errorWith('ABORTED'))
    await net.advance(500)
    const [container] = agent.containers
    expect(container?.disconnects).toEqual(container?.connects)
    const connection = await net.until(room.connect())
    expect(await connection.request('say', 'now')).toBe('now')
    expect(container?.connects.length).toBe((container?.disconnects.length ?? 0) + 1)
  })
})
