import {
  context,
  diag,
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
import { AskedSpan, type Asked } from './asked-span.ts'
import { LateSpans } from './late-spans.ts'
import { ForwardedSpan, RecordedSpan, reportFailure } from './recorded-span.ts'
import { ServedSpan, type Served } from './served-span.ts'
import type { SpanIds } from './span-ids.ts'

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
  /**
   * The `idGenerator` of the SDK's tracer provider. Then spans of what is asked for are made after their end, too, many at
   * a time, and cost a client less: a request tells others of its span before the SDK has made it. So the SDK must record
   * whatever it is asked to, as it does by default; let `sampleRatio` choose. One that it makes otherwise is reported
   * (`diag`), and those after it are made at once again.
   *
   * @default none: they are made at once
   */
  spanIds?: SpanIds | undefined
  /** From 0 to below 1; drawn from once for each trace that begins here. @default Math.random */
  random?: (() => number) | undefined
  /** Says when spans that are made late are told to the SDK. @default the host's */
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
    spanIds,
    random = Math.random,
    clock = systemClock
  } = options
  if (typeof sampleRatio !== 'number' || !(sampleRatio >= 0 && sampleRatio <= 1)) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `sampleRatio must be a number from 0 to 1, got ${String(sampleRatio)}`
    )
  }
  return new OpenTelemetryTracing(tracer, sampleRatio, spanIds, random, clock)
}

class OpenTelemetryTracing implements Tracing {
  private readonly tracer: Tracer
  private readonly sampleRatio: number
  private readonly random: () => number
  private readonly spanIds: SpanIds | undefined
  private readonly late: LateSpans
  /** Whether spans are announced before they are made: once the SDK has made one as we said, until it does not. */
  private announces: 'not yet' | 'yes' | 'no more' = 'not yet'
  /** How many more are left out before the next one begins a trace. */
  private leftOut: number

  constructor(
    tracer: Tracer,
    sampleRatio: number,
    spanIds: SpanIds | undefined,
    random: () => number,
    clock: Clock
  ) {
    this.tracer = tracer
    this.sampleRatio = sampleRatio
    this.spanIds = spanIds
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
    const method = methodOf(action, operation, kind)
    const { spanIds, announces } = this
    if (spanIds === undefined || announces === 'no more') {
      return this.begin(SpanKind.CLIENT, active, method, kind, uuid)
    }
    const asked = { parent: active, announced: spanIds.announce(within), method, kind, uuid }
    return announces === 'yes'
      ? new AskedSpan(asked, this.makeAsked, this.late)
      : this.makeAsked(asked, undefined)
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

  private readonly makeAsked = (asked: Asked, startTime: number | undefined): RecordedSpan | undefined => {
    const { announced, parent, method, kind, uuid } = asked
    const make = (): RecordedSpan | undefined =>
      this.begin(SpanKind.CLIENT, parent, method, kind, uuid, startTime)
    const span = this.spanIds?.under(announced, make)
    if (span?.is(announced) !== true) this.announceNoMore()
    else if (this.announces === 'not yet') this.announces = 'yes'
    return span
  }

  private announceNoMore(): void {
    if (this.announces !== 'yes') return
    this.announces = 'no more'
    diag.error(
      `${scopeName}: the SDK did not record a span as others were told, because its sampler left it out or its ids are ` +
        'not from `spanIds`. From now on it is asked first.'
    )
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
