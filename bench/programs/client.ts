/** Puts load on the network, as one of its clients. */

import {
  createNetworkClient,
  type ContainerConnection,
  type ContainerReference,
  type ContainerRequests,
  type NetworkClient
} from '@hcengineering/network-client'
import { containerUuid } from '@hcengineering/network-core'
import type { Transport } from '@hcengineering/network-backrpc'
import { median } from 'simple-statistics'
import type { Figures, Load } from '../src/messages.ts'
import { drive, Window } from './drive.ts'
import { echoFactories, type NumberedEvent } from './echo-container.ts'
import { echoKind, transports, type TransportName } from './network.ts'
import { numberedBytes, requireNumber, writeNumber } from './numbered-bytes.ts'
import { serveCalls } from './program.ts'
import { requireSame, smallObject, type SmallObject } from './small-object.ts'
import type { SpansByHand, Telemetry, TelemetryOption } from './telemetry.ts'

interface Network {
  readonly address: string
  readonly transport: Transport
  readonly client: NetworkClient
}

interface Start {
  readonly address: string
  readonly transport: TransportName
  readonly observed?: TelemetryOption
  /** Whether the client makes spans itself. */
  readonly byHand?: boolean
}

let started: Network | undefined
let telemetry: Telemetry | undefined
let byHand: SpansByHand | undefined

function network(): Network {
  if (started === undefined) throw new Error('not started')
  return started
}

/** Held for as long as the program runs: a container that nobody refers to is ended. */
const kept: ContainerReference[] = []

async function reference(client: NetworkClient = network().client): Promise<ContainerReference> {
  const found = await client.get(echoKind, { uuid: containerUuid() })
  kept.push(found)
  return found
}

async function echoObject(to: ContainerRequests, n: number): Promise<void> {
  requireSame((await to.request('echo', smallObject(n))) as SmallObject, n)
}

/** @param size of the payload; undefined for the small object */
async function echo(to: ContainerRequests, { size, ...load }: Load & { size?: number }): Promise<Figures> {
  const spans = byHand
  if (spans !== undefined) return drive(load, (n) => spans.around('client', 'echo', () => echoObject(to, n)))
  if (size === undefined) return drive(load, (n) => echoObject(to, n))
  const places = Array.from({ length: load.inFlight }, () => numberedBytes(size))
  return drive(load, async (n, place) => {
    const bytes = places[place]
    if (bytes === undefined) throw new Error(`there is no place ${place}`)
    requireNumber((await to.request('echo', writeNumber(bytes, n))) as Uint8Array, n, size)
  })
}

/** Gets a container that does not exist yet. */
async function coldGet(load: Load): Promise<Figures> {
  return drive(load, async () => {
    const uuid = containerUuid()
    const found = await network().client.get(echoKind, { uuid })
    if (found.uuid !== uuid) throw new Error(`asked for ${uuid}, got ${found.uuid}`)
    kept.push(found)
  })
}

/** Gets a container that exists, and gives the reference back between two gets. */
async function warmGet(load: Load): Promise<Figures> {
  const { uuid } = await reference()
  const window = new Window(load)
  for (let now = performance.now(); now < window.until; now = performance.now()) {
    const found = await network().client.get(echoKind, { uuid })
    window.add(now)
    if (found.uuid !== uuid) throw new Error(`asked for ${uuid}, got ${found.uuid}`)
    await found.close()
  }
  return window.figures()
}

async function getAll(count: number): Promise<number> {
  const uuids = Array.from({ length: count }, () => containerUuid())
  const began = performance.now()
  const found = await Promise.all(uuids.map((uuid) => network().client.get(echoKind, { uuid })))
  const tookMs = performance.now() - began
  for (const [index, uuid] of uuids.entries()) {
    if (found[index]?.uuid !== uuid) throw new Error(`asked for ${uuid}, got ${found[index]?.uuid}`)
  }
  kept.push(...found)
  return tookMs
}

async function getsAtOnce({
  count,
  times,
  warmUpMs
}: Load & { count: number; times: number }): Promise<Figures> {
  const warm = performance.now() + warmUpMs
  do await getAll(count)
  while (performance.now() < warm)
  const tookMs: number[] = []
  for (let time = 0; time < times; time++) tookMs.push(await getAll(count))
  return { perSecond: (count * 1000) / median(tookMs), tookMs: median(tookMs) }
}

/** From nothing to the first answer: a new client connects, gets a container that exists, and asks it. */
async function newClient(load: Load): Promise<Figures> {
  const { address, transport } = network()
  const { uuid } = await reference()
  const window = new Window(load)
  for (let n = 0, now = performance.now(); now < window.until; n++, now = performance.now()) {
    const client = createNetworkClient(address, { transport })
    const found = await client.get(echoKind, { uuid })
    await echoObject(found, n)
    window.add(now)
    await client.close()
  }
  return window.figures()
}

interface BroadcastPlan extends Load {
  readonly clients: number
  readonly connectionsEach: number
  /** Events that are published in one go; two such goes are on their way at a time. */
  readonly eventsAtOnce: number
}

/** Counts deliveries where they arrive; every connection must see every event, in order. */
class Deliveries {
  readonly connections: ContainerConnection[] = []
  count = 0
  private wrong: Error | undefined
  private readonly waiting: { readonly at: number; readonly resolve: () => void }[] = []

  subscribe(connection: ContainerConnection): void {
    let next = 0
    connection.on = ({ n }: NumberedEvent) => {
      if (n !== next++) this.wrong ??= new Error(`event ${n} came where ${next - 1} was due`)
      this.count++
      if (this.count >= (this.waiting[0]?.at ?? Infinity)) this.waiting.shift()?.resolve()
    }
    this.connections.push(connection)
  }

  /** Resolves once that many deliveries have been made; to be called with growing numbers. */
  async reach(at: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.count >= at) resolve()
      else this.waiting.push({ at, resolve })
    })
    if (this.wrong !== undefined) throw this.wrong
  }
}

const joinedAtOnceMax = 50

async function broadcast(plan: BroadcastPlan): Promise<Figures> {
  const { address, transport, client } = network()
  const publisher = await reference()
  const deliveries = new Deliveries()
  const join = async (): Promise<void> => {
    const own = createNetworkClient(address, { transport })
    const found = await own.get(echoKind, { uuid: publisher.uuid })
    for (let index = 0; index < plan.connectionsEach; index++) deliveries.subscribe(await found.connect())
  }
  for (let left = plan.clients; left > 0; left -= joinedAtOnceMax) {
    await Promise.all(Array.from({ length: Math.min(joinedAtOnceMax, left) }, join))
  }
  // Connecting a thousand clients takes its time: what is measured begins only now.
  const window = new Window(plan)
  const marks: { readonly at: number; readonly count: number }[] = []
  let due = 0
  const publish = async (): Promise<void> => {
    for (let now = performance.now(); now < window.until; now = performance.now()) {
      due += plan.eventsAtOnce * deliveries.connections.length
      const arrived = deliveries.reach(due)
      await Promise.all([client.request(publisher.uuid, 'publish', { count: plan.eventsAtOnce }), arrived])
      marks.push({ at: performance.now(), count: deliveries.count })
    }
  }
  await Promise.all([publish(), publish()])
  if (deliveries.count !== due) throw new Error(`${deliveries.count} deliveries where ${due} were due`)
  const first = marks.find(({ at }) => at >= window.from)
  const last = marks.at(-1)
  if (first === undefined || last === undefined || first === last) {
    throw new Error('fewer than two goes ended within the time that was measured')
  }
  return { perSecond: ((last.count - first.count) * 1000) / (last.at - first.at), deliveries: due }
}

/** Reads a stream for a while, and leaves it. */
async function readStream({ size, ...load }: Load & { size?: number }): Promise<Figures> {
  const connection = await (await reference()).connect()
  const window = new Window(load)
  const items: AsyncIterable<unknown> =
    size === undefined ? connection.stream('objects') : connection.stream('bytes', { size })
  let n = 0
  let began = performance.now()
  for await (const item of items) {
    if (size === undefined && (item as NumberedEvent).n !== n++) throw new Error(`item ${n - 1} is missing`)
    if (size !== undefined && (item as Uint8Array).byteLength !== size) throw new Error('an item is cut off')
    began = window.add(began)
    if (began >= window.until) break
  }
  const figures = window.figures()
  return size === undefined ? figures : { ...figures, mibPerSecond: mebibytes(figures, size) }
}

/** Streams objects to the container, which streams them back. */
async function streamBothWays(load: Load): Promise<Figures> {
  const connection = await (await reference()).connect()
  const window = new Window(load)
  async function* numbers(): AsyncGenerator<SmallObject> {
    for (let n = 0; performance.now() < window.until; n++) yield smallObject(n)
  }
  let n = 0
  let began = performance.now()
  for await (const item of connection.stream('echo', numbers())) {
    requireSame(item as SmallObject, n++)
    began = window.add(began)
  }
  return window.figures()
}

/** A transfer is this much shorter than 64 MiB, the longest payload by default: its own head needs a place. */
const transferBytes = 64 * 1024 * 1024 - 4096

/** Small requests one at a time, on a connection on which 64 MiB are sent, too, one transfer after the other. */
async function besideTransfer({ transfers, ...load }: Load & { transfers: boolean }): Promise<Figures> {
  const connection = await (await reference()).connect()
  const bytes = Buffer.alloc(transferBytes, 0x5a)
  const over = new AbortController()
  let sent = 0
  const transfer = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const length: unknown = await connection.request('length', bytes)
      if (length !== transferBytes) throw new Error(`a transfer arrived as ${String(length)} bytes`)
      sent++
    }
  }
  const small = drive(load, (n) => echoObject(connection, n)).finally(() => over.abort())
  const [figures] = await Promise.all([small, transfers ? transfer() : undefined])
  if (transfers && sent === 0) throw new Error('no transfer was made')
  return { ...figures, transfers: sent }
}

function mebibytes({ perSecond = 0 }: Figures, size: number): number {
  return (perSecond * size) / (1024 * 1024)
}

serveCalls({
  start: async ({ address, transport, observed, byHand: makesSpans }: Start) => {
    telemetry = observed && new (await import('./telemetry.ts')).Telemetry(observed)
    byHand = makesSpans === true ? new (await import('./telemetry.ts')).SpansByHand() : undefined
    const carrier = transports[transport]
    const client = createNetworkClient(address, { transport: carrier, tracing: telemetry?.tracing })
    telemetry?.observeClient(client)
    started = { address, transport: carrier, client }
    await client.waitConnection(10_000)
    return {}
  },
  /** Hosts containers itself: nobody else does in such a run. */
  host: async () => {
    await network().client.serveAgent('127.0.0.1:0', echoFactories)
    return {}
  },
  /** Holds one reference and one connection, and does nothing. */
  rest: async () => {
    await echoObject(await (await reference()).connect(), 0)
    return {}
  },
  direct: async (load: Load & { size?: number }) => {
    const figures = await echo(await (await reference()).connect(), load)
    return { ...figures, mibPerSecond: mebibytes(figures, load.size ?? 64) }
  },
  /**
   * First as it is measured, so that what every request does is compiled for what most of them do; then, if any is
   * traced, with all of them traced, so that the SDK is compiled, too.
   */
  warmUp: async (load: Load) => {
    const to = await (await reference()).connect()
    await echo(to, load)
    if (telemetry !== undefined) telemetry.warmsUp = true
    await echo(to, load)
    if (telemetry !== undefined) telemetry.warmsUp = false
    return {}
  },
  spansByHand: ({ ratio }: { ratio: number }) => {
    if (byHand !== undefined) byHand.ratio = ratio
    return {}
  },
  telemetry: () => (byHand ?? telemetry)?.figures(),
  routed: async (load: Load) => {
    const { uuid } = await reference()
    return drive(load, async (n) => {
      requireSame((await network().client.request(uuid, 'echo', smallObject(n))) as SmallObject, n)
    })
  },
  coldGet,
  warmGet,
  getsAtOnce,
  newClient,
  broadcast,
  readStream,
  streamBothWays,
  besideTransfer
})
