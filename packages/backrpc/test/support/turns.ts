/** The ends of turns of the event loop, as a test wants them: what is deferred runs when it says so. */
export class Turns {
  private deferred: Array<() => void> = []
  /** Waits until all that has arrived has been handled: for the turn after the next end of one. */
  private later: Array<() => void> = []

  readonly defer = (run: () => void, busy: boolean): void => {
    if (busy) this.later.push(run)
    else this.deferred.push(run)
  }

  /** Whether something waits for the end of this turn. */
  get pending(): boolean {
    return this.deferred.length + this.later.length > 0
  }

  /** Ends the turn. */
  end(): void {
    const { deferred, later } = this
    this.deferred = []
    this.later = []
    for (const run of [...later, ...deferred]) run()
  }
}
