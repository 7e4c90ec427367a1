/**
 * What is run: each in processes of its own, from which come figures by name. They take turns in this order,
 * each floor right before what is compared to it, so that this was measured close together.
 */

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { median, sum } from 'simple-statistics'
import { Unavailable, type Figures, type Load } from './messages.ts'
import type { Stage, Started } from './stage.ts'

/** Something to run. */
export interface Run {
  readonly id: string
  /** Measured once, not in rounds: it takes long, and hardly varies. */
  readonly once?: boolean
  readonly perform: (stage: Stage) => Promise<Figures>
}

type TransportName = 'zeromq' | 'tcp'

const mebibyte = 1024 * 1024

// The floors

function floor(transport: 'zeromq' | 'net', inFlight: number, size = 64): Run['perform'] {
  return async (stage) => {
    const server = stage.start(`${transport}-server`)
    const client = stage.start(`${transport}-client`)
    await client.ask('start', await server.ask('start'))
    const figures = await client.measureWarm('echo', { ...stage.load(inFlight), size })
    return { ...figures, mibPerSecond: ((figures['perSecond'] ?? 0) * size) / mebibyte }
  }
}

/** As the network's own: the client talks to one process, which passes on to another. */
async function relayed(stage: Stage): Promise<Figures> {
  const relay = stage.start('zeromq-relay')
  const worker = stage.start('zeromq-worker')
  const client = stage.start('zeromq-client')
  const started = await relay.ask('start')
  await worker.ask('start', started)
  await client.ask('start', started)
  return client.measureWarm('echo', { ...stage.load(1), size: 64 })
}

// The network

interface Network {
  readonly coordinator: Started
  readonly address: string
}

async function startCoordinator(stage: Stage, transport: TransportName = 'zeromq'): Promise<Network> {
  const coordinator = stage.start('coordinator')
  const { address } = await coordinator.ask<{ address: string }>('start', { transport })
  return { coordinator, address }
}

async function startAgent(
  stage: Stage,
  address: string,
  transport: TransportName = 'zeromq'
): Promise<Started> {
  const agent = stage.start('agent')
  await agent.ask('start', { address, transport })
  return agent
}

/** A coordinator, an agent and a client, each in its process; the client measures. */
function network(
  measure: string,
  data: (stage: Stage) => Load,
  transport: TransportName = 'zeromq',
  warm = false
): Run['perform'] {
  return async (stage) => {
    const { address } = await startCoordinator(stage, transport)
    const client = stage.start('client')
    await Promise.all([startAgent(stage, address, transport), client.ask('start', { address, transport })])
    return warm ? client.measureWarm(measure, data(stage)) : client.measure(measure, data(stage))
  }
}

function direct(inFlight: number, size?: number, transport: TransportName = 'zeromq'): Run['perform'] {
  return network('direct', (stage) => ({ ...stage.load(inFlight), size }), transport, true)
}

/**
 * Warms up one at a time, as it is measured, and for longer than others: a get runs more code than a request does. With
 * more in flight it would leave behind tens of thousands of containers, and heaps that go on growing.
 */
function coldGet(): Run['perform'] {
  return network('coldGet', (stage) => {
    const { warmUpMs, ...load } = stage.load(1)
    return { ...load, warmUpMs: 4 * warmUpMs }
  })
}

/** So many turns are as long as other works are measured. */
const turnsPerMeasure = 4
/** What a turn begins with, to get going again. */
const turnWarmUpMs = 100

interface Observed {
  readonly sampleRatio: number
  readonly unkept?: boolean
}

interface Pair {
  readonly agent: Started
  readonly client: Started
}

interface PairOptions {
  readonly observed?: Observed
  readonly byHand?: boolean
}

/**
 * An agent and a client, each in its process, observed or not. With a coordinator of their own: another's client would be
 * given containers of this agent, and the other way round.
 */
async function startPair(stage: Stage, options: PairOptions = {}): Promise<Pair> {
  const { address } = await startCoordinator(stage)
  const agent = stage.start('agent')
  const client = stage.start('client')
  const start = { address, transport: 'zeromq', ...options }
  await Promise.all([agent.ask('start', start), client.ask('start', start)])
  return { agent, client }
}

/** Each kind of pairs has so many, and each pair so many turns. */
interface Turns {
  readonly pairs: number
  readonly turns: number
}

/**
 * Agents with a client each, half of which have metrics and traces of OpenTelemetry. They take turns of a fraction of a
 * second: a machine that is slower at times is so for all alike. Two pairs that do the same differ by some percent for as
 * long as they live, by what was compiled when: a small difference takes several of each kind to be seen.
 */
function observed(inFlight: number, { pairs, turns }: Turns, what: Observed): Run['perform'] {
  return async (stage) => {
    const { warmUpMs, measureMs } = stage.durations
    const turn = { inFlight, warmUpMs: turnWarmUpMs, measureMs: measureMs / turnsPerMeasure }
    const start = async (options?: PairOptions): Promise<Pair> => {
      const pair = await startPair(stage, options)
      await pair.client.ask('warmUp', { inFlight, warmUpMs, measureMs: turnWarmUpMs })
      return pair
    }
    const plain: Pair[] = []
    const seen: Pair[] = []
    for (let n = 0; n < pairs; n++) {
      plain.push(await start())
      seen.push(await start({ observed: what }))
    }
    const rates = { plain: [] as number[], observed: [] as number[] }
    const measure = async (kind: keyof typeof rates, { client }: Pair): Promise<void> => {
      rates[kind].push((await client.measure('direct', turn))['perSecond'] ?? NaN)
    }
    // Who was warmed up first has stood idle since: the first turns count for nothing.
    for (let n = -1; n < turns; n++) {
      for (const [index, pair] of seen.entries()) {
        await measure('plain', plain[index] as Pair)
        await measure('observed', pair)
      }
      if (n < 0) for (const figures of Object.values(rates)) figures.length = 0
    }
    const clients = await Promise.all(seen.map(({ client }) => client.measure('telemetry')))
    const agents = await Promise.all(seen.map(({ agent }) => agent.measure('telemetry')))
    return {
      perSecond: median(rates.observed),
      plainPerSecond: median(rates.plain),
      clientSpans: sum(clients.map(({ spans = NaN }) => spans)),
      agentSpans: sum(agents.map(({ spans = NaN }) => spans)),
      agentYoungMib: await youngMib(seen),
      plainAgentYoungMib: await youngMib(plain)
    }
  }
}

async function youngMib(pairs: readonly Pair[]): Promise<number> {
  const figures = await Promise.all(pairs.map(({ agent }) => agent.measure('young')))
  return median(figures.map(({ mib = NaN }) => mib))
}

/**
 * One agent and one client that make spans of the SDK themselves, around this share of their requests, or around none:
 * by turns, in an order of which neither has the better of it.
 */
function spansByHand(inFlight: number, ratio: number, turns: number): Run['perform'] {
  return async (stage) => {
    const { agent, client } = await startPair(stage, { byHand: true })
    const set = (share: number): Promise<unknown> =>
      Promise.all([agent, client].map((program) => program.ask('spansByHand', { ratio: share })))
    const { warmUpMs, measureMs } = stage.durations
    // With all of them, too, so that the SDK is compiled.
    for (const share of [0, 1, ratio]) {
      await set(share)
      await client.measure('direct', { inFlight, warmUpMs: 0, measureMs: warmUpMs })
    }
    const turn = { inFlight, warmUpMs: turnWarmUpMs, measureMs: measureMs / turnsPerMeasure }
    const rates = { none: [] as number[], some: [] as number[] }
    for (let n = 0; n < turns; n++) {
      for (const which of n % 2 === 0 ? (['none', 'some'] as const) : (['some', 'none'] as const)) {
        await set(which === 'none' ? 0 : ratio)
        rates[which].push((await client.measure('direct', turn))['perSecond'] ?? NaN)
      }
    }
    const [asked, served] = await Promise.all([client.measure('telemetry'), agent.measure('telemetry')])
    return {
      perSecond: median(rates.some),
      withoutPerSecond: median(rates.none),
      clientSpans: asked['spans'] ?? NaN,
      agentSpans: served['spans'] ?? NaN
    }
  }
}

function ownProcess(inFlight: number): Run['perform'] {
  return async (stage) => {
    const { address } = await startCoordinator(stage)
    const client = stage.start('client')
    await client.ask('start', { address, transport: 'zeromq' })
    await client.ask('host')
    return client.measureWarm('direct', stage.load(inFlight))
  }
}

/** Three times as long as others: it takes many requests to know one in a hundred. */
function besideTransfer(transfers: boolean): Run['perform'] {
  return network('besideTransfer', (stage) => {
    const { measureMs, ...load } = stage.load(1)
    return { ...load, measureMs: 3 * measureMs, transfers }
  })
}

function broadcast(clients: number, connectionsEach: number, eventsAtOnce: number): Run['perform'] {
  return network('broadcast', (stage) => ({ ...stage.load(1), clients, connectionsEach, eventsAtOnce }))
}

// Peers

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  await Promise.all(servers.map((server) => once(server, 'close')))
  return ports
}

function moleculer(inFlight: number): Run['perform'] {
  return async (stage) => {
    const [one, two] = await freePorts(2)
    const endpoints = `127.0.0.1:${one}/server,127.0.0.1:${two}/client`
    const server = stage.start('moleculer')
    const client = stage.start('moleculer')
    await Promise.all([
      server.ask('start', { name: 'server', endpoints, serves: true }),
      client.ask('start', { name: 'client', endpoints, serves: false })
    ])
    return client.measureWarm('echo', stage.load(inFlight))
  }
}

const natsServer = '/usr/sbin/nats-server'

function nats(inFlight: number): Run['perform'] {
  return async (stage) => {
    if (!existsSync(natsServer)) throw new Unavailable('needs `apt-get install nats-server`')
    const [port] = await freePorts(1)
    stage.startForeign(natsServer, ['-a', '127.0.0.1', '-p', String(port)])
    const responder = stage.start('nats')
    const client = stage.start('nats')
    await setTimeout(500)
    await responder.ask('start', { port, serves: true })
    await client.ask('start', { port, serves: false })
    return client.measureWarm('echo', stage.load(inFlight))
  }
}

function grpc(inFlight: number): Run['perform'] {
  return async (stage) => {
    const server = stage.start('grpc')
    const client = stage.start('grpc')
    await client.ask('start', await server.ask('serve'))
    return client.measureWarm('echo', stage.load(inFlight))
  }
}

// Memory, and what is idle

interface Memory {
  readonly rss: number
  readonly live: number
  readonly peakRss: number
}

function perUnit(before: Memory, after: Memory, count: number, name: string): Figures {
  return {
    [`${name}Live`]: (after.live - before.live) / count,
    [`${name}Rss`]: (after.rss - before.rss) / count
  }
}

const million = 1_000_000
const machineClients = 10_000
/** What Node is told on a machine that has 1 GiB for it; in a container it finds out by itself. */
const gibibyteMachine = ['--max-old-space-size=800', '--max-semi-space-size=4']

async function millionContainers(stage: Stage): Promise<Figures> {
  const program = stage.start('million-containers', gibibyteMachine)
  await program.ask('start')
  const empty = await program.ask<Memory>('memory')
  await program.ask('clients', { count: machineClients })
  const met = await program.ask<Memory>('memory')
  await program.ask('containers', { count: million })
  const full = await program.ask<Memory>('memory')
  return {
    rss: full.rss,
    live: full.live,
    peakRss: full.peakRss,
    ...perUnit(empty, met, machineClients, 'client'),
    ...perUnit(met, full, million, 'container')
  }
}

const settleMs = 9000

/** The share of one core, in percent, that each of these uses while nothing happens. */
async function idleShares(stage: Stage, programs: readonly Started[]): Promise<number[]> {
  interface Cpu {
    readonly cpuMs: number
    readonly atMs: number
  }
  const ask = (): Promise<Cpu[]> => Promise.all(programs.map((program) => program.ask<Cpu>('cpu')))
  // What the start has left behind is not what idleness costs. No garbage is collected by force here: V8 would
  // look for more of it for some time.
  await setTimeout(settleMs)
  const before = await ask()
  await setTimeout(stage.durations.idleMs)
  const after = await ask()
  return after.map(({ cpuMs, atMs }, index) => {
    const from = before[index]
    return from === undefined ? NaN : ((cpuMs - from.cpuMs) / (atMs - from.atMs)) * 100
  })
}

const idleClientCount = 1000
const idleContainerCount = 100_000

async function idleFloor(stage: Stage): Promise<Figures> {
  const server = stage.start('zeromq-server')
  const clients = stage.start('zeromq-pings')
  const { address } = await server.ask<{ address: string }>('start')
  await clients.ask('start', { address, count: idleClientCount })
  await setTimeout(1000)
  const before = await clients.ask<{ answered: number }>('answered')
  const [share = NaN] = await idleShares(stage, [server])
  const after = await clients.ask<{ answered: number }>('answered')
  const pings = after.answered - before.answered
  if (pings < (idleClientCount * stage.durations.idleMs) / 1000)
    throw new Error(`only ${pings} pings were sent`)
  return { cpuPercent: share, pings }
}

async function idleCoordinator(stage: Stage): Promise<Figures> {
  const { coordinator, address } = await startCoordinator(stage)
  const agent = await startAgent(stage, address)
  const clients = stage.start('idle-clients')
  const alone = await coordinator.ask<Memory>('memory')
  const unused = await clients.ask<Memory>('memory')
  const empty = await agent.ask<Memory>('memory')
  await clients.ask('start', { address, count: idleClientCount })
  const met = await coordinator.ask<Memory>('memory')
  const connected = await clients.ask<Memory>('memory')
  await clients.ask('hold', { each: idleContainerCount / idleClientCount })
  const [share = NaN, agentShare = NaN] = await idleShares(stage, [coordinator, agent])
  const full = await coordinator.ask<Memory>('memory')
  const hosting = await agent.ask<Memory>('memory')
  const counts = await coordinator.measure('counts')
  if (counts['clients'] !== idleClientCount + 1 || counts['containers'] !== idleContainerCount) {
    throw new Error(
      `in the end there are ${counts['clients']} clients and ${counts['containers']} containers`
    )
  }
  return {
    cpuPercent: share,
    agentCpuPercent: agentShare,
    ...perUnit(alone, met, idleClientCount, 'session'),
    ...perUnit(unused, connected, idleClientCount, 'client'),
    ...perUnit(met, full, idleContainerCount, 'container'),
    ...perUnit(empty, hosting, idleContainerCount, 'hosted')
  }
}

async function idleClient(stage: Stage): Promise<Figures> {
  const { address } = await startCoordinator(stage)
  await startAgent(stage, address)
  const client = stage.start('client')
  await client.ask('start', { address, transport: 'zeromq' })
  await client.ask('rest')
  const [share = NaN] = await idleShares(stage, [client])
  return { cpuPercent: share }
}

/** All there is to run, in order. */
export const runs: readonly Run[] = [
  { id: 'zeromq-1', perform: floor('zeromq', 1) },
  { id: 'net-1', perform: floor('net', 1) },
  { id: 'direct-1', perform: direct(1) },
  { id: 'tcp-direct-1', perform: direct(1, undefined, 'tcp') },
  { id: 'zeromq-relayed-1', perform: relayed },
  { id: 'routed-1', perform: network('routed', (stage) => stage.load(1), 'zeromq', true) },
  { id: 'cold-get', perform: coldGet() },
  { id: 'warm-get', perform: network('warmGet', (stage) => stage.load(1)) },
  { id: 'own-1', perform: ownProcess(1) },
  { id: 'new-client', perform: network('newClient', (stage) => stage.load(1)) },
  { id: 'direct-1-1KiB', perform: direct(1, 1024) },
  { id: 'direct-1-64KiB', perform: direct(1, 64 * 1024) },
  { id: 'moleculer-1', perform: moleculer(1) },
  { id: 'nats-1', perform: nats(1) },
  { id: 'grpc-1', perform: grpc(1) },

  { id: 'zeromq-256', perform: floor('zeromq', 256) },
  { id: 'net-256', perform: floor('net', 256) },
  { id: 'direct-16', perform: direct(16) },
  { id: 'direct-64', perform: direct(64) },
  { id: 'direct-256', perform: direct(256) },
  { id: 'direct-256-spans', perform: spansByHand(256, 0.01, 24) },
  {
    id: 'direct-256-unkept',
    perform: observed(256, { pairs: 1, turns: 12 }, { sampleRatio: 0.01, unkept: true })
  },
  { id: 'direct-256-observed', perform: observed(256, { pairs: 3, turns: 8 }, { sampleRatio: 0.01 }) },
  { id: 'direct-256-all-traced', perform: observed(256, { pairs: 1, turns: 4 }, { sampleRatio: 1 }) },
  { id: 'direct-1024', perform: direct(1024) },
  { id: 'direct-256-1KiB', perform: direct(256, 1024) },
  { id: 'direct-64-64KiB', perform: direct(64, 64 * 1024) },
  { id: 'tcp-direct-256', perform: direct(256, undefined, 'tcp') },
  { id: 'routed-256', perform: network('routed', (stage) => stage.load(256)) },
  {
    id: 'gets-5000',
    perform: network('getsAtOnce', (stage) => ({
      ...stage.load(1),
      count: 5000,
      times: stage.durations.getsTimes
    }))
  },
  { id: 'broadcast-1', perform: broadcast(1, 1, 2000) },
  { id: 'broadcast-100', perform: broadcast(100, 1, 50) },
  { id: 'broadcast-1000', perform: broadcast(1000, 1, 5) },
  { id: 'broadcast-1000-over-20', perform: broadcast(20, 50, 100) },
  { id: 'own-256', perform: ownProcess(256) },
  { id: 'stream-objects', perform: network('readStream', (stage) => stage.load(1)) },
  {
    id: 'stream-both-ways',
    perform: network('streamBothWays', (stage) => stage.load(1))
  },
  { id: 'moleculer-256', perform: moleculer(256) },
  { id: 'nats-256', perform: nats(256) },
  { id: 'grpc-256', perform: grpc(256) },

  { id: 'zeromq-1MiB', perform: floor('zeromq', 1, mebibyte) },
  { id: 'direct-1MiB', perform: direct(1, mebibyte) },
  { id: 'direct-16-1MiB', perform: direct(16, mebibyte) },
  { id: 'tcp-direct-1MiB', perform: direct(1, mebibyte, 'tcp') },
  {
    id: 'stream-64KiB',
    perform: network('readStream', (stage) => ({ ...stage.load(1), size: 64 * 1024 }))
  },

  {
    id: 'small-alone',
    perform: besideTransfer(false)
  },
  {
    id: 'small-beside',
    perform: besideTransfer(true)
  },

  { id: 'million-containers', once: true, perform: millionContainers },
  { id: 'idle-floor', once: true, perform: idleFloor },
  { id: 'idle-coordinator', once: true, perform: idleCoordinator },
  { id: 'idle-client', once: true, perform: idleClient }
]
