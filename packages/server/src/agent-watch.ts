import { Dialler, type Session, type Transport } from '@hcengineering/network-backrpc'
import {
  networkError,
  NetworkError,
  readAgentIncarnation,
  type Clock,
  type IdSource,
  type Logger,
  type RosterEntry
} from '@hcengineering/network-core'

/** What a watch is made of, and whom it tells. */
export interface AgentWatchParts {
  readonly transport: Transport
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
  /** This incarnation has answered at its address. */
  readonly onAnswered: () => void
  /** It is dead. Called once; the watch has ended. */
  readonly onDead: () => void
}

/** After a refusal, how long a lost connection of the session may take to be noticed. */
const noticeMs = 5

/** Silence after which the agent's listener forgets a watch. */
const aliveTimeoutMs = 3000

/**
 * Watches one incarnation of an agent over a connection of its own, so that its death is noticed at once and
 * not by its silence.
 *
 * It is dead once it has answered at its address, and now that address refuses, or answers as another
 * incarnation, and its session with the coordinator has no connection either. One that never answered there
 * proves nothing by a refusal: its "localhost" may be another machine's. An agent closes its listener only after
 * it has stopped serving for good.
 */
export class AgentWatch {
  readonly endpoint: string
  /** The coordinator's session with this incarnation; undefined when a restart has ended it. */
  session: Session | undefined

  private readonly agent: RosterEntry
  private readonly parts: AgentWatchParts
  private readonly dialler: Dialler
  private answered: boolean
  private cancelLook: (() => void) | undefined
  private closed = false

  /** @throws `ADDRESS_INVALID` */
  constructor(agent: RosterEntry & { readonly endpoint: string }, parts: AgentWatchParts) {
    this.agent = agent
    this.endpoint = agent.endpoint
    this.parts = parts
    this.answered = agent.answered
    const { transport, clock, ids } = parts
    this.dialler = new Dialler({
      address: agent.endpoint,
      peerId: ids(),
      aliveTimeoutMs,
      transport,
      clock,
      ids,
      errors: networkError,
      handler: {
        request: (call) => call.fail(new NetworkError('UNKNOWN_OPERATION', 'this connection only watches')),
        send() {}
      },
      onConnected: (welcome) => this.hear(welcome.details),
      onRefused: () => this.doubt()
    }).start()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.cancelLook?.()
    this.dialler.close()
  }

  private hear(details: unknown): void {
    if (this.isIncarnation(details)) {
      this.cancelLook?.()
      if (!this.answered) this.parts.onAnswered()
      this.answered = true
    } else if (this.answered) {
      this.doubt()
    } else {
      // Somebody else's address: nothing that happens there says anything of this agent.
      this.close()
    }
  }

  private isIncarnation(details: unknown): boolean {
    try {
      const { agentId, incarnation } = readAgentIncarnation(details)
      return agentId === this.agent.agentId && incarnation === this.agent.incarnation
    } catch {
      return false
    }
  }

  /** Its address is no longer its own. */
  private doubt(): void {
    if (!this.answered) return
    this.cancelLook?.()
    if (this.isDisconnected()) this.bury()
    else {
      this.cancelLook = this.parts.clock.after(noticeMs, () => {
        if (this.isDisconnected()) this.bury()
      })
    }
  }

  private isDisconnected(): boolean {
    const { session } = this
    if (session === undefined) return true
    // A listener may notice that a connection has gone only when it sends something there.
    if (session.attached) session.ping()
    return !session.attached
  }

  private bury(): void {
    if (this.closed) return
    this.close()
    const { agentId, incarnation } = this.agent
    this.parts.logger.warn({ agentId, incarnation, endpoint: this.endpoint }, 'an agent is proven dead')
    this.parts.onDead()
  }
}
