import { setTimeout } from 'node:timers/promises'
import type { NetworkClient } from '@hcengineering/network-client'
import {
  NetworkError,
  type Container,
  type ContainerKind,
  type ContainerReference,
  type ContainerUuid
} from '@hcengineering/network-core'
import { startTestNetwork, type TestAgent, type TestNetwork } from '@hcengineering/network-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { observeAgent, observeClient, observeEventLoop } from '../src/index.ts'
import { CollectedMetrics } from './support/collected-metrics.ts'

const shop = 'shop' as ContainerKind
const bakery = 'bakery' as ContainerUuid

class Shop implements Container {
  readonly waiting: (() => void)[] = []

  async request(operation: string): Promise<unknown> {
    if (operation === 'fail') throw new NetworkError('SOLD_OUT', 'nothing is left')
    if (operation === 'deny') throw new NetworkError('INVALID_ARGUMENT', 'not like that')
    if (operation === 'wait') await new Promise<void>((resolve) => this.waiting.push(resolve))
    return operation
  }

  async *stream(operation: string): AsyncGenerator<number> {
    yield 1
    if (operation === 'break') throw new Error('broken')
  }

  connect(): void {}
  disconnect(): void {}
  async terminate(): Promise<void> {}
  async ping(): Promise<void> {}
}

let net: TestNetwork
let agent: TestAgent
let client: NetworkClient
let container: Shop
let reference: ContainerReference
let collected: CollectedMetrics

beforeEach(async () => {
  collected = new CollectedMetrics()
  container = new Shop()
  net = await startTestNetwork()
  agent = await net.agent({ containers: { shop: () => container } })
  client = await net.client()
  reference = await client.get(shop, { uuid: bakery })
})

afterEach(() => net.close())

async function failing(work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toBeInstanceOf(NetworkError)
}

describe('the metrics of a client', () => {
  it('tell what came of its requests and gets', async () => {
    observeClient(client, { meter: collected.meter })
    const connection = await reference.connect()
    for (const way of [reference, connection]) await way.request('buy')
    await client.request(bakery, 'buy')
    await failing(reference.request('fail'))
    await failing(connection.request('deny'))
    await failing(net.until(client.request('nowhere' as ContainerUuid, 'buy', undefined, { timeoutMs: 50 })))
    await failing(net.until(client.get('mill' as ContainerKind, { timeoutMs: 100 })))
    const pending = reference.request('wait')
    await net.until(() => container.waiting.length === 1)
    for await (const item of reference.stream('all')) expect(item).toBe(1)
    await collected.collect()
    expect(collected.series('network.client.requests')).toEqual({
      answered: 3,
      APPLICATION_ERROR: 1,
      INVALID_ARGUMENT: 1,
      CONTAINER_NOT_FOUND: 1
    })
    expect(collected.value('network.client.requests.in_flight')).toBe(1)
    expect(collected.series('network.client.gets')).toEqual({ answered: 1, NO_AGENT: 1 })
    expect(collected.value('network.client.gets.in_flight')).toBe(0)
    expect(collected.value('network.client.streams')).toBe(1)
    expect(collected.value('network.client.connected')).toBe(1)
    expect(collected.value('network.client.references')).toBe(1)
    expect(collected.value('network.client.connections')).toBe(1)
    expect(collected.value('network.client.direct_sessions')).toBe(1)
    container.waiting[0]?.()
    await pending
    await collected.collect()
    expect(collected.value('network.client.requests.in_flight')).toBe(0)
  })

  it('count a request that moved on to another agent once, and say that it was tried again', async () => {
    observeClient(client, { meter: collected.meter })
    await net.agent({ containers: { shop: () => container } })
    await net.kill(agent)
    await net.until(reference.request('buy', undefined, { idempotent: true }))
    await collected.collect()
    expect(collected.series('network.client.requests')).toEqual({ answered: 1 })
    expect(collected.value('network.client.requests.tried_again')).toBeGreaterThan(0)
  })

  it('say when it has no connection', async () => {
    observeClient(client, { meter: collected.meter })
    net.partition(client, 'coordinator')
    await net.advance(20_000)
    await collected.collect()
    expect(collected.value('network.client.connected')).toBe(0)
  })

  it('are told apart by attributes, and end when told so', async () => {
    const stop = observeClient(client, { meter: collected.meter, attributes: { role: 'front' } })
    observeClient(agent.client, { meter: collected.meter, attributes: { role: 'back' } })
    await collected.collect()
    expect(collected.series('network.client.references')).toEqual({ front: 1, back: 0 })
    stop()
    await reference.close()
    await collected.collect()
    // An SDK goes on showing what it was told last.
    expect(collected.series('network.client.references')).toEqual({ front: 1, back: 0 })
  })
})

describe('the metrics of an agent', () => {
  it('tell what its containers of a kind were asked, and what came of it', async () => {
    observeAgent(agent.agent, agent.server, { meter: collected.meter })
    const connection = await reference.connect()
    for (let n = 0; n < 20; n++) await connection.request('buy')
    await reference.request('buy')
    await failing(connection.request('fail'))
    const pending = connection.request('wait')
    await net.until(() => container.waiting.length === 1)
    for await (const item of reference.stream('all')) expect(item).toBe(1)
    await failing(
      (async () => {
        for await (const item of connection.stream('break')) expect(item).toBe(1)
      })()
    )
    await collected.collect()
    expect(collected.series('network.agent.containers')).toMatchObject({
      'agent-1 shop serving': 1,
      'agent-1 shop ending': 0
    })
    expect(collected.series('network.agent.requests')).toEqual({
      'agent-1 shop answered': 21,
      'agent-1 shop failed': 1,
      'agent-1 shop lost': 0
    })
    expect(collected.value('network.agent.requests.in_flight')).toBe(1)
    expect(collected.series('network.agent.streams')).toEqual({
      'agent-1 shop answered': 1,
      'agent-1 shop failed': 1
    })
    expect(collected.value('network.agent.streams.open')).toBe(0)
    expect(collected.value('network.agent.starts')).toBe(1)
    expect(collected.value('network.agent.starts.failed')).toBe(0)
    // The client's, and the coordinator's watch.
    expect(collected.value('network.agent.sessions')).toBe(2)
    expect(collected.value('network.agent.refused_messages')).toBe(0)
    // Of 23 requests the first and the seventeenth.
    expect(collected.value('network.agent.request.duration.bucket', { le: '+Inf' })).toBe(2)
    container.waiting[0]?.()
    await pending
  })

  it('count a request as lost whose container ends before it has answered', async () => {
    observeAgent(agent.agent, agent.server, { meter: collected.meter })
    const lost = reference.request('wait')
    await net.until(() => container.waiting.length === 1)
    await Promise.all([failing(lost), net.until(agent.agent.terminate(bakery))])
    container.waiting[0]?.()
    await net.advance(0)
    await collected.collect()
    expect(collected.value('network.agent.requests', { 'network.outcome': 'lost' })).toBe(1)
    expect(collected.value('network.agent.requests', { 'network.outcome': 'answered' })).toBe(0)
    expect(collected.value('network.agent.requests.in_flight')).toBe(0)
  })

  it('count what is refused because it is not here', async () => {
    observeAgent(agent.agent, agent.server, { meter: collected.meter })
    await failing(agent.agent.request('elsewhere' as ContainerUuid, 'buy'))
    await collected.collect()
    expect(collected.value('network.agent.requests.refused')).toBe(1)
  })

  it('count starts whose factory fails', async () => {
    const bad = await net.agent({
      containers: {
        mill: () => {
          throw new Error('no wind')
        }
      }
    })
    observeAgent(bad.agent, bad.server, { meter: collected.meter })
    await failing(net.until(client.get('mill' as ContainerKind, { timeoutMs: 1000 })))
    await collected.collect()
    expect(collected.value('network.agent.starts.failed')).toBeGreaterThan(0)
  })

  it('tell how near the lease came to running out, and when it has', async () => {
    observeAgent(agent.agent, agent.server, { meter: collected.meter })
    await net.advance(3500)
    await collected.collect()
    const margin = collected.value('network.agent.lease.margin')
    // Of a lease of 2.4 seconds that is renewed each second.
    expect(margin).toBeGreaterThan(1)
    expect(margin).toBeLessThan(2)
    expect(collected.value('network.agent.lease.lapses')).toBe(0)
    net.partition(agent, 'coordinator')
    await net.advance(10_000)
    await collected.collect()
    expect(collected.value('network.agent.lease.remaining')).toBe(0)
    expect(collected.value('network.agent.lease.lapses')).toBe(1)
  })

  it('count clients that do not read their events', async () => {
    await net.close()
    net = await startTestNetwork()
    let broadcast: ((data: unknown) => Promise<void>) | undefined
    const loud: Container = Object.assign(new Shop(), {
      connect: (_id: unknown, send: (data: unknown) => Promise<void>) => {
        broadcast = send
      }
    })
    agent = await net.agent({
      containers: { shop: () => loud },
      options: { eventBytesMax: 10_000, limits: { windowBytes: 20_000 } }
    })
    client = await net.client()
    observeAgent(agent.agent, agent.server, { meter: collected.meter })
    const found = await client.get(shop, { uuid: bakery })
    await found.connect()
    net.pause(client)
    for (let n = 0; n < 100; n++) await broadcast?.(new Uint8Array(1000))
    await collected.collect()
    expect(collected.value('network.agent.slow_consumers')).toBe(1)
    expect(collected.value('network.agent.events.dropped')).toBeGreaterThan(10)
    expect(collected.value('network.agent.queued')).toBeGreaterThan(0)
    net.resume(client)
    await net.advance(1000)
    await collected.collect()
    expect(collected.value('network.agent.queued')).toBe(0)
  })
})

describe('the metrics of the event loop', () => {
  it('tell how late it was', async () => {
    const stop = observeEventLoop({ meter: collected.meter })
    await collected.collect()
    // A loop that is held up by work, as the metric is there to show.
    await setTimeout(15)
    const until = performance.now() + 60
    while (performance.now() < until);
    await setTimeout(20)
    await collected.collect()
    expect(collected.value('nodejs.eventloop.delay.max')).toBeGreaterThan(0.03)
    expect(collected.value('nodejs.eventloop.utilization')).toBeGreaterThan(0)
    const told = collected.value('nodejs.eventloop.delay.max')
    stop()
    await collected.collect()
    expect(collected.value('nodejs.eventloop.delay.max')).toBe(told)
  })
})
