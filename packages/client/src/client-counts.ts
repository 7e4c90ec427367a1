import { networkErrorCodes, toNetworkError } from '@hcengineering/network-core'

const codes: ReadonlySet<string> = new Set(networkErrorCodes)

/** What a code that a container has made up counts as: there is no end of those. */
export const applicationCode = 'APPLICATION_ERROR'

/** What somebody has asked since the start, as plain fields, and what came of it. */
export class OutcomeCounters {
  begun = 0
  answered = 0
  /** Those that were refused or lost, and are tried again: how often. */
  triedAgain = 0
  /** What else came of it, by the code of the error. */
  readonly failures = new Map<string, number>()
  private failed = 0

  /** Those of which nothing has come yet. */
  get inFlight(): number {
    return this.begun - this.answered - this.failed
  }

  fail(error: unknown): void {
    const { code } = toNetworkError(error)
    const known = codes.has(code) ? code : applicationCode
    this.failed++
    this.failures.set(known, (this.failures.get(known) ?? 0) + 1)
  }

  /** Counts what comes of something that was begun. */
  settled<T>(work: Promise<T>): Promise<T> {
    work.then(
      () => {
        this.answered++
      },
      (error: unknown) => this.fail(error)
    )
    return work
  }
}

/** What a client has asked since its start. */
export class ClientCounters {
  readonly requests = new OutcomeCounters()
  readonly gets = new OutcomeCounters()
  streams = 0
}

/** How much a client has of everything, and what it has asked since its start; for metrics. */
export interface ClientCounts {
  readonly requests: OutcomeCounters
  readonly gets: OutcomeCounters
  /** Streams that were opened. */
  readonly streams: number
  /** Whether it has a connection to the coordinator now. */
  readonly connected: boolean
  /** Containers to which it has references. */
  readonly references: number
  /** Containers to which it has connections. */
  readonly connections: number
  /** Sessions with agents, over sockets. */
  readonly directSessions: number
  /** Bytes that wait to leave, on all sessions. */
  readonly queuedBytes: number
  /** How often what had to leave found the window of a session shut. */
  readonly windowStalls: number
}
