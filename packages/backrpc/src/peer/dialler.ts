import { withErrors } from '../errors.ts'
import { MalformedMessage } from '../protocol/bytes.ts'
import { MessageType } from '../protocol/frames.ts'
import {
  decodeRefusal,
  decodeWelcome,
  encodeHello,
  protocolVersion,
  type Welcome
} from '../protocol/handshake.ts'
import { Session } from '../session/session.ts'
import type { TransportConnection } from '../transport/port.ts'
import { resolvePeerOptions, type PeerOptions, type ResolvedPeerOptions } from './options.ts'

/** What a dialler is told. */
export interface DiallerOptions extends PeerOptions {
  /** `host:port`. */
  readonly address: string
  /** Who dials: the same over all reconnections. */
  readonly peerId: string
  /** How long this side's silence keeps what it holds on the other. */
  readonly aliveTimeoutMs: number
  /** Sent with every handshake. */
  readonly details?: (() => unknown) | undefined
  /**
   * The handshake is done. `fresh` is true when the peer knows nothing of earlier conversations: what it
   * held for this side must be told again.
   */
  readonly onConnected?: ((welcome: Welcome, fresh: boolean) => void) | undefined
  /** The connection is gone; a new one is being dialled. */
  readonly onDisconnected?: ((reason: string) => void) | undefined
  /** The system at the address says that nobody listens there. It is dialled again all the same. */
  readonly onRefused?: (() => void) | undefined
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'greeting'; readonly connection: TransportConnection }
  | { readonly kind: 'connected'; readonly connection: TransportConnection; readonly pingIntervalMs: number }
  | { readonly kind: 'waiting'; readonly attempt: number }
  | { readonly kind: 'closed' }

/**
 * How long the answer to a first greeting is waited for. The system sends a lost SYN again only after a second
 * (RFC 6298), so a dial that is lost is given up sooner, and dialled anew.
 */
const connectTimeoutFirstMs = 300
/** How long at most, doubled from one to the next: whoever is there again after a long cut is found within that time. */
const connectTimeoutMaxMs = 1000
/**
 * How long the answer is waited for once the system at the address has answered the dial: whoever listens there is far
 * away, has thousands to greet, or stands still. To dial anew would help none of them.
 */
const reachedTimeoutMs = 3000
const backoffFirstMs = 20
const backoffMaxMs = 1000

/**
 * The dialling end: keeps one session alive over connections that come and go. It dials, greets, resumes,
 * pings, notices silence, and dials again, for as long as it is open.
 *
 * Order of use: construct, {@link start}, use {@link session}, {@link close}.
 */
export class Dialler {
  readonly session: Session

  private readonly options: DiallerOptions
  private readonly parts: ResolvedPeerOptions
  private state: State = { kind: 'idle' }
  private resume: { sessionId: string; secret: string } | undefined
  /** Says that the next greeting repeats the last one, until a welcome arrives. */
  private attemptId: string
  private attempts = 0
  /** Greetings in a row that nobody answered in time. */
  private unanswered = 0
  private dialledAt = 0
  private lastHeard = 0
  private lastPing = 0
  private cancelTimer: (() => void) | undefined
  private lastRefusal: Error | undefined
  /** Why the last connection ended, for whoever asks why there is none. */
  private lastReason: string | undefined
  private readonly waiters = new Set<() => void>()

  constructor(options: DiallerOptions) {
    this.options = options
    this.parts = resolvePeerOptions(options)
    this.session = new Session(this.parts)
    this.attemptId = this.parts.ids()
  }

  get connected(): boolean {
    return this.state.kind === 'connected'
  }

  /** When anything was last heard, by the clock; 0 before. */
  get heardAt(): number {
    return this.lastHeard
  }

  /**
   * Dials for the first time.
   *
   * @throws `ADDRESS_INVALID`
   */
  start(): this {
    if (this.state.kind === 'idle') this.dial()
    return this
  }

  /**
   * Resolves once connected.
   *
   * @throws `CONNECTION_TIMEOUT` when that takes longer than `timeoutMs`, or why the listener refuses
   */
  waitConnected(timeoutMs: number): Promise<void> {
    if (this.connected) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        cancel()
        this.waiters.delete(settle)
        if (this.connected) resolve()
        else if (this.state.kind === 'closed') reject(this.closedError())
        else reject(this.lastRefusal ?? this.unreachable(timeoutMs))
      }
      const cancel = this.parts.clock.after(timeoutMs, settle)
      this.waiters.add(settle)
      if (this.state.kind === 'closed') settle()
    })
  }

  /** Says goodbye and ends the session. */
  close(): void {
    if (this.state.kind === 'closed') return
    const { state } = this
    this.session.flush()
    if (state.kind === 'connected') state.connection.send(Uint8Array.of(MessageType.bye))
    if (state.kind === 'connected' || state.kind === 'greeting') state.connection.close()
    this.enter({ kind: 'closed' })
    this.session.end(this.closedError())
    this.wake()
  }

  /** Gives up the connection and dials a new one; for tests of reconnection. */
  redial(reason: string): void {
    if (this.state.kind === 'connected' || this.state.kind === 'greeting')
      this.lose(this.state.connection, reason)
  }

  private dial(): void {
    const { transport, transportLimits, clock, limits } = this.parts
    this.lastRefusal = undefined
    this.dialledAt = clock.now()
    const connection: TransportConnection = withErrors(this.parts.errors, () =>
      transport.dial(this.options.address, transportLimits, {
        received: (message) => {
          if (this.isCurrent(connection)) this.receive(connection, message)
        },
        closed: (reason, refused) => this.lose(connection, reason, refused),
        reached: () => {
          if (this.isCurrent(connection)) this.awaitWelcome(connection, reachedTimeoutMs)
        }
      })
    )
    this.enter({ kind: 'greeting', connection })
    connection.send(
      encodeHello({
        protocolMin: protocolVersion,
        protocolMax: protocolVersion,
        peerId: this.options.peerId,
        aliveTimeoutMs: this.options.aliveTimeoutMs,
        limits,
        ...(this.resume !== undefined && { resume: { ...this.resume, received: this.session.received } }),
        attempt: this.attemptId,
        details: this.options.details?.()
      })
    )
    this.awaitWelcome(connection, Math.min(connectTimeoutFirstMs * 2 ** this.unanswered, connectTimeoutMaxMs))
  }

  private awaitWelcome(connection: TransportConnection, timeoutMs: number): void {
    if (this.state.kind !== 'greeting') return
    this.cancelTimer?.()
    this.cancelTimer = this.parts.clock.after(timeoutMs, () => {
      this.unanswered++
      this.lose(connection, 'no answer to the greeting')
    })
  }

  private isCurrent(connection: TransportConnection): boolean {
    const { state } = this
    return (state.kind === 'greeting' || state.kind === 'connected') && state.connection === connection
  }

  private receive(connection: TransportConnection, message: Uint8Array): void {
    this.lastHeard = this.parts.clock.now()
    try {
      switch (message[0]) {
        case MessageType.welcome:
          if (this.state.kind === 'greeting') this.welcomed(connection, decodeWelcome(message))
          return
        case MessageType.refused:
          this.refused(connection, message)
          return
        case MessageType.bye:
          // The other side has ended the session for good: nothing of it can be resumed.
          this.forget()
          this.lose(connection, 'the peer said goodbye')
          return
        case undefined:
        default:
          if (this.state.kind === 'connected') this.session.receive(message)
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.lose(connection, error.message)
    }
  }

  private welcomed(connection: TransportConnection, welcome: Welcome): void {
    const fresh = !welcome.resumed
    if (fresh && this.resume !== undefined) this.session.reset()
    this.resume = { sessionId: welcome.sessionId, secret: welcome.secret }
    this.attemptId = this.parts.ids()
    this.attempts = 0
    this.unanswered = 0
    this.lastRefusal = undefined
    const { pingIntervalMs } = welcome
    this.enter({ kind: 'connected', connection, pingIntervalMs })
    this.lastPing = this.parts.clock.now()
    this.scheduleHeartbeat(connection, pingIntervalMs, false, pingIntervalMs)
    this.session.attach(
      (bytes) => connection.send(bytes),
      welcome.limits,
      welcome.received,
      connection.copies
    )
    this.options.onConnected?.(welcome, fresh)
    this.wake()
  }

  private refused(connection: TransportConnection, message: Uint8Array): void {
    const refusal = decodeRefusal(message)
    if (refusal.code !== 'UNKNOWN_CONNECTION') {
      this.lastRefusal = this.parts.errors(refusal.code, refusal.message)
      this.parts.logger.warn({ address: this.options.address, code: refusal.code }, refusal.message)
    }
    this.lose(connection, refusal.message)
  }

  /** The session is not to be resumed. */
  private forget(): void {
    if (this.resume === undefined) return
    this.resume = undefined
    this.session.reset()
  }

  /**
   * Pings at intervals. When a ping was not answered by the next one, that one is given half an interval: if it is not
   * answered either, the connection leads nowhere. Waiting for TCP to find that out takes as long again as the
   * connection was cut, and half a minute after a long cut.
   */
  private scheduleHeartbeat(
    connection: TransportConnection,
    intervalMs: number,
    missed: boolean,
    delayMs: number
  ): void {
    const due = this.parts.clock.now() + delayMs
    this.cancelTimer = this.parts.clock.after(delayMs, () => {
      const now = this.parts.clock.now()
      // A late timer says that this process stood still: what the peer said may wait to be read.
      const isUnanswered = now - due <= intervalMs / 2 && this.lastHeard < this.lastPing
      if (isUnanswered && missed) {
        this.lose(connection, 'two pings were not answered')
        return
      }
      this.lastPing = now
      this.session.ping()
      this.scheduleHeartbeat(connection, intervalMs, isUnanswered, isUnanswered ? intervalMs / 2 : intervalMs)
    })
  }

  private lose(connection: TransportConnection, reason: string, refused = false): void {
    if (!this.isCurrent(connection)) return
    this.lastReason = reason
    const wasConnected = this.state.kind === 'connected'
    connection.close()
    this.session.detach()
    const attempt = ++this.attempts
    this.enter({ kind: 'waiting', attempt })
    const { clock, logger } = this.parts
    const pauseMs = Math.min(backoffFirstMs * 2 ** (attempt - 1), backoffMaxMs)
    // Counted from the last dial: one that was not answered for a second has been pause enough.
    const delay = Math.max(backoffFirstMs, pauseMs - (clock.now() - this.dialledAt))
    this.cancelTimer = clock.after(delay, () => this.dial())
    logger.debug({ address: this.options.address, attempt, delay, reason }, 'connection lost')
    if (wasConnected) this.options.onDisconnected?.(reason)
    if (refused) this.options.onRefused?.()
    if (this.lastRefusal !== undefined) this.wake()
  }

  private enter(state: State): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
    this.state = state
  }

  private wake(): void {
    for (const waiter of [...this.waiters]) waiter()
  }

  private closedError(): Error {
    return this.parts.errors('CLOSED', `the connection to ${this.options.address} has been closed here`)
  }

  private unreachable(timeoutMs: number): Error {
    const why = this.lastReason === undefined ? '' : ` (${this.lastReason})`
    return this.parts.errors(
      'CONNECTION_TIMEOUT',
      `${this.options.address} did not answer within ${timeoutMs} ms${why}: is something listening there?`,
      { retryable: true }
    )
  }
}
