import { context, createContextKey, ROOT_CONTEXT, SpanKind, trace, TraceFlags } from '@opentelemetry/api'
import { createMemoryNetwork } from '@hcengineering/network-backrpc'
import {
  containerOnAgentEndpointRef,
  NetworkImpl,
  TickManagerImpl,
  type Container,
  type ContainerFactory,
  type ContainerKind,
  type ContainerUuid,
  type Tracing
} from '@hcengineering/network-core'
import { createNetworkClient, LocalAgents, type NetworkClient } from '@hcengineering/network-client'
import { NetworkServer } from '@hcengineering/network-server'
import { Random, startTestNetwork, type TestAgent, type TestNetwork } from '@hcengineering/network-testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTelemetryTracing } from '../src/index.ts'
import { RecordedSpan } from '../src/recorded-span.ts'
import {
  chain,
  childrenOf,
  forgetSpans,
  recordedTracing,
  spanOf,
  spans,
  statusOf,
  tracer
} from './support/recorded-spans.ts'
import { TracedContainer } from './support/traced-container.ts'

const shop = 'shop' as ContainerKind
const bakery = 'bakery' as ContainerUuid
const butcher = 'butcher' as ContainerUuid

let net: TestNetwork | undefined

interface Members {
  readonly net: TestNetwork
  readonly client: NetworkClient
  readonly agent: TestAgent
}

/** A coordinator, an agent and a client, each with tracing, connected by sessions. */
async function start(tracing: Tracing, factory?: ContainerFactory): Promise<Members> {
  const started = await startTestNetwork({ server: { tracing }, network: { tracing } })
  net = started
  const options = { tracing }
  const factories = factory === undefined ? undefined : { shop: factory }
  const agent = await started.agent({ containers: { shop: () => new TracedContainer() }, factories, options })
  const client = await started.client({ tracing })
  return { net: started, client, agent }
}

function factoryOf(container: Container): ContainerFactory {
  return async ({ uuid = bakery }, agentEndpoint) => {
    await Promise.resolve()
    tracer.startActiveSpan('read the books', (span) => span.end())
    return { uuid, container, endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid) }
  }
}

const everything = recordedTracing()
const nothing = recordedTracing({ sampleRatio: 0 })

beforeEach(forgetSpans)
afterEach(async () => {
  await net?.close()
  net = undefined
})

test('a routed request is one trace over client, coordinator, agent and container', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  forgetSpans()
  expect(await reference.request('work', 1)).toBe(1)
  expect(chain()).toEqual([
    'CLIENT shop/work',
    'SERVER work',
    'CLIENT work',
    'SERVER shop/work',
    'INTERNAL own work'
  ])
  expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1)
})

test('a direct request is one trace over client, agent and container', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  const connection = await reference.connect()
  forgetSpans()
  expect(await connection.request('work', 2)).toBe(2)
  expect(chain()).toEqual(['CLIENT shop/work', 'SERVER shop/work', 'INTERNAL own work'])
})

test('a request by uuid alone is traced, too', async () => {
  const { client } = await start(everything)
  await client.get(shop, { uuid: bakery })
  forgetSpans()
  await client.request(bakery, 'work', 3)
  expect(chain()).toEqual([
    'CLIENT work',
    'SERVER work',
    'CLIENT work',
    'SERVER shop/work',
    'INTERNAL own work'
  ])
})

test('spans carry the attributes of the semantic conventions', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  forgetSpans()
  await reference.request('work')
  expect(spanOf('SERVER', 'shop/work').attributes).toEqual({
    'rpc.system.name': 'huly_network',
    'rpc.method': 'shop/work',
    'network.container.kind': 'shop',
    'network.container.uuid': 'bakery'
  })
  expect(statusOf(spanOf('SERVER', 'shop/work'))).toBe('UNSET')
})

test('a failure is told with its code on every hop', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  forgetSpans()
  await expect(reference.request('fail')).rejects.toThrow('the shop is closed')
  const recorded = spans()
  expect(recorded).toHaveLength(4)
  for (const span of recorded) {
    expect(statusOf(span)).toBe('ERROR')
    expect(span.attributes).toMatchObject({ 'error.type': 'TOO_LATE', 'rpc.status_code': 'TOO_LATE' })
  }
})

test('what a container asks of others continues the trace', async () => {
  const { client } = await start(everything)
  const first = await client.get(shop, { uuid: bakery })
  await client.get(shop, { uuid: butcher })
  forgetSpans()
  expect(await first.request('pass on', butcher)).toBe('passed on')
  expect(chain()).toEqual([
    'CLIENT shop/pass on',
    'SERVER pass on',
    'CLIENT pass on',
    'SERVER shop/pass on',
    'CLIENT work',
    'SERVER work',
    'CLIENT work',
    'SERVER shop/work',
    'INTERNAL own work'
  ])
})

test('what is not sampled leaves no span, no header and no active span', async () => {
  const { client } = await start(nothing)
  const reference = await client.get(shop, { uuid: bakery })
  expect(await reference.request('look')).toEqual({ active: undefined, headers: {} })
  const connection = await reference.connect()
  expect(await connection.request('look')).toEqual({ active: undefined, headers: {} })
  expect(spans()).toEqual([])
})

test('an active span that is sampled is followed, whatever the ratio', async () => {
  const { client } = await start(nothing)
  const reference = await client.get(shop, { uuid: bakery })
  await tracer.startActiveSpan('page', async (span) => {
    await reference.request('work')
    span.end()
  })
  expect(chain()).toEqual([
    'INTERNAL page',
    'CLIENT shop/work',
    'SERVER work',
    'CLIENT work',
    'SERVER shop/work',
    'INTERNAL own work'
  ])
})

test('an active span that is not sampled is followed, whatever the ratio', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  forgetSpans()
  const unsampled = trace.wrapSpanContext({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.NONE
  })
  const seen = await context.with(trace.setSpan(ROOT_CONTEXT, unsampled), () => reference.request('look'))
  expect(seen).toMatchObject({ headers: {} })
  expect(spans()).toEqual([])
})

/** Which of so many requests begin a trace. */
function tracedOf(count: number, tracing: Tracing): number[] {
  const numbers = Array.from({ length: count }, (_, n) => n)
  return numbers.filter((n) => {
    const begun = tracing.ask('request', `work ${n}`, shop, bakery)
    begun?.end()
    return begun !== undefined
  })
}

test('the draws say how many requests are left out before the next one is traced', () => {
  const draws = [0.5, 0, 0.76, 0.49]
  const tracing = recordedTracing({ sampleRatio: 0.5, random: () => draws.shift() ?? 0.999_999 })
  // By halves: 1, 0, 2 and 0 of them.
  expect(tracedOf(20, tracing)).toEqual([1, 2, 5, 6])
})

test('as many requests are traced as the ratio says, however far from each other', () => {
  const random = new Random('sampled')
  const tracing = recordedTracing({ sampleRatio: 0.02, random: () => random.fraction() })
  const traced = tracedOf(50_000, tracing)
  // Of 1,000 the standard deviation is 31.
  expect(traced.length).toBeGreaterThan(875)
  expect(traced.length).toBeLessThan(1125)
  // As independent draws have it: one in 50 comes right behind another, and 13 % of the gaps are longer than 100.
  const gaps = traced.slice(1).map((n, index) => n - (traced[index] ?? 0))
  expect(gaps.filter((gap) => gap === 1).length).toBeLessThan(45)
  expect(gaps.filter((gap) => gap === 1).length).toBeGreaterThan(4)
  expect(gaps.filter((gap) => gap > 100).length / gaps.length).toBeCloseTo(0.98 ** 100, 1)
})

test('a ratio or a draw at its limits neither traces all nor ends it for good', () => {
  expect(tracedOf(1000, recordedTracing({ sampleRatio: 1e-20, random: () => 0.5 }))).toEqual([])
  expect(tracedOf(1000, recordedTracing({ sampleRatio: Number.MIN_VALUE, random: () => 0.5 }))).toEqual([])
  expect(tracedOf(100, recordedTracing({ sampleRatio: 0.5, random: () => 1 }))).toEqual([53])
  expect(tracedOf(3, recordedTracing({ sampleRatio: 1, random: () => 1 }))).toEqual([0, 1, 2])
})

test('a request within a trace is none of those that are drawn for', () => {
  const tracing = recordedTracing({ sampleRatio: 0.5, random: () => 0.5 })
  const within = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('outer'))
  expect(context.with(within, () => tracedOf(3, tracing))).toEqual([0, 1, 2])
  expect(tracedOf(4, tracing)).toEqual([1, 3])
})

test('what a trace is asked for besides its span is what was there around it', () => {
  const [inner, other] = [createContextKey('inner'), createContextKey('other')]
  const outer = ROOT_CONTEXT.setValue(other, 'from outside')
  const span = new RecordedSpan(tracer.startSpan('its own'), outer)
  expect(trace.getSpan(span)).toMatchObject({ name: 'its own' })
  expect(span.getValue(other)).toBe('from outside')
  const more = span.setValue(inner, 1)
  expect([more.getValue(inner), more.getValue(other)]).toEqual([1, 'from outside'])
  expect(trace.getSpan(more)).toMatchObject({ name: 'its own' })
  expect(trace.getSpan(trace.deleteSpan(span))).toBeUndefined()
  expect(trace.deleteSpan(span).getValue(other)).toBe('from outside')
  expect(span.deleteValue(other).getValue(other)).toBeUndefined()
})

test('requests that share a batch with one that is traced do not belong to its trace', async () => {
  // By halves: leaves out one, the get; then traces one, and leaves out six.
  const draws = [0.5]
  const tracing = recordedTracing({ sampleRatio: 0.5, random: () => draws.shift() ?? 0.99 })
  const { client } = await start(tracing)
  const reference = await client.get(shop, { uuid: bakery })
  const [traced, ...others] = await Promise.all([1, 2, 3].map(() => reference.request('look')))
  expect(traced.headers).toHaveProperty('traceparent')
  for (const other of others) expect(other).toEqual({ active: undefined, headers: {} })
})

test('the caller’s own headers arrive beside those of the trace', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  const { headers } = await reference.request('look', undefined, { headers: { tenant: 'north' } })
  expect(headers).toMatchObject({ tenant: 'north', traceparent: expect.stringMatching(/^00-.*-01$/) })
})

test('headers that are broken reach the container as they came', async () => {
  const { client } = await start(everything)
  await client.get(shop, { uuid: bakery })
  forgetSpans()
  const unrelated = { traceparent: 'no such thing' }
  const untraced = await net!.client()
  expect(await untraced.request(bakery, 'look', undefined, { headers: unrelated })).toEqual({
    active: undefined,
    headers: unrelated
  })
  expect(spans()).toEqual([])
})

test('a get is a trace over client, coordinator and the factory that it starts', async () => {
  const { client } = await start(everything, factoryOf(new TracedContainer()))
  await client.get(shop, { uuid: bakery })
  expect(chain()).toEqual([
    'CLIENT network/get',
    'SERVER network/get',
    'CLIENT network/get',
    'SERVER network/start',
    'INTERNAL read the books'
  ])
})

test('a get of what runs already starts nothing', async () => {
  const { net, client } = await start(everything)
  await client.get(shop, { uuid: bakery })
  const other = await net.client({ tracing: everything })
  forgetSpans()
  await other.get(shop, { uuid: bakery })
  expect(chain()).toEqual(['CLIENT network/get', 'SERVER network/get', 'CLIENT network/get'])
})

test('a get that fails says why', async () => {
  const { net, client } = await start(everything)
  const missing = client.get('mill' as ContainerKind, { timeoutMs: 100 })
  await expect(net.until(missing)).rejects.toMatchObject({ code: 'NO_AGENT' })
  expect(spanOf('SERVER', 'network/get').attributes).toMatchObject({ 'error.type': 'NO_AGENT' })
})

test('without tracing in the coordinator the trace leads past it', async () => {
  const started = await startTestNetwork()
  net = started
  await started.agent({ containers: { shop: () => new TracedContainer() }, options: { tracing: everything } })
  const client = await started.client({ tracing: everything })
  const reference = await client.get(shop, { uuid: bakery })
  expect(chain()).toEqual(['CLIENT network/get', 'SERVER network/start'])
  forgetSpans()
  await reference.request('work')
  expect(chain()).toEqual(['CLIENT shop/work', 'SERVER shop/work', 'INTERNAL own work'])
})

test('a stream is one span on every hop, and ends with it', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  forgetSpans()
  const items: unknown[] = []
  for await (const item of reference.stream('three')) items.push(item)
  expect(items).toEqual([0, 1, 2])
  await net!.advance(0)
  const server = spanOf('SERVER', 'shop/three')
  expect(childrenOf(server).map(({ name }) => name)).toEqual(['item', 'item', 'item'])
  expect(childrenOf(spanOf('CLIENT', 'shop/three'))).toEqual([spanOf('SERVER', 'three')])
  expect(childrenOf(spanOf('CLIENT', 'three'))).toEqual([server])
})

test('a stream that its reader leaves ends on every hop', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  const connection = await reference.connect()
  for (const source of [reference, connection]) {
    forgetSpans()
    for await (const item of source.stream('endless')) if (item === 5) break
    await net!.advance(0)
    expect(statusOf(spanOf('CLIENT', 'shop/endless'))).toBe('UNSET')
    expect(spanOf('SERVER', 'shop/endless').ended).toBe(true)
  }
})

test('a stream that breaks says so on every hop', async () => {
  const { client } = await start(everything)
  const reference = await client.get(shop, { uuid: bakery })
  forgetSpans()
  const read = async (): Promise<void> => {
    for await (const item of reference.stream('broken')) expect(item).toBe(0)
  }
  await expect(read()).rejects.toMatchObject({ code: 'TORN' })
  for (const span of spans().filter(({ kind }) => kind !== SpanKind.INTERNAL)) {
    expect(span.attributes).toMatchObject({ 'error.type': 'TORN' })
  }
  expect(spans().filter(({ kind }) => kind !== SpanKind.INTERNAL)).toHaveLength(4)
})

test('a coordinator in the caller’s own process is traced as one that is not', async () => {
  const { net, client } = await start(everything)
  await client.get(shop, { uuid: bakery })
  forgetSpans()
  expect(await net.network.request(bakery, 'work', 4)).toBe(4)
  expect(chain()).toEqual(['CLIENT work', 'SERVER shop/work', 'INTERNAL own work'])
})

test('a container in the caller’s own process is traced as one that is not', async () => {
  const memory = createMemoryNetwork()
  const tickManager = new TickManagerImpl(10)
  const network = new NetworkImpl(tickManager)
  await using server = new NetworkServer(network, tickManager, 'localhost', 0, {
    transport: memory.transport('coordinator')
  })
  await using own = createNetworkClient(`localhost:${server.getPort()}`, {
    transport: memory.transport('client'),
    localAgents: new LocalAgents(),
    tracing: nothing
  })
  await own.serveAgent('localhost:0', { shop: factoryOf(new TracedContainer()) })
  const reference = await own.get(shop, { uuid: bakery })
  const [inside, outside] = await tracer.startActiveSpan('page', async (span) => {
    const inside = reference.request('look')
    const outside = context.with(ROOT_CONTEXT, () => reference.request('look'))
    await reference.request('work')
    span.end()
    return await Promise.all([inside, outside])
  })
  expect(inside.active).toBe(spanOf('INTERNAL', 'page').spanContext().traceId)
  expect(outside).toEqual({ active: undefined, headers: {} })
  expect(childrenOf(spanOf('CLIENT', 'shop/work'))).toEqual([spanOf('SERVER', 'shop/work')])
})

test('a client and an agent that were made within a span do not stay in it', async () => {
  // Over real sockets: the in-memory network runs what arrives where it was sent.
  const started = await startTestNetwork({ transport: 'zeromq' })
  net = started
  await tracer.startActiveSpan('startup', async (span) => {
    await started.agent({
      containers: { shop: () => new TracedContainer() },
      options: { tracing: nothing }
    })
    span.end()
  })
  const client = await started.client()
  const reference = await client.get(shop, { uuid: bakery })
  const connection = await reference.connect()
  for (const way of [reference, connection]) {
    expect(await way.request('look')).toEqual({ active: undefined, headers: {} })
  }
})

test('a share that is none is refused', () => {
  for (const sampleRatio of [-1, 1.5, NaN, '1' as never]) {
    expect(() => openTelemetryTracing({ sampleRatio })).toThrow('sampleRatio must be a number from 0 to 1')
  }
})
