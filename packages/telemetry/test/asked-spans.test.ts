import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Sampler
} from '@opentelemetry/sdk-trace'
import type { ContainerKind, ContainerUuid, Trace, Tracing } from '@hcengineering/network-core'
import { startTestNetwork, VirtualClock } from '@hcengineering/network-testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { spanIds } from '../src/index.ts'
import { recordedTracing } from './support/recorded-spans.ts'
import { TracedContainer } from './support/traced-container.ts'

const shop = 'shop' as ContainerKind
const bakery = 'bakery' as ContainerUuid

/** So many of the SDK's spans must have had the ids that they were to have. */
const proving = 32

/** Whether the SDK records a span, by its number. */
let records: (n: number) => boolean
let sampled: number
const sampler: Sampler = {
  shouldSample: () => ({
    decision: records(sampled++) ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD
  }),
  toString: () => 'by number'
}

const exporter = new InMemorySpanExporter()
const spanProcessors = [new SimpleSpanProcessor({ exporter })]
const provider = new TracerProvider({ sampler, spanProcessors, idGenerator: spanIds })
const tracer = provider.getTracer('test')

let clock: VirtualClock
let tracing: Tracing

beforeEach(() => {
  records = () => true
  sampled = 0
  exporter.reset()
  clock = new VirtualClock()
  tracing = recordedTracing({ clock, tracer })
})

function ask(operation = 'work', asker = tracing): Trace {
  const asked = asker.ask('request', operation, shop, bakery)
  if (asked === undefined) throw new Error('it is not traced')
  return asked
}

/** Has the SDK make as many spans as it takes until they may be late. */
function prove(asker = tracing): void {
  // Its ids are asked for before the first one.
  tracer.startSpan('something else').end()
  for (let n = 0; n < proving; n++) ask('proof', asker).end()
  expect(proofs()).toHaveLength(proving)
}

function proofs(): ReadableSpan[] {
  return exporter.getFinishedSpans().filter(({ name }) => name === 'shop/proof')
}

/** What is told to the SDK by now, without what is needed to prove that it may be late. */
function told(): ReadableSpan[] {
  return exporter
    .getFinishedSpans()
    .filter(({ name }) => name.startsWith('shop/') || name.startsWith('network/'))
    .filter(({ name }) => name !== 'shop/proof')
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

/** Of each request that is traced: whether the SDK knew of it as it ended. */
function askMany(asker = tracing): boolean[] {
  const known: boolean[] = []
  for (let n = 0; n < 3 * proving; n++) {
    const before = exporter.getFinishedSpans().length
    const asked = asker.ask('request', 'work', shop, bakery)
    asked?.end()
    if (asked !== undefined) known.push(exporter.getFinishedSpans().length === before + 1)
  }
  return known
}

describe('a span is made before anybody hears of it', () => {
  test('when the SDK has its ids from elsewhere', () => {
    const other = new TracerProvider({ spanProcessors }).getTracer('test')
    tracer.startSpan('something else').end()
    expect(askMany(recordedTracing({ tracer: other }))).toEqual(Array(3 * proving).fill(true))
  })

  test('when the SDK leaves some out', () => {
    tracer.startSpan('something else').end()
    records = (n) => n % 10 !== 0
    const known = askMany()
    expect(new Set(known)).toEqual(new Set([true]))
    expect(known.length).toBeGreaterThan(2 * proving)
  })

  test('once the SDK has begun to leave some out', () => {
    prove()
    for (let n = 0; n < 3; n++) ask().end()
    records = (n) => n % 2 === 0
    tracing.flush()
    expect(told().length).toBeLessThan(3)
    const known = askMany()
    expect(new Set(known)).toEqual(new Set([true]))
    expect(known.length).toBeGreaterThan(proving)
  })
})

test('a span of another tracer that is made meanwhile has ids of its own', () => {
  const nested = new TracerProvider({
    spanProcessors: [
      {
        onStart: (span) => {
          if (span.name === 'shop/work') tracer.startSpan('meanwhile').end()
        },
        onEnd: (span) => spanProcessors[0]?.onEnd(span),
        forceFlush: async () => {},
        shutdown: async () => {}
      }
    ],
    idGenerator: spanIds
  })
  const asker = recordedTracing({ clock, tracer: nested.getTracer('test') })
  prove(asker)
  const asked = ask('work', asker)
  const [traceId, spanId] = idsOf(asked)
  asked.end()
  asker.flush()
  expect(told()[0]?.spanContext()).toMatchObject({ traceId, spanId })
  const meanwhile = exporter
    .getFinishedSpans()
    .find(({ name }) => name === 'meanwhile')
    ?.spanContext()
  expect(meanwhile?.spanId).not.toBe(spanId)
  expect(meanwhile?.traceId).not.toBe(traceId)
})

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
