import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import type { ContainerKind, ContainerUuid, Trace, TracedAction } from '@hcengineering/network-core'
import type { LateSpans } from './late-spans.ts'
import type { RecordedSpan } from './recorded-span.ts'

type Headers = Readonly<Record<string, string>>

/** What is served. */
export interface Served {
  readonly action: TracedAction
  /** The headers that it came with. */
  readonly came: Headers
  readonly operation: string
  readonly kind: ContainerKind | undefined
  readonly uuid: ContainerUuid | undefined
}

/**
 * Makes the span of what is served. Undefined when its asker does not record it.
 *
 * @param startTime milliseconds since 1970; undefined: now
 */
export type MakeSpan = (served: Served, startTime: number | undefined) => RecordedSpan | undefined

/**
 * The span of something that is served. It is made when somebody looks: the handler, or whatever that calls. If
 * nobody does, it is made after its end, with others (decision 0017).
 *
 * It is the context that the handler runs in, too: to ask that for a value is to look.
 */
export class ServedSpan implements Trace, Context {
  private readonly served: Served
  private readonly make: MakeSpan
  private readonly late: LateSpans
  // As the SDK tells time: the wall clock when it begins, and what has passed since by one that nobody sets.
  private readonly startTime = Date.now()
  private readonly began = performance.now()
  private span: RecordedSpan | undefined
  private isMade = false
  private endTime = 0
  private error: unknown

  constructor(served: Served, make: MakeSpan, late: LateSpans) {
    this.served = served
    this.make = make
    this.late = late
  }

  get headers(): Headers {
    return this.look()?.headers ?? {}
  }

  run<T>(work: () => T): T {
    return context.with(this, work)
  }

  end(error?: unknown): void {
    this.endTime = this.startTime + performance.now() - this.began
    this.error = error
    if (this.isMade) this.record()
    else this.late.add(this)
  }

  /** Tells the span and its end to the SDK. Called once, when it is over. */
  record(): void {
    this.look()?.end(this.error, this.endTime)
  }

  getValue(key: symbol): unknown {
    return this.inside.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return this.inside.setValue(key, value)
  }

  deleteValue(key: symbol): Context {
    return this.inside.deleteValue(key)
  }

  private get inside(): Context {
    return this.look() ?? ROOT_CONTEXT
  }

  private look(): RecordedSpan | undefined {
    if (!this.isMade) {
      this.isMade = true
      // The SDK times events of a span to the microsecond only if it has taken its start itself.
      this.span = this.make(this.served, this.startTime === Date.now() ? undefined : this.startTime)
    }
    return this.span
  }
}
