import type { Clock } from '../time/clock.ts'

/** Notices when nothing goes on any more: calls back once that has been so for a while. */
export class Activity {
  private readonly clock: Clock
  private readonly afterMs: number
  private readonly idle: () => void
  private going = 0
  private cancel: (() => void) | undefined
  private stopped = false

  constructor(clock: Clock, afterMs: number, idle: () => void) {
    this.clock = clock
    this.afterMs = afterMs
    this.idle = idle
  }

  /** Something goes on, until {@link end}. */
  begin(): void {
    this.going++
    this.cancel?.()
    this.cancel = undefined
  }

  end(): void {
    this.going--
    if (this.going > 0 || this.stopped) return
    this.cancel?.()
    this.cancel = this.clock.after(this.afterMs, () => {
      this.cancel = undefined
      this.idle()
    })
  }

  /** Calls back no more. */
  stop(): void {
    this.stopped = true
    this.cancel?.()
    this.cancel = undefined
  }
}
