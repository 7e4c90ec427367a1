import { NetworkError } from '../api/errors.ts'
import type { Logger } from '../api/logger.ts'
import { agentKey, type AgentKey } from './entries.ts'
import type { RosterEntry, RosterRecord, RosterStore } from './roster-store.ts'

/**
 * Keeps the durable roster equal to the agents that may hold a lease, and the epoch of which they may hold it: the next
 * coordinator has to begin above all that was given out, whatever its clock says. One save at a time: what changes
 * meanwhile goes with the next, so a thousand agents that register at once cost two.
 */
export class RosterKeeper {
  private readonly store: RosterStore
  private readonly logger: Logger
  private readonly about: () => Pick<RosterRecord, 'epoch' | 'complete'>
  private complete = true
  private readonly entries = new Map<AgentKey, RosterEntry>()
  private readonly durable = new Set<AgentKey>()
  private durableEpoch: number | undefined
  /** Counts changes; `saved` is the last that is durable. */
  private changes = 0
  private saved = 0
  private saving: Promise<void> | undefined

  /** @param about what is to be kept besides the agents, at the moment of a save */
  constructor(store: RosterStore, about: () => Pick<RosterRecord, 'epoch' | 'complete'>, logger: Logger) {
    this.store = store
    this.about = about
    this.logger = logger
    const { remembered } = store
    this.durableEpoch = remembered?.epoch
    for (const entry of remembered?.complete === true ? remembered.agents : []) {
      this.entries.set(keyOf(entry), entry)
      this.durable.add(keyOf(entry))
    }
  }

  /** Whether this incarnation and the epoch are durable, so that it may be given a lease. */
  has(key: AgentKey): boolean {
    return this.durable.has(key) && this.isEpochDurable
  }

  private get isEpochDurable(): boolean {
    return this.durableEpoch === this.about().epoch
  }

  /**
   * Makes an incarnation durable, and the epoch that is the coordinator's by then.
   *
   * @throws NetworkError `STORE_FAILED`, retryable
   */
  async remember(entry: RosterEntry): Promise<void> {
    this.entries.set(keyOf(entry), entry)
    do await this.saveChange()
    while (!this.isEpochDurable)
  }

  /** What is known of an incarnation has changed. Not urgent: the successor waits longer, at worst. */
  update(key: AgentKey, change: Partial<Pick<RosterEntry, 'endpoint' | 'answered'>>): void {
    const known = this.entries.get(key)
    if (known === undefined) return
    const next = { ...known, ...change }
    // Another address has not answered yet.
    if (next.endpoint !== known.endpoint) next.answered = false
    if (next.endpoint === known.endpoint && next.answered === known.answered) return
    this.remember(next).catch(this.saveFailed)
  }

  /** This incarnation holds no lease any more. Not urgent: whoever reads it waits for somebody who is gone. */
  forget(key: AgentKey): void {
    if (!this.entries.delete(key)) return
    this.durable.delete(key)
    this.saveChange().catch(this.saveFailed)
  }

  /** All agents of the predecessor have been heard or waited for: says so, if the last save could not. */
  noteComplete(): void {
    if (this.complete || !this.about().complete) return
    this.complete = true
    this.saveChange().catch(this.saveFailed)
  }

  private readonly saveFailed = (error: unknown): void => {
    this.logger.warn({ error }, 'the roster was not saved')
  }

  /** Something has changed: a save that is under way has not seen it, so that another one follows. */
  private async saveChange(): Promise<void> {
    const wanted = ++this.changes
    while (this.saved < wanted) await this.save()
  }

  private save(): Promise<void> {
    this.saving ??= this.saveNow().finally(() => {
      this.saving = undefined
    })
    return this.saving
  }

  private async saveNow(): Promise<void> {
    // All that changes within one turn is saved together.
    await Promise.resolve()
    const changes = this.changes
    const agents = [...this.entries.values()]
    const about = this.about()
    this.complete = about.complete
    try {
      await this.store.save({ ...about, agents })
    } catch (error) {
      throw new NetworkError(
        'STORE_FAILED',
        `the roster of agents cannot be kept: ${(error as Error).message}`,
        { retryable: true, cause: error }
      )
    }
    this.saved = changes
    this.durableEpoch = about.epoch
    // Guarded: it may have been forgotten meanwhile.
    for (const entry of agents) if (this.entries.has(keyOf(entry))) this.durable.add(keyOf(entry))
  }
}

function keyOf({ agentId, incarnation }: RosterEntry): AgentKey {
  return agentKey(agentId, incarnation)
}
