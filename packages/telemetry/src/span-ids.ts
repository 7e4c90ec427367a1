import { randomBytes } from 'node:crypto'
import { isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api'

/** What a span that is recorded is announced as. */
export interface Announced extends SpanContext {
  /** Whether it is the first of its trace. */
  readonly isRoot: boolean
}

/**
 * Where both the network and the SDK of OpenTelemetry have the ids of spans from: at random; or, for one span, those that
 * it was announced with. It is an `IdGenerator`, as the SDK's tracer provider takes it.
 */
export class SpanIds {
  private traceId: string | undefined
  private spanId: string | undefined

  /** For the SDK. Returns 16 bytes in lowercase hexadecimal. */
  generateTraceId(): string {
    const { traceId } = this
    this.traceId = undefined
    return traceId ?? randomDigits(32)
  }

  /** For the SDK. Returns 8 bytes in lowercase hexadecimal. */
  generateSpanId(): string {
    const { spanId } = this
    this.spanId = undefined
    return spanId ?? randomDigits(16)
  }

  /** For the network. Chooses ids for a span that is to be made within another one, or as the first of a trace. */
  announce(within: SpanContext | undefined): Announced {
    const spanId = randomDigits(16)
    const traceFlags = TraceFlags.SAMPLED
    // As the SDK does, which begins a new trace there.
    if (within === undefined || !isSpanContextValid(within)) {
      return { isRoot: true, traceId: randomDigits(32), spanId, traceFlags }
    }
    const { traceId, traceState } = within
    return { isRoot: false, traceId, spanId, traceFlags, ...(traceState && { traceState }) }
  }

  /** For the network. The first span that is made within `make` has these ids, if it is made by the SDK. */
  under<T>({ isRoot, traceId, spanId }: Announced, make: () => T): T {
    // Of a span that has a parent the SDK asks for no trace: the next one that does would get it.
    this.traceId = isRoot ? traceId : undefined
    this.spanId = spanId
    try {
      return make()
    } finally {
      this.traceId = undefined
      this.spanId = undefined
    }
  }
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
