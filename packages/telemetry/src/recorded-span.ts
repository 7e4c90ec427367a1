import {
  context,
  diag,
  propagation,
  SpanStatusCode,
  trace,
  type Context,
  type Span
} from '@opentelemetry/api'
import { ATTR_ERROR_TYPE, ATTR_RPC_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import { toNetworkError, type Trace } from '@hcengineering/network-core'

type Headers = Readonly<Record<string, string>>

/**
 * A propagated value that is longer than this is left out: the headers of a request have a bound, and a request
 * must not fail because it is traced.
 */
const valueLengthMax = 2048

/** Samplers, processors and propagators are the application's: what they throw harms no request. */
export function reportFailure(error: unknown): void {
  diag.error('@hcengineering/network-telemetry: a trace is not recorded', error)
}

/** Where a context keeps its span. The API tells nobody; but it asks for it. */
const spanKey = ((): symbol | undefined => {
  let asked: symbol | undefined
  const listener: Context = {
    getValue: (key) => {
      asked = key
    },
    setValue: () => listener,
    deleteValue: () => listener
  }
  trace.getSpan(listener)
  return asked
})()

/**
 * A span of OpenTelemetry, as the network sees it.
 *
 * It is the context with that span, too: most are asked for nothing but the headers, for which a context of the API's own
 * would be several objects.
 */
export class RecordedSpan implements Trace, Context {
  private readonly span: Span
  private readonly parent: Context

  constructor(span: Span, parent: Context) {
    this.span = span
    this.parent = parent
  }

  get headers(): Headers {
    const carrier: Record<string, string> = {}
    try {
      propagation.inject(this, carrier, boundedSetter)
    } catch (error) {
      reportFailure(error)
    }
    return carrier
  }

  run<T>(work: () => T): T {
    return context.with(this, work)
  }

  /** @param endTime milliseconds since 1970; default: now */
  end(error?: unknown, endTime?: number): void {
    try {
      if (error !== undefined) {
        const { code, message } = toNetworkError(error)
        this.span.setAttribute(ATTR_ERROR_TYPE, code)
        this.span.setAttribute(ATTR_RPC_STATUS_CODE, code)
        this.span.setStatus({ code: SpanStatusCode.ERROR, message })
      }
      this.span.end(endTime)
    } catch (failure) {
      reportFailure(failure)
    }
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.span : this.parent.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return this.plain.setValue(key, value)
  }

  deleteValue(key: symbol): Context {
    return this.plain.deleteValue(key)
  }

  private get plain(): Context {
    return trace.setSpan(this.parent, this.span)
  }
}

/** What is received and handed on: a span for each, the second within the first. */
export class ForwardedSpan implements Trace {
  private readonly received: RecordedSpan
  private readonly sent: RecordedSpan
  private readonly came: Headers

  /** @param came the headers that it was received with */
  constructor(received: RecordedSpan, sent: RecordedSpan, came: Headers) {
    this.received = received
    this.sent = sent
    this.came = came
  }

  get headers(): Headers {
    return { ...this.came, ...this.sent.headers }
  }

  run<T>(work: () => T): T {
    return this.sent.run(work)
  }

  end(error?: unknown): void {
    this.sent.end(error)
    this.received.end(error)
  }
}

const boundedSetter = {
  set: (carrier: Record<string, string>, name: string, value: string): void => {
    if (value.length <= valueLengthMax) carrier[name] = value
  }
}
