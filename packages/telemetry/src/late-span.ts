import type { Trace } from '@hcengineering/network-core'
import type { LateSpans } from './late-spans.ts'
import type { RecordedSpan } from './recorded-span.ts'

/** A span that is made when somebody looks; if nobody does, after its end, with others (decision 0017). */
export abstract class LateSpan implements Trace {
  private readonly late: LateSpans
  // As the SDK tells time: the wall clock when it begins, and what has passed since by one that nobody sets.
  private readonly startTime = Date.now()
  private readonly began = performance.now()
  private span: RecordedSpan | undefined
  private isMade = false
  private endTime = 0
  private error: unknown

  constructor(late: LateSpans) {
    this.late = late
  }

  abstract get headers(): Readonly<Record<string, string>>

  abstract run<T>(work: () => T): T

  /**
   * Undefined when it is not to be recorded.
   *
   * @param startTime milliseconds since 1970; undefined: now
   */
  protected abstract make(startTime: number | undefined): RecordedSpan | undefined

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

  protected look(): RecordedSpan | undefined {
    if (!this.isMade) {
      this.isMade = true
      // The SDK times events of a span to the microsecond only if it has taken its start itself.
      this.span = this.make(this.startTime === Date.now() ? undefined : this.startTime)
    }
    return this.span
  }
}
