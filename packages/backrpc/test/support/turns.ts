/** The ends of turns of the event loop, as a test wants them: what is deferred runs when it says so. */
export class Turns {
  private deferred: Array<() => void> = []

  readonly defer = (run: () => void): void => {
    this.deferred.push(run)
  }

  /** Whether something waits for the end of this turn. */
  get pending(): boolean {
    return this.deferred.length > 0
  }

  /** Ends the turn. */
  end(): void {
    const { deferred } = this
    this.deferred = []
    for (const run of deferred) run()
  }
}
