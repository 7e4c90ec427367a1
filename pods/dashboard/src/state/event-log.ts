import type { NetworkEventView } from '@hcengineering/network-pod/admin-views'

/** An event with its number in the order of arrival, from 1. */
export interface LoggedEvent extends NetworkEventView {
  readonly number: number
}

/** The newest events, in a ring of fixed size: what it takes does not grow, however many come. */
export class EventLog {
  readonly #ring: (LoggedEvent | undefined)[]
  #received = 0
  #missed = 0

  constructor(eventsMax: number) {
    this.#ring = Array.from({ length: eventsMax })
  }

  /** How many have come in all. */
  get received(): number {
    return this.#received
  }

  /** How many the server has left out. */
  get missed(): number {
    return this.#missed
  }

  miss(count: number): void {
    this.#missed += count
  }

  add(events: readonly NetworkEventView[]): void {
    for (const event of events) {
      this.#ring[this.#received % this.#ring.length] = { ...event, number: this.#received + 1 }
      this.#received++
    }
  }

  /** The newest that match, newest first, at most `most`. */
  newest(matches: (event: NetworkEventView) => boolean, most = this.#ring.length): LoggedEvent[] {
    const found: LoggedEvent[] = []
    const oldest = Math.max(0, this.#received - this.#ring.length)
    for (let index = this.#received - 1; index >= oldest && found.length < most; index--) {
      const event = this.#ring[index % this.#ring.length]
      if (event !== undefined && matches(event)) found.push(event)
    }
    return found
  }

  clear(): void {
    this.#ring.fill(undefined)
  }
}
