import { containerOnAgentEndpointRef } from '@hcengineering/network-core'
import { recordingContainer, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { errorWith, Gate, kind, startNetwork, transports, uuid } from '../support/settings.ts'

/** An agent whose containers answer when told to, and another one to go to. */
async function twoAgents(net: TestNetwork, drainTimeout = 10) {
  const gate = new Gate()
  const container = recordingContainer({
    answer: async ({ operation }) => {
      if (operation === 'slow') await gate.opened
      return 'first'
    }
  })
  const leaving = await net.agent({ containers: { room: () => container }, options: { drainTimeout } })
  const client = await net.client()
  const room = await client.get(kind('room'), { uuid: uuid('lobby') })
  const staying = await net.agent({
    containers: { room: () => recordingContainer({ answer: () => 'second' }) }
  })
  return { gate, container, leaving, staying, client, room }
}

describe.each(transports)('a draining agent over %s', (transport) => {
  test('answers what runs, and lets calls that come meanwhile wait for the next place', async () => {
    await using net = await startNetwork(transport)
    const { gate, container, leaving, staying, client, room } = await twoAgents(net)
    const connection = await room.connect()
    const slow = [room.request('slow'), connection.request('slow')]
    await net.until(() => container.requests.length === 2)
    const drained = leaving.server?.drain()
    await net.advance(50)
    const quick = [room.request('quick'), connection.request('quick'), client.request(uuid('lobby'), 'quick')]
    await net.advance(100)
    expect(container.terminations).toBe(0)
    gate.open()
    expect(await net.until(Promise.all(slow))).toEqual(['first', 'first'])
    expect(await net.until(Promise.all(quick))).toEqual(['second', 'second', 'second'])
    await net.until(drained ?? Promise.resolve())
    expect(container.requests.map(({ operation }) => operation)).toEqual(['slow', 'slow'])
    expect(container.terminations).toBe(1)
    expect(await client.agents()).toMatchObject([{ agentId: staying.uuid }])
  })

  test('gives up what runs for too long: calls settle as unknown, streams end with MOVED', async () => {
    await using net = await startNetwork(transport)
    const drainTimeout = 0.3
    const endless = {
      request: () => new Promise<never>(() => {}),
      ping: async () => {},
      terminate: async () => {},
      connect() {},
      disconnect() {},
      async *stream(_operation: string, _data: unknown, { signal }: { signal: AbortSignal }) {
        yield 1
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      }
    }
    const leaving = await net.agent({
      options: { drainTimeout },
      factories: {
        room: async (_options, endpoint) => ({
          uuid: uuid('lobby'),
          container: endless,
          endpoint: containerOnAgentEndpointRef(endpoint, uuid('lobby'))
        })
      }
    })
    const client = await net.client()
    const room = await client.get(kind('room'), { uuid: uuid('lobby') })
    const connection = await room.connect()
    const outcome = connection.request('for ever').catch((error: unknown) => error)
    const items = connection.stream('items')[Symbol.asyncIterator]()
    expect(await net.until(items.next())).toEqual({ done: false, value: 1 })
    const end = items.next().catch((error: unknown) => error)
    const began = net.clock.now()
    const drained = leaving.server?.drain()
    expect(await net.until(outcome)).toEqual(errorWith('OUTCOME_UNKNOWN'))
    expect(await net.until(end)).toEqual(errorWith('MOVED'))
    expect(net.clock.now() - began).toBeGreaterThanOrEqual(drainTimeout * 1000 - 1)
    await net.until(drained ?? Promise.resolve())
  })

  test('that has nothing, or was never registered, just closes', async () => {
    await using net = await startNetwork(transport)
    const idle = await net.agent({ kinds: ['room'] })
    const unregistered = await net.agent({ kinds: ['room'], register: false })
    const began = net.clock.now()
    await net.until(Promise.all([idle.server?.drain(), unregistered.server?.drain()]))
    expect(net.clock.now() - began).toBeLessThan(1000)
    const client = await net.client()
    expect(await client.agents()).toEqual([])
  })
})
