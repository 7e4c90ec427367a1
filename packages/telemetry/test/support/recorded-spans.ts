import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan
} from '@opentelemetry/sdk-trace'
import type { Tracing } from '@hcengineering/network-core'
import { openTelemetryTracing, type TracingOptions } from '../../src/index.ts'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))

const tracings: Tracing[] = []

/** As `openTelemetryTracing`; what it keeps back is among the {@link spans}, too. */
export function recordedTracing(options?: TracingOptions): Tracing {
  const tracing = openTelemetryTracing(options)
  tracings.push(tracing)
  return tracing
}

/** A user's own tracer. */
export const tracer: Tracer = trace.getTracer('test')

function flush(): void {
  for (const tracing of tracings) tracing.flush()
}

export function forgetSpans(): void {
  flush()
  exporter.reset()
}

export function spans(): ReadableSpan[] {
  flush()
  return told()
}

/** Those that the SDK knows of by now. */
export function told(): ReadableSpan[] {
  return exporter.getFinishedSpans()
}

/** The one span of this kind and name. */
export function spanOf(kind: keyof typeof SpanKind, name: string): ReadableSpan {
  const found = spans().filter((span) => span.kind === SpanKind[kind] && span.name === name)
  if (found.length !== 1) throw new Error(`there are ${found.length} ${kind} spans '${name}', not one`)
  return found[0]!
}

export function childrenOf(parent: ReadableSpan): ReadableSpan[] {
  return spans().filter((span) => span.parentSpanContext?.spanId === parent.spanContext().spanId)
}

/** The spans from the root down, as `KIND name`, where every span has one child at most. */
export function chain(): string[] {
  const roots = spans().filter((span) => span.parentSpanContext === undefined)
  if (roots.length !== 1) throw new Error(`there are ${roots.length} roots, not one`)
  const names: string[] = []
  for (let span = roots[0]; span !== undefined;) {
    names.push(`${SpanKind[span.kind]} ${span.name}`)
    const children = childrenOf(span)
    if (children.length > 1) throw new Error(`${span.name} has ${children.length} children`)
    span = children[0]
  }
  return names
}

export function statusOf(span: ReadableSpan): keyof typeof SpanStatusCode {
  return SpanStatusCode[span.status.code] as keyof typeof SpanStatusCode
}
