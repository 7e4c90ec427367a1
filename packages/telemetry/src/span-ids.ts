import { randomBytes } from 'node:crypto'
import { TraceFlags, type SpanContext } from '@opentelemetry/api'

/** Where the SDK of OpenTelemetry has the ids of its spans from: the `idGenerator` of a tracer provider. */
export interface SpanIdGenerator {
  /** 16 bytes in lowercase hexadecimal. */
  generateTraceId(): string
  /** 8 bytes in lowercase hexadecimal. */
  generateSpanId(): string
}

/** Ids at random; or, for one span, those that it is known by already. */
class SpanIds implements SpanIdGenerator {
  /** Whether anybody has asked for ids. */
  isUsed = false
  private traceId: string | undefined
  private spanId: string | undefined

  generateTraceId(): string {
    this.isUsed = true
    const { traceId } = this
    this.traceId = undefined
    return traceId ?? randomTraceId()
  }

  generateSpanId(): string {
    this.isUsed = true
    const { spanId } = this
    this.spanId = undefined
    return spanId ?? randomSpanId()
  }

  /** The first span that is made within `make` has these ids, if it is made by an SDK that has its ids from here. */
  under<T>({ traceId, spanId }: SpanContext, make: () => T): T {
    this.traceId = traceId
    this.spanId = spanId
    try {
      return make()
    } finally {
      this.traceId = undefined
      this.spanId = undefined
    }
  }
}

export const presetIds = new SpanIds()

/**
 * Where the SDK may have the ids of all its spans from: `new TracerProvider({ idGenerator: spanIds })`. Then spans of what
 * is asked for are made after their end, too, many at a time, and cost a client less. They are random.
 */
export const spanIds: SpanIdGenerator = presetIds

/** New ids of a span that is recorded, within another one or as the first of a trace. */
export function drawIds(within: SpanContext | undefined): SpanContext {
  const spanId = randomSpanId()
  const traceFlags = TraceFlags.SAMPLED
  if (within === undefined) return { traceId: randomTraceId(), spanId, traceFlags }
  const { traceId, traceState } = within
  return traceState === undefined
    ? { traceId, spanId, traceFlags }
    : { traceId, spanId, traceFlags, traceState }
}

const traceIdDigits = 32
const spanIdDigits = 16

function randomTraceId(): string {
  return randomDigits(traceIdDigits)
}

function randomSpanId(): string {
  return randomDigits(spanIdDigits)
}

/** Random bytes are drawn for some hundred ids at once. */
const drawnBytes = 2048
let drawn = ''
let taken = 0

function randomDigits(count: number): string {
  if (taken + count > drawn.length) {
    drawn = randomBytes(drawnBytes).toString('hex')
    taken = 0
  }
  const from = taken
  taken += count
  return drawn.slice(from, taken)
}
