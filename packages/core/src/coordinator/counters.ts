/**
 * What has happened at a coordinator since its start, as plain fields: counted where it happens, read by whoever
 * makes metrics of it.
 */
export interface CoordinatorCounters {
  gets: number
  /** Gets that came to an error, those that their caller gave up included. */
  getsFailed: number
  /** Agents and containers that came, changed or went, as told to listeners. */
  events: number
  starts: number
  /** Starts that a factory or agent refused, or whose outcome was not heard. */
  startsFailed: number
  /** Agents that were silent for too long, or proven dead. */
  agentsLost: number
}

/** All at zero. */
export function createCoordinatorCounters(): CoordinatorCounters {
  return { gets: 0, getsFailed: 0, events: 0, starts: 0, startsFailed: 0, agentsLost: 0 }
}
