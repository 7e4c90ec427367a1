import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import type { Clock } from '@hcengineering/network-core'

/** Something that is over and has not been told to the SDK yet. */
interface Over {
  record(): void
}

/** As many as the SDK exports at once by default: spans that leave as soon as they are made do not outlive their youth. */
const waitingMax = 512
/** How late they are when there are fewer. */
const delayMs = 1000
/** Between two of these others have their turn: all at once would hold them up for milliseconds. */
const togetherMax = 64

/**
 * Spans that are made after their end, many at a time.
 *
 * I11: when nobody else gets a turn, there are twice `waitingMax` of them at most.
 */
export class LateSpans {
  private readonly clock: Clock
  private waiting: Over[] = []
  private cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  add(span: Over): void {
    const count = this.waiting.push(span)
    if (count >= 2 * waitingMax) this.flush()
    else if (count === waitingMax) this.schedule(0)
    else if (this.cancel === undefined) this.schedule(delayMs)
  }

  /** Tells all of them to the SDK now. */
  flush(): void {
    this.cancel?.()
    this.cancel = undefined
    const { waiting } = this
    this.waiting = []
    record(waiting)
  }

  private schedule(afterMs: number): void {
    this.cancel?.()
    this.cancel = this.clock.after(afterMs, this.recordSome)
  }

  private readonly recordSome = (): void => {
    this.cancel = undefined
    const some = this.waiting.splice(0, togetherMax)
    if (this.waiting.length > 0) this.schedule(0)
    record(some)
  }
}

/** None of them belongs to what happens to run now. */
function record(spans: readonly Over[]): void {
  context.with(ROOT_CONTEXT, () => {
    for (const span of spans) span.record()
  })
}
