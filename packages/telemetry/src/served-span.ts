import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import type { ContainerKind, ContainerUuid, TracedAction } from '@hcengineering/network-core'
import { LateSpan } from './late-span.ts'
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
export type MakeServed = (served: Served, startTime: number | undefined) => RecordedSpan | undefined

/**
 * The span of something that is served: the handler, and whatever that calls, may look at it.
 *
 * It is the context that the handler runs in, too: to ask that for a value is to look.
 */
export class ServedSpan extends LateSpan implements Context {
  private readonly served: Served
  private readonly makeServed: MakeServed

  constructor(served: Served, makeServed: MakeServed, late: LateSpans) {
    super(late)
    this.served = served
    this.makeServed = makeServed
  }

  get headers(): Headers {
    return this.look()?.headers ?? {}
  }

  run<T>(work: () => T): T {
    return context.with(this, work)
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

  protected make(startTime: number | undefined): RecordedSpan | undefined {
    return this.makeServed(this.served, startTime)
  }

  private get inside(): Context {
    return this.look() ?? ROOT_CONTEXT
  }
}
