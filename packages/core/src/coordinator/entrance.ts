import { agentKey, type AgentKey } from './entries.ts'
import type { RosterKeeper } from './roster-keeper.ts'
import type { RosterEntry } from './roster-store.ts'

/**
 * Where what agents say comes in. One that the roster does not name durably waits until it does, and all that it says
 * after that waits behind it: an agent that leaves and registers again is not taken for one that has registered and
 * leaves.
 *
 * - I1: of each agent, everything is heard in the order in which it was said.
 */
export class Entrance {
  private readonly keeper: RosterKeeper | undefined
  private readonly waiting = new Map<AgentKey, (() => void)[]>()

  /** @param keeper undefined when no roster is kept: then nobody waits */
  constructor(keeper: RosterKeeper | undefined) {
    this.keeper = keeper
  }

  /** Hears something when its turn comes: not within this call. */
  inTurn(key: AgentKey, hear: () => void): void {
    queueMicrotask(() => this.hearNow(key, hear))
  }

  /** Lets an agent in once the roster names it durably; to be called when it is heard. */
  admit(entry: RosterEntry, taken: () => void, refused: (error: unknown) => void): void {
    const { keeper } = this
    const key = agentKey(entry.agentId, entry.incarnation)
    if (keeper === undefined || keeper.has(key)) {
      keeper?.update(key, { endpoint: entry.endpoint })
      taken()
      return
    }
    this.waiting.set(key, [])
    keeper.remember(entry).then(
      () => this.open(key, taken),
      (error: unknown) => this.open(key, () => refused(error))
    )
  }

  private open(key: AgentKey, first: () => void): void {
    const rest = this.waiting.get(key) ?? []
    this.waiting.delete(key)
    first()
    // One of them may make the others wait again.
    for (const hear of rest) this.hearNow(key, hear)
  }

  private hearNow(key: AgentKey, hear: () => void): void {
    const waiting = this.waiting.get(key)
    if (waiting === undefined) hear()
    else waiting.push(hear)
  }
}
