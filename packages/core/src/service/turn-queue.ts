import { NetworkError } from '../api/errors.ts'
import { callChainMax } from '../api/call-chain.ts'

/** A call that wants its turn. */
export interface TurnCall {
  /** The calls that it came from, the eldest first; itself is the last. */
  readonly chain: readonly string[]
  /** When it has waited for too long. */
  readonly until: number
  /** It is its turn: it says {@link TurnQueue.leave} when it is done. */
  begin(): void
  /** It was never begun. */
  refuse(error: NetworkError): void
}

/**
 * Whose turn it is, where one call is worked on at a time, in the order in which they came.
 *
 * A call that came, over others, from the one that is being worked on gets in at once, as that one waits for it; a
 * second one of these waits for the first. So a chain of calls never waits for itself. Two chains that wait for each
 * other, each in the other's container, wait until one of them has waited for too long: it is refused unseen.
 *
 * Use: {@link enter}, {@link leave} for each that was begun, {@link expire} when {@link nextExpiry} has come.
 */
export class TurnQueue {
  private readonly waitingMax: number
  /** Those that were begun; each came from the one before it, which waits for it. */
  private readonly running: string[] = []
  private waiting: TurnCall[] = []

  /** @param waitingMax calls that wait at most */
  constructor(waitingMax: number) {
    this.waitingMax = waitingMax
  }

  /** Calls that wait. */
  get size(): number {
    return this.waiting.length
  }

  /** Begins a call now, lets it wait, or refuses it, with `OVERLOADED` when too many wait. */
  enter(call: TurnCall): void {
    if (call.chain.length >= callChainMax) {
      call.refuse(overloaded(`calls lead from container to container, ${callChainMax} deep`))
    } else if (this.mayBegin(call)) {
      this.begin(call)
    } else if (this.waiting.length >= this.waitingMax) {
      call.refuse(overloaded(`${this.waiting.length} calls wait for their turn already`))
    } else {
      this.waiting.push(call)
    }
  }

  /** A call that was begun is done. */
  leave(chain: readonly string[]): void {
    const id = chain.at(-1)
    const index = this.running.findIndex((other) => other === id)
    if (index < 0) return
    this.running.splice(index, 1)
    const next = this.waiting.findIndex((call) => this.mayBegin(call))
    const [call] = next < 0 ? [] : this.waiting.splice(next, 1)
    if (call !== undefined) this.begin(call)
  }

  /** Refuses, with `OVERLOADED`, those that have waited for too long. */
  expire(now: number): void {
    const expired = this.waiting.filter(({ until }) => until <= now)
    if (expired.length === 0) return
    this.waiting = this.waiting.filter(({ until }) => until > now)
    for (const call of expired) call.refuse(overloaded('it was not its turn in time'))
  }

  /** When somebody will have waited for too long. */
  nextExpiry(): number | undefined {
    // In the order in which they came, and all wait for as long.
    return this.waiting[0]?.until
  }

  /** Nobody gets a turn any more. */
  refuseAll(error: NetworkError): void {
    const { waiting } = this
    this.waiting = []
    for (const call of waiting) call.refuse(error)
  }

  private mayBegin({ chain }: TurnCall): boolean {
    const last = this.running.at(-1)
    return last === undefined || chain.includes(last)
  }

  private begin(call: TurnCall): void {
    const id = call.chain.at(-1)
    if (id !== undefined) this.running.push(id)
    call.begin()
  }
}

function overloaded(message: string): NetworkError {
  return new NetworkError('OVERLOADED', message, { retryable: true, overloaded: true })
}
