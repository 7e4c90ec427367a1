import { context, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
  type SamplingResult
} from '@opentelemetry/sdk-trace'
import type { ContainerKind, ContainerUuid, Trace, Tracing } from '@hcengineering/network-core'
import { startTestNetwork, VirtualClock } from '@hcengineering/network-testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SpanIds } from '../src/index.ts'
import { recordedTracing } from './support/recorded-spans.ts'
import { TracedContainer } from './support/traced-container.ts'

const shop = 'shop' as ContainerKind
const bakery = 'bakery' as ContainerUuid

/** What the SDK decides about a span, by its number. */
let decide: (n: number) => SamplingResult
let sampled: number
const sampler: Sampler = {
  shouldSample: () => decide(sampled++),
  toString: () => 'by number'
}
const recorded: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED }
const leftOut: SamplingResult = { decision: SamplingDecision.NOT_RECORD }

const spanIds = new SpanIds()
const exporter = new InMemorySpanExporter()
const spanProcessors = [new SimpleSpanProcessor({ exporter })]
const tracer = new TracerProvider({ sampler, spanProcessors, idGenerator: spanIds }).getTracer('test')

let clock: VirtualClock
let tracing: Tracing
let errors: string[]

beforeEach(() => {
  decide = () => recorded
  sampled = 0
  exporter.reset()
  clock = new VirtualClock()
  tracing = recordedTracing({ clock, tracer, spanIds })
  errors = []
  const error = (message: string): void => {
    errors.push(message)
  }
  diag.setLogger({ error, warn: ignore, info: ignore, debug: ignore, verbose: ignore })
})

afterEach(() => diag.disable())

function ignore(): void {}

function ask(operation = 'work', asker = tracing): Trace {
  const asked = asker.ask('request', operation, shop, bakery)
  if (asked === undefined) throw new Error('it is not traced')
  return asked
}

/** Has the SDK make the first one, which shows that it has the ids that it is to have. */
function prove(asker = tracing): void {
  ask('proof', asker).end()
  expect(exporter.getFinishedSpans().filter(({ name }) => name === 'shop/proof')).toHaveLength(1)
}

/** What the SDK has been told by now, without the first one. */
function told(): ReadableSpan[] {
  return exporter.getFinishedSpans().filter(({ name }) => /^(shop|network)\/(?!proof)/.test(name))
}

/** What the headers say: trace, span and flags. */
function idsOf({ headers }: Trace): string[] {
  return headers['traceparent']?.split('-').slice(1) ?? []
}

test('a span of what is asked for is told a second after its end, under the ids that its headers told', async () => {
  prove()
  const asked = ask()
  const [traceId, spanId, flags] = idsOf(asked)
  expect(flags).toBe('01')
  asked.end()
  await clock.advance(999)
  expect(told()).toEqual([])
  await clock.advance(1)
  expect(told().map((span) => span.spanContext())).toEqual([expect.objectContaining({ traceId, spanId })])
  expect(told()[0]).toMatchObject({ name: 'shop/work', kind: SpanKind.CLIENT, parentSpanContext: undefined })
  expect(told()[0]?.attributes).toEqual({
    'rpc.system.name': 'huly_network',
    'rpc.method': 'shop/work',
    'network.container.kind': 'shop',
    'network.container.uuid': 'bakery'
  })
})

test('it tells how it ended', () => {
  prove()
  ask().end(new Error('the oven is cold'))
  tracing.flush()
  expect(told()[0]?.attributes).toMatchObject({ 'error.type': 'APPLICATION_ERROR' })
})

test('it belongs to what it was asked within', () => {
  prove()
  const outer = tracer.startSpan('outer')
  const asked = context.with(trace.setSpan(ROOT_CONTEXT, outer), ask)
  expect(idsOf(asked)[0]).toBe(outer.spanContext().traceId)
  asked.end()
  outer.end()
  tracing.flush()
  expect(told()[0]?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId)
  expect(told()[0]?.spanContext().traceId).toBe(outer.spanContext().traceId)
})

test('what runs within it makes it at once', () => {
  prove()
  const asked = ask()
  const [, spanId] = idsOf(asked)
  const active = asked.run(() => trace.getActiveSpan())
  expect(active?.spanContext().spanId).toBe(spanId)
  asked.end()
  expect(told()).toHaveLength(1)
  tracing.flush()
  expect(told()).toHaveLength(1)
})

test('it tells when it began and ended', () => {
  prove()
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_700_000_000_000 })
  try {
    const asked = ask()
    vi.advanceTimersByTime(40)
    asked.end()
    vi.advanceTimersByTime(500)
    tracing.flush()
  } finally {
    vi.useRealTimers()
  }
  expect(told()[0]).toMatchObject({ startTime: [1_700_000_000, 0], duration: [0, 40_000_000] })
})

test('its headers tell what came with the one that it was asked within', () => {
  prove()
  const traceState = new TraceState('vendor=1')
  const outer = {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    traceFlags: TraceFlags.SAMPLED,
    traceState
  }
  const asked = context.with(trace.setSpanContext(ROOT_CONTEXT, outer), ask)
  expect(asked.headers['tracestate']).toBe('vendor=1')
  asked.end()
  tracing.flush()
  expect(told()[0]?.spanContext().traceState?.serialize()).toBe('vendor=1')
  expect(errors).toEqual([])
})

test('one that is asked within an invalid span begins a trace', () => {
  prove()
  const outer = { traceId: '0'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED }
  const asked = context.with(trace.setSpanContext(ROOT_CONTEXT, outer), ask)
  const [traceId, spanId] = idsOf(asked)
  asked.end()
  tracing.flush()
  expect(told()[0]?.spanContext()).toMatchObject({ traceId, spanId })
  expect(traceId).not.toBe(outer.traceId)
})

/** Of each of many requests that is traced: whether the SDK knew of it as it ended. */
function askMany(asker = tracing): boolean[] {
  const known: boolean[] = []
  for (let n = 0; n < 100; n++) {
    const before = exporter.getFinishedSpans().length
    const asked = asker.ask('request', 'work', shop, bakery)
    asked?.end()
    if (asked !== undefined) known.push(exporter.getFinishedSpans().length === before + 1)
  }
  return known
}

describe('a span is made before others hear of it', () => {
  test('when the SDK has its ids from elsewhere', () => {
    const other = new TracerProvider({ spanProcessors }).getTracer('test')
    expect(askMany(recordedTracing({ tracer: other, spanIds }))).toEqual(Array(100).fill(true))
  })

  test('when nobody has said where it has them from', () => {
    expect(askMany(recordedTracing({ tracer }))).toEqual(Array(100).fill(true))
  })

  test('when the sampler has something to say to others', () => {
    decide = () => ({ ...recorded, traceState: new TraceState('vendor=1') })
    expect(askMany()).toEqual(Array(100).fill(true))
  })

  test('when the SDK records it for itself alone', () => {
    decide = () => ({ decision: SamplingDecision.RECORD })
    for (let n = 0; n < 10; n++) {
      const asked = ask()
      expect(idsOf(asked)[2]).toBe('00')
      asked.end()
    }
    expect(errors).toEqual([])
  })

  test('once the SDK has left one out, which is reported', () => {
    prove()
    ask().end()
    decide = (n) => (n % 2 === 0 ? recorded : leftOut)
    sampled = 1
    tracing.flush()
    expect(told()).toEqual([])
    expect(errors).toEqual([expect.stringContaining('its sampler left it out')])
    expect(askMany()).toEqual(Array(50).fill(true))
    expect(errors).toHaveLength(1)
  })
})

test('spans that are made meanwhile have ids of their own', () => {
  const nosy = new TracerProvider({
    spanProcessors: [
      {
        onStart: (span) => {
          if (span.name === 'shop/work') tracer.startSpan('meanwhile', { root: true }).end()
        },
        onEnd: (span) => spanProcessors[0]?.onEnd(span),
        forceFlush: async () => {},
        shutdown: async () => {}
      }
    ],
    idGenerator: spanIds
  })
  const asker = recordedTracing({ clock, tracer: nosy.getTracer('test'), spanIds })
  prove(asker)
  const outer = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('outer'))
  const asked = [ask('work', asker), context.with(outer, () => ask('work', asker))]
  const ids = asked.map((one) => idsOf(one).slice(0, 2))
  for (const one of asked) one.end()
  asker.flush()
  const made = told().map((span) => span.spanContext())
  expect(made.map(({ traceId, spanId }) => [traceId, spanId])).toEqual(ids)
  const others = exporter.getFinishedSpans().filter(({ name }) => name === 'meanwhile')
  expect(others).toHaveLength(2)
  const traces = new Set([...made, ...others.map((span) => span.spanContext())].map(({ traceId }) => traceId))
  expect(traces.size).toBe(4)
})

test('a span that is made late does not belong to what runs then', () => {
  prove()
  ask().end()
  const parents: unknown[] = []
  const decideNow = (): SamplingResult => {
    parents.push(trace.getActiveSpan())
    return recorded
  }
  decide = decideNow
  context.with(trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(idsOfAnother)), () => tracing.flush())
  expect(parents).toEqual([undefined])
})

const idsOfAnother = { traceId: '3'.repeat(32), spanId: '4'.repeat(16), traceFlags: TraceFlags.SAMPLED }

test('ids are what OpenTelemetry wants, and no two are the same', () => {
  const traceIds = Array.from({ length: 2000 }, () => spanIds.generateTraceId())
  const ids = Array.from({ length: 2000 }, () => spanIds.generateSpanId())
  for (const id of traceIds) expect(id).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
  for (const id of ids) expect(id).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
  expect(new Set([...traceIds, ...ids]).size).toBe(4000)
})

function workOf(wanted: SpanKind): ReadableSpan[] {
  return told().filter(({ name, kind }) => name === 'shop/work' && kind === wanted)
}

test('a client that closes has its spans told, of which those of agents are the children', async () => {
  prove()
  await using net = await startTestNetwork()
  const agent = await net.agent({ containers: { shop: () => new TracedContainer() }, options: { tracing } })
  const client = await net.client({ tracing })
  const reference = await client.get(shop, { uuid: bakery })
  await using connection = await reference.connect()
  await connection.request('work')
  expect(workOf(SpanKind.CLIENT)).toEqual([])
  await connection.close()
  await client.close()
  const [asked] = workOf(SpanKind.CLIENT)
  expect(asked).toBeDefined()
  await agent.close()
  const [served] = workOf(SpanKind.SERVER)
  expect(served?.parentSpanContext).toMatchObject({ spanId: asked?.spanContext().spanId })
})

test('what a client gives up as it closes is told, too', async () => {
  prove()
  await using net = await startTestNetwork()
  await net.agent({ containers: { shop: () => new TracedContainer() } })
  const client = await net.client({ tracing })
  const reference = await client.get(shop, { uuid: bakery })
  const connection = await reference.connect()
  const given = [
    client.get('nobody has this' as ContainerKind),
    client.request(bakery, 'hang'),
    reference.request('hang'),
    connection.request('hang')
  ].map((one) => one.catch(() => 'given up'))
  await client.close()
  expect(await Promise.all(given)).toEqual(Array(4).fill('given up'))
  const failed = exporter.getFinishedSpans().filter(({ status }) => status.code === SpanStatusCode.ERROR)
  expect(failed.map(({ name }) => name).toSorted()).toEqual(['hang', 'network/get', 'shop/hang', 'shop/hang'])
})
