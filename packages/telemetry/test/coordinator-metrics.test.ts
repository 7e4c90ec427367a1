import { readFileSync } from 'node:fs'
import {
  NetworkImpl,
  TickManagerImpl,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { echoContainer, startTestNetwork, type TestNetwork } from '@hcengineering/network-testing'
import { afterEach, describe, expect, it } from 'vitest'
import {
  metricsByFunction,
  observeAgent,
  observeClient,
  observeCoordinator,
  observeEventLoop,
  observeServer
} from '../src/index.ts'
import { CollectedMetrics } from './support/collected-metrics.ts'
import { metricsTable } from './support/metrics-table.ts'

const room = 'room' as ContainerKind
const mill = 'mill' as ContainerKind
const lobby = 'lobby' as ContainerUuid

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.close()
  net = undefined
})

describe('the metrics of a coordinator', () => {
  it('tell what there is, and what came of gets and starts', async () => {
    const collected = new CollectedMetrics()
    net = await startTestNetwork()
    observeCoordinator(net.network, { meter: collected.meter })
    const agent = await net.agent({
      kinds: ['room'],
      containers: {
        mill: () => {
          throw new Error('no wind')
        }
      }
    })
    const client = await net.client()
    const first = await client.get(room, { uuid: lobby })
    await client.get(room)
    await net.until(client.get(mill, { timeoutMs: 50 }).catch(() => {}))
    const waiting = client.get('nobody has it' as ContainerKind, { timeoutMs: 5000 }).catch(() => {})
    await net.advance(0)
    await collected.collect()
    expect(collected.value('network.coordinator.agents')).toBe(1)
    expect(collected.value('network.coordinator.clients')).toBe(2)
    expect(collected.series('network.coordinator.containers')).toMatchObject({
      'room serving': 2,
      'room ending': 0
    })
    expect(collected.series('network.coordinator.gets')).toEqual({ answered: 2, failed: 1 })
    expect(collected.value('network.coordinator.gets.waiting')).toBe(1)
    expect(collected.value('network.coordinator.get.duration.bucket', { le: '+Inf' })).toBe(2)
    expect(collected.value('network.coordinator.starts.failed')).toBeGreaterThan(0)
    expect(collected.value('network.coordinator.epoch')).toBe(1)
    expect(collected.value('network.coordinator.recovering')).toBe(0)
    await net.kill(agent)
    await first.close()
    await net.advance(20_000)
    await waiting
    await collected.collect()
    expect(collected.value('network.coordinator.agents')).toBe(0)
    expect(collected.value('network.coordinator.agents.lost')).toBe(1)
    expect(collected.series('network.coordinator.gets')).toEqual({ answered: 2, failed: 2 })
    // Of a kind that is no more, zeros are told: its last figures would stay otherwise.
    expect(collected.value('network.coordinator.containers', kindAndState(room, 'serving'))).toBe(0)
  })

  it('say that it recovers', async () => {
    const collected = new CollectedMetrics()
    const network = new NetworkImpl(new TickManagerImpl(10), { recoveryGrace: 60 })
    observeCoordinator(network, { meter: collected.meter })
    await collected.collect()
    expect(collected.value('network.coordinator.recovering')).toBe(1)
    await network.close()
  })

  it('have a bound on the kinds that strangers make up', async () => {
    const collected = new CollectedMetrics()
    net = await startTestNetwork()
    observeCoordinator(net.network, { meter: collected.meter })
    const client = await net.client()
    const waiting = Array.from({ length: 300 }, async (_, n) => {
      const uuid = `container-${n}` as ContainerUuid
      await client.get(`kind-${n}` as ContainerKind, { uuid, timeoutMs: 1000 }).catch(() => {})
    })
    await net.advance(0)
    await collected.collect()
    const series = collected.series('network.coordinator.containers')
    expect(new Set(Object.keys(series).map((name) => name.split(' ')[0])).size).toBe(201)
    expect(series['_OTHER unplaced']).toBe(100)
    await net.until(Promise.all(waiting))
    await collected.collect()
    expect(collected.series('network.coordinator.containers')['_OTHER unplaced']).toBe(0)
  })
})

describe('the metrics of a server', () => {
  it('tell what was routed, and what came of it', async () => {
    const collected = new CollectedMetrics()
    net = await startTestNetwork()
    observeServer(net.server, { meter: collected.meter })
    let release: (() => void) | undefined
    const held = echoContainer()
    held.request = (operation) =>
      operation === 'wait'
        ? new Promise((resolve) => {
            release = () => resolve(undefined)
          })
        : Promise.resolve()
    await net.agent({ containers: { room: () => held } })
    const client = await net.client()
    const reference = await client.get(room, { uuid: lobby })
    await reference.request('one')
    await client.request(lobby, 'two')
    await reference.send('three')
    await net.until(
      client.request('nowhere' as ContainerUuid, 'four', undefined, { timeoutMs: 20 }).catch(() => {})
    )
    const pending = reference.request('wait')
    await net.until(() => release !== undefined)
    await collected.collect()
    expect(collected.series('network.server.requests')).toEqual({
      'room answered': 2,
      'room failed': 0,
      '_OTHER answered': 0,
      '_OTHER failed': 1
    })
    expect(collected.value('network.server.requests.in_flight')).toBe(1)
    expect(collected.value('network.server.request.duration.bucket', { le: '+Inf' })).toBe(2)
    expect(collected.value('network.server.sends')).toBe(1)
    expect(collected.value('network.server.sessions')).toBe(2)
    release?.()
    await pending
  })

  it('tell of queues that grow and windows that are shut', async () => {
    const collected = new CollectedMetrics()
    net = await startTestNetwork({ server: { eventBytesMax: 10_000, limits: { windowBytes: 20_000 } } })
    observeServer(net.server, { meter: collected.meter })
    const container = echoContainer()
    await net.agent({ containers: { room: () => container }, listener: false })
    const client = await net.client()
    await (await client.get(room, { uuid: lobby })).connect()
    net.pause(client)
    for (let n = 0; n < 60; n++) await container.broadcast(new Uint8Array(1000))
    await net.advance(0)
    await collected.collect()
    expect(collected.value('network.server.broadcasts')).toBeGreaterThan(20)
    expect(collected.value('network.server.queued')).toBeGreaterThan(0)
    expect(collected.value('network.server.slow_consumers')).toBe(1)
    expect(collected.value('network.server.events.dropped')).toBeGreaterThan(0)
    net.resume(client)
    await net.advance(2000)
    await collected.collect()
    expect(collected.value('network.server.queued')).toBe(0)
  })
})

function kindAndState(kind: string, state: string): Record<string, string> {
  return { 'network.container.kind': kind, 'network.container.state': state }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name)
}

describe('the table of metrics in the README', () => {
  it('is what the functions describe', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const [, shown] = /<!-- metrics -->\n([^]*)\n<!-- \/metrics -->/.exec(readme) ?? []
    expect(shown?.trim()).toBe(metricsTable())
  })

  it('is what is collected, with these types, units and attributes', async () => {
    const collected = new CollectedMetrics()
    const options = { meter: collected.meter }
    net = await startTestNetwork()
    const agent = await net.agent({ kinds: ['room'] })
    const client = await net.client()
    observeCoordinator(net.network, options)
    observeServer(net.server, options)
    observeAgent(agent.agent, agent.server, options)
    observeClient(client, options)
    const stop = observeEventLoop(options)
    const reference = await client.get(room, { uuid: lobby })
    await reference.request('say')
    // Its lease has a margin once it was renewed, the event loop a lateness once it was looked at.
    await net.advance(3000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const found = (await collected.collect()).map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      unit: descriptor.unit,
      description: descriptor.description,
      attributes: [...new Set(dataPoints.flatMap((point) => Object.keys(point.attributes)))].toSorted()
    }))
    stop()
    const described = Object.values(metricsByFunction)
      .flat()
      .map(({ name, unit, description, attributes = [] }) => ({
        name,
        unit,
        description,
        attributes: attributes.toSorted()
      }))
    expect(found.toSorted(byName)).toEqual(described.toSorted(byName))
  })
})
