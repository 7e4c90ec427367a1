import { trace, type Context } from '@opentelemetry/api'
import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { LateSpan } from './late-span.ts'
import type { LateSpans } from './late-spans.ts'
import { RecordedSpan } from './recorded-span.ts'
import type { Announced } from './span-ids.ts'

/** What is asked for. */
export interface Asked {
  /** Within which context. */
  readonly parent: Context
  /** As what others know its span already. */
  readonly announced: Announced
  readonly method: string
  readonly kind: ContainerKind | undefined
  readonly uuid: ContainerUuid | undefined
}

/**
 * Makes the span of what is asked for. Undefined when the SDK does not record it.
 *
 * @param startTime milliseconds since 1970; undefined: now
 */
export type MakeAsked = (asked: Asked, startTime: number | undefined) => RecordedSpan | undefined

/** The span of something that is asked for: its headers announce it before it is made (decision 0018). */
export class AskedSpan extends LateSpan {
  private readonly asked: Asked
  private readonly makeAsked: MakeAsked

  constructor(asked: Asked, makeAsked: MakeAsked, late: LateSpans) {
    super(late)
    this.asked = asked
    this.makeAsked = makeAsked
  }

  get headers(): Readonly<Record<string, string>> {
    const { announced, parent } = this.asked
    return new RecordedSpan(trace.wrapSpanContext(announced), parent).headers
  }

  run<T>(work: () => T): T {
    const span = this.look()
    return span === undefined ? work() : span.run(work)
  }

  protected make(startTime: number | undefined): RecordedSpan | undefined {
    return this.makeAsked(this.asked, startTime)
  }
}
