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
    for (const span of waiting) span.record()
  }

  private schedule(afterMs: number): void {
    this.cancel?.()
    this.cancel = this.clock.after(afterMs, this.recordSome)
  }

  private readonly recordSome = (): void => {
    this.cancel = undefined
    const some = this.waiting.splice(0, togetherMax)
    if (this.waiting.length > 0) this.schedule(0)
    for (const span of some) span.record()
  }
}
