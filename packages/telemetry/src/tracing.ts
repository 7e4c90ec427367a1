import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type SpanOptions,
  type Tracer
} from '@opentelemetry/api'
import { ATTR_RPC_METHOD, ATTR_RPC_SYSTEM_NAME } from '@opentelemetry/semantic-conventions'
import {
  callChainHeader,
  NetworkError,
  systemClock,
  type Clock,
  type ContainerKind,
  type ContainerUuid,
  type Trace,
  type TracedAction,
  type Tracing
} from '@hcengineering/network-core'
import { Attribute, rpcSystem, scopeName } from './attributes.ts'
import { LateSpans } from './late-spans.ts'
import { ForwardedSpan, RecordedSpan, reportFailure } from './recorded-span.ts'
import { ServedSpan, type Served } from './served-span.ts'

/** Options of {@link openTelemetryTracing}. */
export interface TracingOptions {
  /**
   * The share of requests, gets and streams that begin a trace, from 0 to 1, of those that are not made within
   * one. It is decided before OpenTelemetry is asked, so that what is not traced costs next to nothing; the
   * sampler of the SDK has the last word on the rest.
   *
   * @default 1
   */
  sampleRatio?: number | undefined
  /** @default the one of the registered SDK, whenever that is registered */
  tracer?: Tracer | undefined
  /** From 0 to below 1; drawn from once for each trace that begins here. @default Math.random */
  random?: (() => number) | undefined
  /** Says when spans of what was served are told to the SDK. @default the host's */
  clock?: Clock | undefined
}

type Headers = Readonly<Record<string, string>>

/**
 * Records what the network does as traces, through the OpenTelemetry API; given to a client, an agent or a
 * server as its `tracing` option. Without an SDK it does nothing.
 *
 * @example
 * ```ts
 * import { createNetworkClient } from '@hcengineering/network-client'
 * import { openTelemetryTracing } from '@hcengineering/network-telemetry'
 *
 * const tracing = openTelemetryTracing({ sampleRatio: 0.01 })
 * export const client = createNetworkClient('localhost:3737', { tracing })
 * ```
 *
 * @throws NetworkError `INVALID_ARGUMENT` when `sampleRatio` is no number from 0 to 1
 */
export function openTelemetryTracing(options: TracingOptions = {}): Tracing {
  const {
    sampleRatio = 1,
    tracer = trace.getTracer(scopeName),
    random = Math.random,
    clock = systemClock
  } = options
  if (typeof sampleRatio !== 'number' || !(sampleRatio >= 0 && sampleRatio <= 1)) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `sampleRatio must be a number from 0 to 1, got ${String(sampleRatio)}`
    )
  }
  return new OpenTelemetryTracing(tracer, sampleRatio, random, clock)
}

class OpenTelemetryTracing implements Tracing {
  private readonly tracer: Tracer
  private readonly sampleRatio: number
  private readonly random: () => number
  private readonly late: LateSpans
  /** How many more are left out before the next one begins a trace. */
  private leftOut: number

  constructor(tracer: Tracer, sampleRatio: number, random: () => number, clock: Clock) {
    this.tracer = tracer
    this.sampleRatio = sampleRatio
    this.random = random
    this.late = new LateSpans(clock)
    this.leftOut = drawLeftOut(sampleRatio, random)
  }

  ask(
    action: TracedAction,
    operation: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined
  ): Trace | undefined {
    const active = context.active()
    const within = active === ROOT_CONTEXT ? undefined : trace.getSpanContext(active)
    if (within !== undefined) {
      if ((within.traceFlags & TraceFlags.SAMPLED) === 0) return undefined
    } else if (this.leftOut > 0) {
      this.leftOut--
      return undefined
    } else {
      this.leftOut = drawLeftOut(this.sampleRatio, this.random)
    }
    return this.begin(SpanKind.CLIENT, active, methodOf(action, operation, kind), kind, uuid)
  }

  serve(
    action: TracedAction,
    headers: Headers,
    operation: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined
  ): Trace | undefined {
    if (!mayTellATrace(headers)) return undefined
    return new ServedSpan({ action, came: headers, operation, kind, uuid }, this.makeServed, this.late)
  }

  forward(
    action: TracedAction,
    headers: Headers,
    operation: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined
  ): Trace | undefined {
    const asker = mayTellATrace(headers) ? sampledAsker(headers) : undefined
    if (asker === undefined) return undefined
    const method = methodOf(action, operation, kind)
    const received = this.begin(SpanKind.SERVER, asker, method, kind, uuid)
    const sent = received && this.begin(SpanKind.CLIENT, received, method, kind, uuid)
    return received && sent && new ForwardedSpan(received, sent, headers)
  }

  apart<T>(work: () => T): T {
    return context.with(ROOT_CONTEXT, work)
  }

  flush(): void {
    this.late.flush()
  }

  private readonly makeServed = (served: Served, startTime: number | undefined): RecordedSpan | undefined => {
    const { action, came, operation, kind, uuid } = served
    const asker = sampledAsker(came)
    if (asker === undefined) return undefined
    return this.begin(SpanKind.SERVER, asker, methodOf(action, operation, kind), kind, uuid, startTime)
  }

  private begin(
    spanKind: SpanKind,
    parent: Context,
    method: string,
    kind: ContainerKind | undefined,
    uuid: ContainerUuid | undefined,
    startTime?: number
  ): RecordedSpan | undefined {
    const attributes: Attributes = { [ATTR_RPC_SYSTEM_NAME]: rpcSystem, [ATTR_RPC_METHOD]: method }
    if (kind !== undefined) attributes[Attribute.containerKind] = kind
    if (uuid !== undefined) attributes[Attribute.containerUuid] = uuid
    const options: SpanOptions = { kind: spanKind, attributes }
    if (startTime !== undefined) options.startTime = startTime
    try {
      const span = this.tracer.startSpan(method, options, parent)
      return span.isRecording() ? new RecordedSpan(span, parent) : undefined
    } catch (error) {
      reportFailure(error)
      return undefined
    }
  }
}

/**
 * How many are left out before the next one is chosen, if each is chosen with this probability: one draw for all of them,
 * instead of one for each. The distribution is the geometric one, by inversion (Devroye, Non-Uniform Random Variate
 * Generation, X.2).
 */
function drawLeftOut(probability: number, random: () => number): number {
  if (probability === 0) return Infinity
  const draw = Math.min(random(), largestDraw)
  return Math.floor(Math.log1p(-draw) / Math.log1p(-probability))
}

/** What `Math.random` returns at most: with 1 nothing would ever be chosen. */
const largestDraw = 1 - Number.EPSILON / 2

/**
 * Whether there are headers of somebody else's, among which a propagator may find a trace. Most requests have none:
 * then this is all that is done.
 */
function mayTellATrace(headers: Headers): boolean {
  for (const name in headers) if (name !== callChainHeader && Object.hasOwn(headers, name)) return true
  return false
}

/** Who has asked, if that is being recorded there. */
function sampledAsker(headers: Headers): Context | undefined {
  try {
    const asker = propagation.extract(ROOT_CONTEXT, headers)
    const span = trace.getSpanContext(asker)
    return span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0 ? asker : undefined
  } catch (error) {
    reportFailure(error)
    return undefined
  }
}

/** The full name of what is called: an operation of a kind, or one of the network itself. */
function methodOf(action: TracedAction, operation: string, kind: ContainerKind | undefined): string {
  if (action === 'get' || action === 'start') return `network/${action}`
  return kind === undefined ? operation : `${kind}/${operation}`
}
