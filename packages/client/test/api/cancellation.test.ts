import {
  BroadcastGroup,
  type Broadcast,
  type ClientUuid,
  type Container,
  type Data,
  type RequestContext
} from '@hcengineering/network-core'
import { echoContainer, recordingContainer, type TestAgent } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { errorWith, Gate, kind, startNetwork, uuid } from '../support/settings.ts'
import { aborted, openWay, ways } from '../support/ways.ts'

/** A container whose requests end only by being cancelled. */
function waiting(): { container: Container; contexts: RequestContext[]; cancelled: Gate } {
  const contexts: RequestContext[] = []
  const cancelled = new Gate()
  const container = recordingContainer({
    answer: async ({ context }) => {
      if (context === undefined) throw new Error('no context')
      contexts.push(context)
      await aborted(context.signal)
      cancelled.open()
    }
  })
  return { container, contexts, cancelled }
}

/** A container that answers by asking another. */
function asking(ask: (context: RequestContext, data: Data) => Promise<Data>): Container {
  return Object.assign(echoContainer(), {
    request: (_operation: string, data?: Data, _clientId?: unknown, context?: RequestContext) =>
      ask(context as RequestContext, data)
  })
}

async function* twice(item: string): AsyncGenerator<string> {
  yield item
  yield item
}

describe.each(ways)('a request through %s over %s', (way, transport) => {
  test('that is aborted is aborted in its handler, too', async () => {
    await using net = await startNetwork(transport)
    const { container, contexts, cancelled } = waiting()
    await net.agent({ containers: { room: () => container } })
    const { via } = await openWay(await net.client(), way)
    const stop = new AbortController()
    const outcome = via.request('wait', 1, { signal: stop.signal }).catch((error: unknown) => error)
    await net.until(() => contexts.length === 1)
    expect(contexts[0]?.signal.aborted).toBe(false)
    stop.abort()
    expect(await net.until(outcome)).toEqual(errorWith('ABORTED'))
    await net.until(cancelled.opened)
  })

  test('is aborted in its handler when its deadline passes', async () => {
    await using net = await startNetwork(transport)
    const { container, contexts, cancelled } = waiting()
    await net.agent({ containers: { room: () => container } })
    const { via } = await openWay(await net.client(), way)
    const began = net.clock.now()
    const outcome = via.request('wait', 1, { timeoutMs: 300 }).catch((error: unknown) => error)
    await net.until(() => contexts.length === 1)
    const left = (contexts[0]?.deadline ?? 0) - net.clock.now()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(300)
    expect(await net.until(outcome)).toEqual(errorWith('TIMEOUT'))
    await net.until(cancelled.opened)
    expect(net.clock.now() - began).toBeGreaterThanOrEqual(299)
  })

  test("takes its client's own deadline when it names none", async () => {
    await using net = await startNetwork(transport)
    const { container, cancelled } = waiting()
    await net.agent({ containers: { room: () => container } })
    const { via } = await openWay(await net.client({ timeoutMs: 400 }), way)
    await expect(net.until(via.request('wait'))).rejects.toEqual(errorWith('TIMEOUT'))
    await net.until(cancelled.opened)
  })

  test('brings headers, client and fencing token to its handler', async () => {
    await using net = await startNetwork(transport)
    const container = echoContainer()
    const agent = await net.agent({ containers: { room: () => container } })
    const client = await net.client()
    const { via, room } = await openWay(client, way)
    await via.request('say', 1, { headers: { trace: 'abc', 'x-y': 'žluť' } })
    const [first] = container.requests
    expect(first?.context?.headers).toEqual({ trace: 'abc', 'x-y': 'žluť' })
    expect(first?.clientId).toBe(client.uuid)
    expect(first?.context?.clientId).toBe(client.uuid)
    await agent.agent.terminate(room.endpoint)
    await net.until(via.request('say', 2))
    const [before, after] = container.requests.map(({ context }) => context?.token)
    expect(after?.epoch).toBe(before?.epoch)
    expect(after?.sequence).toBeGreaterThan(before?.sequence ?? Infinity)
    expect(container.requests[1]?.context?.headers).toEqual({})
  })

  test.each(['context.client.request', 'a reference of context.client', 'its connection'] as const)(
    'lends what is left of its deadline to %s, and cancels it, too',
    async (how) => {
      await using net = await startNetwork(transport)
      const back = waiting()
      const fronts: RequestContext[] = []
      const front = asking(async (context) => {
        fronts.push(context)
        const options = { timeoutMs: 60_000 }
        if (how === 'context.client.request') {
          return await context.client.request(uuid('back'), 'wait', undefined, options)
        }
        await using reference = await context.client.get(kind('back'), { uuid: uuid('back') })
        if (how === 'a reference of context.client') return await reference.request('wait', 1, options)
        await using connection = await reference.connect()
        return await connection.request('wait', 1, options)
      })
      const agents: TestAgent[] = [
        await net.agent({ containers: { room: () => front } }),
        await net.agent({ containers: { back: () => back.container } })
      ]
      expect(agents).toHaveLength(2)
      const client = await net.client()
      await using kept = await client.get(kind('back'), { uuid: uuid('back') })
      expect(kept.uuid).toBe('back')
      const { via } = await openWay(client, way)
      const stop = new AbortController()
      const options = { timeoutMs: 5000, signal: stop.signal }
      const outcome = via.request('ask', undefined, options).catch((error: unknown) => error)
      await net.until(() => back.contexts.length === 1)
      expect(back.contexts[0]?.deadline).toBeLessThanOrEqual((fronts[0]?.deadline ?? 0) + 50)
      expect(back.contexts[0]?.clientId).toBe(agents[0]?.client.uuid)
      stop.abort()
      expect(await net.until(outcome)).toEqual(errorWith('ABORTED'))
      await net.until(back.cancelled.opened)
    }
  )

  test('can stream, cast, send, and hear events of others while it is handled', async () => {
    await using net = await startNetwork(transport)
    const said: unknown[] = []
    const group = new BroadcastGroup()
    const back: Container = Object.assign(echoContainer(), {
      request: async (operation: string, data?: Data) => {
        if (operation === 'note') said.push(data)
        if (operation === 'tell') await group.publish(data)
        return `${operation}: ${String(data)}`
      },
      stream: () => twice('item'),
      connect: (clientId: ClientUuid, broadcast: Broadcast) => group.connect(clientId, broadcast),
      disconnect: (clientId: ClientUuid) => group.disconnect(clientId)
    })
    const front = asking(async ({ client }) => {
      await using reference = await client.get(kind('back'), { uuid: uuid('back') })
      await using connection = await reference.connect()
      const heard: unknown[] = []
      connection.on = (event) => {
        heard.push(event)
      }
      await connection.send('note', 'a note')
      const items: unknown[] = []
      for await (const item of reference.stream('items')) items.push(item)
      const answer = await connection.cast<{ tell(data: string): Promise<string> }>().tell('news')
      return { heard, items, answer, uuids: [reference.uuid, connection.uuid] }
    })
    await net.agent({ containers: { room: () => front, back: () => back } })
    const { via } = await openWay(await net.client(), way)
    expect(await net.until(via.request('ask'))).toEqual({
      heard: [['news']],
      items: ['item', 'item'],
      answer: 'tell: news',
      uuids: ['back', 'back']
    })
    expect(said).toEqual(['a note'])
  })
})
