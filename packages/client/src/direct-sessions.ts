import { Dialler, type SendFrame } from '@hcengineering/network-backrpc'
import { apart, networkError, NetworkError, type ClientUuid } from '@hcengineering/network-core'
import type { ResolvedClientOptions } from './options.ts'

/** What is told of a direct session. */
export interface DirectEvents {
  /** A notice has come from the agent: an event, or a container's end. */
  notice(frame: SendFrame): void
  /** The agent knows nothing of this client any more. */
  forgotten(): void
  /** The connection is gone and did not come back: the agent is to be reached another way. */
  unreachable(): void
}

/** A session with an agent's listener, shared by all connections that lead there. */
export interface DirectSession {
  readonly address: string
  readonly dialler: Dialler
  users: number
  cancelClose: (() => void) | undefined
  cancelGiveUp: (() => void) | undefined
}

/** How long a session that nobody uses is kept for the next connection. */
const idleMs = 3000
/** A lost connection that is not there again after this time is taken for gone. */
const reconnectMs = 1500
/** Direct sessions at once; the transports have few thousand sockets to give. */
const sessionsMax = 10_000

/** The direct sessions of a client, by address. */
export class DirectSessions {
  private readonly options: ResolvedClientOptions
  private readonly clientId: ClientUuid
  private readonly eventsFor: (session: DirectSession) => DirectEvents
  private readonly sessions = new Map<string, DirectSession>()
  /** Of sessions that have been closed. */
  private formerStalls = 0

  constructor(
    options: ResolvedClientOptions,
    clientId: ClientUuid,
    eventsFor: (session: DirectSession) => DirectEvents
  ) {
    this.options = options
    this.clientId = clientId
    this.eventsFor = eventsFor
  }

  /**
   * The session that leads to this address, dialled if need be. Give it back with {@link release}.
   *
   * @throws NetworkError `ADDRESS_INVALID`, `OVERLOADED`
   */
  acquire(address: string): DirectSession {
    let session = this.sessions.get(address)
    if (session === undefined) {
      if (this.sessions.size >= sessionsMax) {
        throw new NetworkError('OVERLOADED', `${sessionsMax} direct sessions are open already`, {
          overloaded: true
        })
      }
      session = apart(this.options.tracing, () => this.open(address))
      this.sessions.set(address, session)
    }
    session.cancelClose?.()
    session.cancelClose = undefined
    session.users++
    return session
  }

  release(session: DirectSession): void {
    session.users--
    if (session.users > 0 || this.sessions.get(session.address) !== session) return
    session.cancelClose = this.options.clock.after(idleMs, () => this.discard(session))
  }

  /** Closes a session that leads nowhere; the next use of its address dials anew. */
  discard(session: DirectSession): void {
    if (this.sessions.get(session.address) === session) {
      this.sessions.delete(session.address)
      this.formerStalls += session.dialler.session.windowStalls
    }
    session.cancelClose?.()
    session.cancelGiveUp?.()
    session.dialler.close()
  }

  get size(): number {
    return this.sessions.size
  }

  /** Bytes that wait to leave. */
  get queuedBytes(): number {
    let bytes = 0
    for (const { dialler } of this.sessions.values()) bytes += dialler.session.waitingBytes
    return bytes
  }

  /** How often what had to leave found the window of a session shut. */
  get windowStalls(): number {
    let stalls = this.formerStalls
    for (const { dialler } of this.sessions.values()) stalls += dialler.session.windowStalls
    return stalls
  }

  close(): void {
    for (const session of [...this.sessions.values()]) this.discard(session)
  }

  private open(address: string): DirectSession {
    const { transport, clock, ids, limits, logger, aliveTimeoutMs } = this.options
    // Filled in below: the dialler's callbacks come later than its construction.
    const holder: { events?: DirectEvents; session?: DirectSession } = {}
    const dialler = new Dialler({
      transport,
      clock,
      ids,
      limits,
      logger,
      errors: networkError,
      address,
      peerId: this.clientId,
      aliveTimeoutMs,
      handler: {
        request: (call) => call.fail(new NetworkError('UNKNOWN_OPERATION', 'a client serves nothing here')),
        send: (frame) => holder.events?.notice(frame)
      },
      onDisconnected: () => {
        const { session } = holder
        if (session === undefined) return
        session.cancelGiveUp?.()
        session.cancelGiveUp = clock.after(reconnectMs, () => holder.events?.unreachable())
      },
      onConnected: (_welcome, fresh) => {
        holder.session?.cancelGiveUp?.()
        if (fresh) holder.events?.forgotten()
      }
    })
    const session: DirectSession = {
      address,
      dialler,
      users: 0,
      cancelClose: undefined,
      cancelGiveUp: undefined
    }
    holder.session = session
    dialler.start()
    holder.events = this.eventsFor(session)
    return session
  }
}
