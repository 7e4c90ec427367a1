import type { Transport } from '@hcengineering/network-backrpc'
import {
  AgentImpl,
  type AgentUuid,
  type Container,
  type ContainerEndpointRef,
  type ContainerFactories,
  type ContainerUuid,
  type Data,
  type RequestContext
} from '@hcengineering/network-core'
import { countedIds, echoContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { createNetworkClient, LocalAgents, type ClientOptions, type NetworkClient } from '../../src/index.ts'
import { errorWith, Gate, kind, uuid } from '../support/settings.ts'
import { aborted } from '../support/ways.ts'

/** Counts what leaves a process. */
interface Traffic {
  dials: number
  messages: number
  readonly transport: Transport
}

function counted(inner: Transport): Traffic {
  const traffic: Traffic = {
    dials: 0,
    messages: 0,
    transport: {
      name: inner.name,
      listen: (options, limits, accept) => inner.listen(options, limits, accept),
      dial: (address, limits, events) => {
        traffic.dials++
        const connection = inner.dial(address, limits, events)
        return {
          get remote() {
            return connection.remote
          },
          copies: connection.copies,
          get bufferedBytes() {
            return connection.bufferedBytes
          },
          send: (message) => {
            traffic.messages++
            connection.send(message)
          },
          close: () => connection.close()
        }
      }
    }
  }
  return traffic
}

async function* aMap() {
  yield new Map([[1, 'a']])
}

/** One process: an agent, the client that has registered it, and another client. */
class Process implements AsyncDisposable {
  readonly agent: AgentImpl
  readonly host: NetworkClient
  readonly client: NetworkClient
  readonly traffic: Traffic
  private readonly net: TestNetwork

  constructor(net: TestNetwork, options: ClientOptions, make: () => Container) {
    this.net = net
    const { clock, address } = net
    this.traffic = counted(net.transport('own-process'))
    const factories: ContainerFactories = {
      room: async ({ uuid: asked }) => ({
        uuid: asked ?? ('own-room' as ContainerUuid),
        container: make(),
        endpoint: 'test://own-room' as ContainerEndpointRef
      })
    }
    this.agent = new AgentImpl('own-agent' as AgentUuid, factories, { clock, ids: countedIds('own') })
    const common = { clock, transport: this.traffic.transport, ...options }
    this.host = createNetworkClient(address, { ...common, ids: countedIds('own-host') })
    this.client = createNetworkClient(address, { ...common, ids: countedIds('own-client') })
  }

  async start(): Promise<this> {
    await this.net.until(Promise.all([this.host.waitConnection(), this.client.waitConnection()]))
    await this.net.until(this.host.register(this.agent))
    return this
  }

  /** How many messages leave while something is done. */
  async messagesOf(act: () => Promise<void>): Promise<number> {
    await this.net.advance(0)
    const before = this.traffic.messages
    await act()
    return this.traffic.messages - before
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.net.until(this.client.close())
    await this.net.until(this.agent.close())
    await this.net.until(this.host.close())
  }
}

/** A container with a notebook that it answers with, and streams. */
class Notebook implements Container {
  readonly notes = { list: [1, 2, 3], bytes: Uint8Array.of(1, 2, 3) }
  readonly contexts: RequestContext[] = []
  readonly base = echoContainer({ connected: (_clientId, broadcast) => broadcast('welcome') })
  heard: unknown

  async request(
    operation: string,
    data?: Data,
    _clientId?: unknown,
    context?: RequestContext
  ): Promise<Data> {
    if (context !== undefined) this.contexts.push(context)
    switch (operation) {
      case 'notes':
        return this.notes
      case 'keep':
        this.heard = data
        return undefined
      case 'fail':
        throw Object.assign(new Error('out of paper'), { code: 'PAPER', details: { left: 0 } })
      case 'wait':
        if (context !== undefined) await aborted(context.signal)
        return undefined
      case 'function':
        return () => {}
      default:
        return data as unknown
    }
  }

  async *stream(_operation: string, data: unknown, context: RequestContext): AsyncGenerator {
    this.contexts.push(context)
    if (typeof data === 'number') for (let i = 0; i < data; i++) yield i
    else for await (const item of data as AsyncIterable<unknown>) yield item
  }

  connect: Container['connect'] = (clientId, broadcast) => this.base.connect(clientId, broadcast)
  disconnect: Container['disconnect'] = (clientId) => this.base.disconnect(clientId)
  terminate(): Promise<void> {
    return this.base.terminate()
  }
  ping(): Promise<void> {
    return this.base.ping()
  }
}

describe.each([
  ['shared agents', () => ({ localAgents: new LocalAgents() })],
  ['the agents of this process, the default', () => ({})]
])("a container in the caller's own process, with %s", (_name, options) => {
  test('answers, streams and speaks without a message leaving the process', async () => {
    await using net = await startTestNetwork()
    const notebook = new Notebook()
    await using own = await new Process(net, options(), () => notebook).start()
    const room = await net.until(own.client.get(kind('room')))
    const events: unknown[] = []
    // Connecting asks the coordinator where the container is, and no more.
    const connection = await room.connect()
    const messages = await own.messagesOf(async () => {
      expect(await room.request('say', 'by reference')).toBe('by reference')
      connection.on = (event) => {
        events.push(event)
      }
      expect(await connection.request('say', 'by connection')).toBe('by connection')
      await connection.send('keep', 'a send')
      await notebook.base.broadcast('news')
      const items: unknown[] = []
      for await (const item of connection.stream('count', 3)) items.push(item)
      for await (const item of room.stream('echo', aMap())) items.push(item)
      expect(items).toEqual([0, 1, 2, new Map([[1, 'a']])])
      expect(notebook.heard).toBe('a send')
      expect(events).toEqual(['welcome', 'news'])
      await connection.close()
      expect(notebook.base.disconnects).toEqual([own.client.uuid])
    })
    expect(messages).toBe(0)
    // One each to the coordinator, none between them.
    expect(own.traffic.dials).toBe(2)
    expect(notebook.contexts.every(({ clientId }) => clientId === own.client.uuid)).toBe(true)
  })

  test('gets copies, and gives copies', async () => {
    await using net = await startTestNetwork()
    const notebook = new Notebook()
    await using own = await new Process(net, options(), () => notebook).start()
    const room = await net.until(own.client.get(kind('room')))
    for (const via of [room, await room.connect()]) {
      const notes = (await via.request('notes')) as typeof notebook.notes
      notes.list.push(4)
      notes.bytes[0] = 99
      expect(notebook.notes).toEqual({ list: [1, 2, 3], bytes: Uint8Array.of(1, 2, 3) })
      const mine = { list: [1], bytes: Uint8Array.of(7) }
      await via.request('keep', mine)
      mine.list.push(2)
      mine.bytes[0] = 8
      expect(notebook.heard).toEqual({ list: [1], bytes: Uint8Array.of(7) })
    }
  })

  test('ends a stream at once for a reader that leaves while it waits', async () => {
    await using net = await startTestNetwork()
    await using own = await new Process(net, options(), () => new Notebook()).start()
    const room = await net.until(own.client.get(kind('room')))
    for (const via of [room, await room.connect()]) {
      const told = new Gate()
      let asked = 0
      const input: AsyncIterableIterator<number> = {
        [Symbol.asyncIterator]: () => input,
        next: () => (++asked === 1 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => {})),
        return: async () => {
          told.open()
          return { done: true, value: undefined }
        }
      }
      const items = via.stream('echo', input)
      expect(await items.next()).toEqual({ done: false, value: 1 })
      const waiting = items.next()
      await items.return?.()
      expect(await waiting).toEqual({ done: true, value: undefined })
      await told.opened
    }
  })

  test('fails, is cancelled and times out as over the wire', async () => {
    await using net = await startTestNetwork()
    const notebook = new Notebook()
    await using own = await new Process(net, options(), () => notebook).start()
    const room = await net.until(own.client.get(kind('room')))
    for (const via of [room, await room.connect()]) {
      const failed = await via.request('fail').catch((error: unknown) => error)
      expect(failed).toMatchObject({ name: 'NetworkError', code: 'PAPER', message: 'out of paper' })
      expect(failed).toMatchObject({ details: { left: 0 } })
      await expect(via.request('function')).rejects.toEqual(errorWith('NOT_SERIALIZABLE'))
      await expect(via.request('say', () => {})).rejects.toEqual(errorWith('NOT_SERIALIZABLE'))
      const late = via.request('wait', undefined, { timeoutMs: 700 })
      const began = net.clock.now()
      await expect(net.until(late)).rejects.toEqual(errorWith('TIMEOUT'))
      expect(net.clock.now() - began).toBeGreaterThanOrEqual(699)
      expect(net.clock.now() - began).toBeLessThan(1000)
      const stop = new AbortController()
      const gone = new Gate()
      const outcome = via.request('wait', undefined, { signal: stop.signal }).catch((error: unknown) => error)
      await net.advance(0)
      notebook.contexts.at(-1)?.signal.addEventListener('abort', gone.open)
      stop.abort()
      expect(await outcome).toEqual(errorWith('ABORTED'))
      await net.until(gone.opened)
    }
  })

  test('is found elsewhere once its agent has closed', async () => {
    await using net = await startTestNetwork()
    await using own = await new Process(net, options(), () => new Notebook()).start()
    const room = await net.until(own.client.get(kind('room'), { uuid: uuid('lobby') }))
    const connection = await room.connect()
    expect(await connection.request('say', 1)).toBe(1)
    const other = await net.agent({ kinds: ['room'] })
    await net.until(own.agent.close())
    expect(await net.until(connection.request('say', 2))).toBe(2)
    expect(await net.until(room.request('say', 3))).toBe(3)
    expect(other.containers[0]?.requests.map(({ data }) => data as unknown)).toEqual([2, 3])
    expect(other.containers[0]?.connects).toEqual([own.client.uuid])
  })
})

test('a client that is told to use no local agents goes over the transport', async () => {
  await using net = await startTestNetwork()
  await using own = await new Process(net, { localAgents: false }, () => new Notebook()).start()
  const room = await net.until(own.client.get(kind('room')))
  const messages = await own.messagesOf(async () => {
    expect(await room.request('say', 1)).toBe(1)
  })
  expect(messages).toBeGreaterThan(0)
})

test('a client of another process goes over the transport to the same container', async () => {
  await using net = await startTestNetwork()
  const notebook = new Notebook()
  const options = { localAgents: new LocalAgents() }
  await using own = await new Process(net, options, () => notebook).start()
  const stranger = await net.client()
  const here = await net.until(own.client.get(kind('room')))
  const there = await net.until(stranger.get(kind('room')))
  expect(there.uuid).toBe(here.uuid)
  expect(await there.request('say', 'from afar')).toBe('from afar')
  expect(await here.request('say', 'from here')).toBe('from here')
  expect(notebook.contexts.map(({ clientId }) => clientId)).toEqual([stranger.uuid, own.client.uuid])
})
