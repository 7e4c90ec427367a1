import type { AgentEndpointRef, AgentUuid } from '../api/ids.ts'

/** An agent's incarnation to which a coordinator has given, or is about to give, a lease. */
export interface RosterEntry {
  readonly agentId: AgentUuid
  readonly incarnation: string
  readonly endpoint: AgentEndpointRef | undefined
  /** Whether the coordinator has had an answer of this incarnation there: then a refusal proves its death. */
  readonly answered: boolean
}

/** What a coordinator leaves to its successor. */
export interface RosterRecord {
  readonly epoch: number
  /**
   * Whether these are all that may hold a lease. Not so while a coordinator that knew nothing of its predecessor
   * still waits for that one's agents: its own successor has to wait in full, too.
   */
  readonly complete: boolean
  readonly agents: readonly RosterEntry[]
}

/** Keeps a coordinator's roster beyond its process: a file, a leader store. */
export interface RosterStore {
  /** What the last coordinator left; undefined when nothing is known, as at the very first start. */
  readonly remembered: RosterRecord | undefined
  /**
   * Replaces what is kept; resolves once that is durable. Called again only after that.
   *
   * @throws when it could not be kept; what was kept before still is
   */
  save(record: RosterRecord): Promise<void>
}
