import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type HrTime,
  type Tracer
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider
} from '@opentelemetry/sdk-trace'
import { withCallChain } from '@hcengineering/network-core'
import type { Clock, ContainerKind, ContainerUuid, Trace, Tracing } from '@hcengineering/network-core'
import { startTestNetwork, VirtualClock } from '@hcengineering/network-testing'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  childrenOf,
  forgetSpans,
  recordedTracing,
  spanOf,
  spans,
  told,
  tracer
} from './support/recorded-spans.ts'
import { TracedContainer } from './support/traced-container.ts'

const shop = 'shop' as ContainerKind
const bakery = 'bakery' as ContainerUuid
const asker = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const headers = { traceparent: `00-${asker.traceId}-${asker.spanId}-01` }

let clock: VirtualClock
let tracing: Tracing

beforeEach(() => {
  forgetSpans()
  clock = new VirtualClock()
  tracing = recordedTracing({ clock })
})

/** A request that arrives with the headers of a trace. */
function serve(came: Readonly<Record<string, string>> = headers): Trace {
  const served = tracing.serve('request', came, 'work', shop, bakery)
  if (served === undefined) throw new Error('it is not traced')
  return served
}

function serveMany(count: number): void {
  for (let n = 0; n < count; n++) serve().end()
}

test('what is served is told to the SDK a second after its end', async () => {
  serve().end()
  await clock.advance(999)
  expect(told()).toEqual([])
  await clock.advance(1)
  expect(told().map(({ name }) => name)).toEqual(['shop/work'])
  expect(told()[0]?.parentSpanContext).toMatchObject(asker)
})

/** Keeps the process busy. */
function work(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('a span that is made late tells when it began and ended, and how', () => {
  const before = performance.now()
  const wall = Date.now()
  const served = serve()
  const began = performance.now()
  work(5)
  const over = performance.now()
  served.end(new Error('the oven is cold'))
  const ended = performance.now()
  work(5)
  const { startTime, duration, attributes } = spanOf('SERVER', 'shop/work')
  const startedMs = startTime[0] * 1000 + startTime[1] / 1e6 - wall
  // To the millisecond, as the SDK takes it.
  expect(startedMs).toBeGreaterThanOrEqual(0)
  expect(startedMs).toBeLessThanOrEqual(began - before + 1)
  const tookMs = duration[0] * 1000 + duration[1] / 1e6
  expect(tookMs).toBeGreaterThanOrEqual(over - began - 0.01)
  expect(tookMs).toBeLessThanOrEqual(ended - before + 0.01)
  expect(attributes).toMatchObject({ 'error.type': 'APPLICATION_ERROR' })
})

test('a span that somebody looks at is made at once, and told as it ends', async () => {
  const served = serve()
  const active = served.run(() => trace.getActiveSpan())
  active?.setAttribute('seen', true)
  expect(told()).toEqual([])
  served.end()
  expect(told().map(({ attributes }) => attributes)).toEqual([expect.objectContaining({ seen: true })])
  await clock.advance(5000)
  expect(told()).toHaveLength(1)
})

test('what is left of a request after its answer belongs to its span, which is told once', async () => {
  const served = serve()
  const left = served.run(() => context.active())
  served.end()
  tracer.startSpan('afterthought', {}, left).end()
  await clock.advance(1000)
  tracer.startSpan('another', {}, left).end()
  const server = spanOf('SERVER', 'shop/work')
  expect(childrenOf(server).map(({ name }) => name)).toEqual(['afterthought', 'another'])
})

test('the context of what is served can be added to', () => {
  const key = Symbol('tenant')
  const within = serve().run(() => context.active().setValue(key, 'north'))
  expect(within.getValue(key)).toBe('north')
  expect(trace.getSpanContext(within)?.traceId).toBe(asker.traceId)
  expect(within.deleteValue(key).getValue(key)).toBeUndefined()
})

test('many are told a few at a time, so that others have their turn', () => {
  const due: Array<() => void> = []
  const turns: Clock = {
    now: () => 0,
    wallTime: () => 0,
    after: (delayMs: number, run: () => void) => {
      if (delayMs === 0) due.push(run)
      return () => {}
    }
  }
  tracing = recordedTracing({ clock: turns })
  serveMany(511)
  expect(due).toEqual([])
  serveMany(1)
  const counts: number[] = []
  for (let run = due.shift(); run !== undefined; run = due.shift()) {
    run()
    counts.push(told().length)
  }
  expect(counts).toEqual([64, 128, 192, 256, 320, 384, 448, 512])
})

test('however many end in one turn, few wait', () => {
  serveMany(1023)
  expect(told()).toEqual([])
  serveMany(1)
  expect(told()).toHaveLength(1024)
})

test('a span that is made late does not belong to what runs then', () => {
  const active: unknown[] = []
  const processor = {
    onStart: () => active.push(trace.getActiveSpan()),
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {}
  }
  const provider = new TracerProvider({ spanProcessors: [processor] })
  tracing = recordedTracing({ clock, tracer: provider.getTracer('test') })
  serve().end()
  const another = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('another'))
  context.with(another, () => tracing.flush())
  expect(active).toEqual([undefined])
})

test('what was told on request is not told again', async () => {
  serve().end()
  tracing.flush()
  expect(told()).toHaveLength(1)
  await clock.advance(5000)
  serve().end()
  await clock.advance(1000)
  expect(told()).toHaveLength(2)
})

test('what happens in a span that was looked at soon is timed as exactly as its end', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000)
  try {
    const served = serve()
    served.run(() => {
      const active = trace.getActiveSpan()
      work(0.2)
      active?.addEvent('seen')
    })
    work(0.2)
    served.end()
  } finally {
    wall.mockRestore()
  }
  const { startTime, endTime, events } = spanOf('SERVER', 'shop/work')
  expect(startTime).toEqual([1_700_000_000, 0])
  expect(events.map(({ time }) => isBefore(startTime, time) && isBefore(time, endTime))).toEqual([true])
})

function isBefore([seconds, nanoseconds]: HrTime, [otherSeconds, otherNanoseconds]: HrTime): boolean {
  return seconds === otherSeconds ? nanoseconds < otherNanoseconds : seconds < otherSeconds
}

function broken(): never {
  throw new Error('out of order')
}

describe('what throws in the SDK', () => {
  test('when it is asked to make a span', () => {
    const failing: Tracer = { startSpan: broken, startActiveSpan: broken }
    tracing = recordedTracing({ clock, tracer: failing })
    const served = serve()
    expect(served.run(() => trace.getActiveSpan())).toBeUndefined()
    served.end()
    serve().end()
    tracing.flush()
    expect(tracing.ask('request', 'work', shop, bakery)).toBeUndefined()
  })

  test('when one of many ends', () => {
    let ended = 0
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({
      spanProcessors: [
        { onStart: () => {}, onEnd: () => ++ended === 2 && broken(), forceFlush: broken, shutdown: broken },
        new SimpleSpanProcessor({ exporter })
      ]
    })
    tracing = recordedTracing({ clock, tracer: provider.getTracer('test') })
    serveMany(3)
    tracing.flush()
    expect(ended).toBe(3)
    expect(exporter.getFinishedSpans()).toHaveLength(2)
  })

  test('when it reads or writes headers', () => {
    propagation.disable()
    propagation.setGlobalPropagator({ inject: broken, extract: broken, fields: () => [] })
    try {
      const asked = tracing.ask('request', 'work', shop, bakery)
      expect(asked?.headers).toEqual({})
      const served = serve()
      expect(served.run(() => trace.getActiveSpan())).toBeUndefined()
      served.end()
      tracing.flush()
      expect(told()).toEqual([])
    } finally {
      propagation.disable()
      propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    }
  })
})

test('a propagator may read headers that it does not write', () => {
  const w3c = new W3CTraceContextPropagator()
  propagation.disable()
  propagation.setGlobalPropagator({
    inject: () => {},
    extract: (to, { legacy }: Record<string, string>, getter) =>
      w3c.extract(to, legacy === undefined ? {} : { traceparent: legacy }, getter),
    fields: () => []
  })
  try {
    serve({ legacy: headers.traceparent }).end()
    expect(spanOf('SERVER', 'shop/work').parentSpanContext).toMatchObject(asker)
  } finally {
    propagation.disable()
    propagation.setGlobalPropagator(w3c)
  }
})

test('a call from within a container is no trace for its chain of callers', () => {
  expect(tracing.serve('request', withCallChain(undefined, ['1.2.3']), 'work', shop, bakery)).toBeUndefined()
})

test('headers of something else are no trace, and neither is one that is not sampled', () => {
  for (const came of [{ tenant: 'north' }, { traceparent: headers.traceparent.replace(/01$/, '00') }]) {
    const served = serve(came)
    expect(served.run(() => trace.getActiveSpan())).toBeUndefined()
    served.end()
  }
  expect(spans()).toEqual([])
})

test('the sampler of the SDK has the last word', () => {
  const provider = new TracerProvider({ sampler: new AlwaysOffSampler() })
  tracing = recordedTracing({ clock, tracer: provider.getTracer('test') })
  const served = serve()
  expect(served.run(() => trace.getActiveSpan())).toBeUndefined()
  served.end()
  expect(spans()).toEqual([])
})

/** The names of what was served, as far as the SDK knows. */
function served(): string[] {
  return told().flatMap(({ name, kind }) => (kind === SpanKind.SERVER ? [name] : []))
}

test('an agent that closes has its spans told', async () => {
  await using net = await startTestNetwork()
  const agent = await net.agent({ containers: { shop: () => new TracedContainer() }, options: { tracing } })
  const client = await net.client({ tracing: recordedTracing() })
  const reference = await client.get(shop, { uuid: bakery })
  await expect(reference.request('fail')).rejects.toThrow('the shop is closed')
  expect(served()).toEqual([])
  await agent.close()
  expect(served()).toEqual(expect.arrayContaining(['network/start', 'shop/fail']))
})
