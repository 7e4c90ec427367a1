import { withErrors } from '../errors.ts'
import { MalformedMessage } from '../protocol/bytes.ts'
import { MessageType } from '../protocol/frames.ts'
import {
  decodeHello,
  encodeRefusal,
  encodeWelcome,
  protocolVersion,
  type Hello
} from '../protocol/handshake.ts'
import { Session } from '../session/session.ts'
import type { ConnectionEvents, TransportConnection, TransportListener } from '../transport/port.ts'
import { resolvePeerOptions, type PeerOptions, type ResolvedPeerOptions } from './options.ts'

/** What a listener is told. */
export interface ListenerOptions extends PeerOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** How often diallers ping. */
  readonly pingIntervalMs: number
  /** Sent with every welcome. */
  readonly details?: (() => unknown) | undefined
  /** Sessions at once; beyond, newcomers are refused. @default 65536 */
  readonly sessionsMax?: number | undefined
  /** Looks at a newcomer; throws to refuse it. */
  readonly onHello?: ((hello: Hello) => void) | undefined
  readonly onSession?: ((peer: ListenerPeer) => void) | undefined
  /** Something was heard of this peer: at most once a ping. */
  readonly onHeard?: ((peer: ListenerPeer) => void) | undefined
  /** The session is over: it said goodbye, or was silent for too long. */
  readonly onEnded?: ((peer: ListenerPeer, reason: 'goodbye' | 'expired' | 'closed') => void) | undefined
}

/** A session of a listener, and who is at its other end. */
export interface ListenerPeer {
  readonly id: string
  readonly session: Session
  readonly hello: Hello
}

interface Bound extends ListenerPeer {
  hello: Hello
  readonly secret: string
  attached: Attached | undefined
  lastHeard: number
  /** The attempt by which it was opened, until the dialler is known to have got its welcome. */
  attempt: string | undefined
}

/** A connection that has not been closed: greeting while it has no peer. */
interface Attached {
  readonly connection: TransportConnection
  readonly since: number
  peer: Bound | undefined
}

/** How much longer than its alive timeout a silent session is kept, so that it can still be resumed. */
export const sessionGraceMs = 5000
const greetingTimeoutMs = 5000
const sweepIntervalMs = 500

/**
 * The listening end: welcomes diallers, gives each a session with a secret, lets it resume the session over
 * another connection, and ends sessions that have been silent for too long.
 *
 * - An old connection's end, or anything that still arrives on it, never harms the session that has moved on.
 * - A message that is malformed ends the connection it came on, and nothing else (I13).
 */
export class Listener {
  /** Messages that were refused since the start. */
  refusedMessages = 0

  private readonly options: ListenerOptions
  private readonly parts: ResolvedPeerOptions
  private readonly transport: TransportListener
  private readonly sessions = new Map<string, Bound>()
  /** Sessions whose welcome may have been lost, by the attempt that opened them. */
  private readonly unconfirmed = new Map<string, Bound>()
  private readonly connections = new Set<Attached>()
  private cancelSweep: (() => void) | undefined
  private lastSweep: number
  private closed = false

  /** @throws `ADDRESS_IN_USE`, `ADDRESS_INVALID` */
  constructor(options: ListenerOptions) {
    this.options = options
    this.parts = resolvePeerOptions(options)
    const { transport, transportLimits, clock } = this.parts
    this.lastSweep = clock.now()
    this.transport = withErrors(this.parts.errors, () =>
      transport.listen({ host: options.host, port: options.port }, transportLimits, (connection) =>
        this.accept(connection)
      )
    )
    this.scheduleSweep()
  }

  get port(): number {
    return this.transport.port
  }

  /** The sessions that are alive, connected or not. */
  get peers(): Iterable<ListenerPeer> {
    return this.sessions.values()
  }

  get sessionCount(): number {
    return this.sessions.size
  }

  /** Says goodbye to everyone and stops listening. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.cancelSweep?.()
    const error = this.parts.errors('CLOSED', 'the listener has been closed')
    for (const peer of [...this.sessions.values()]) {
      peer.session.flush()
      peer.attached?.connection.send(Uint8Array.of(MessageType.bye))
      this.endSession(peer, 'closed', error)
    }
    await this.transport.close()
  }

  private accept(connection: TransportConnection): ConnectionEvents {
    const attached: Attached = { connection, since: this.parts.clock.now(), peer: undefined }
    this.connections.add(attached)
    return {
      received: (message) => {
        if (!this.connections.has(attached)) return
        try {
          if (attached.peer === undefined) this.greet(attached, message)
          else this.receiveBound(attached, attached.peer, message)
        } catch (error) {
          if (!(error instanceof MalformedMessage)) throw error
          this.refusedMessages++
          this.parts.logger.warn({ remote: connection.remote, reason: error.message }, 'message refused')
          this.drop(attached)
        }
      },
      closed: () => this.drop(attached)
    }
  }

  /** Ends a connection; its session, if it has one, waits for the next. */
  private drop(attached: Attached): void {
    if (!this.connections.delete(attached)) return
    const { connection, peer } = attached
    if (peer?.attached === attached) {
      peer.attached = undefined
      peer.session.detach()
    }
    connection.close()
  }

  private receiveBound(attached: Attached, peer: Bound, message: Uint8Array): void {
    // What an old connection still brings belongs to nobody: the session has moved on.
    if (peer.attached !== attached) return
    const type = message[0]
    peer.lastHeard = this.parts.clock.now()
    this.forgetAttempt(peer)
    if (type === MessageType.bye) {
      this.endSession(peer, 'goodbye', this.parts.errors('CLOSED', 'the peer has closed the session'))
      return
    }
    // A ping also tells the layers above; other messages are too many for that.
    if (type === MessageType.ping) this.options.onHeard?.(peer)
    peer.session.receive(message)
  }

  private greet(attached: Attached, message: Uint8Array): void {
    const { connection } = attached
    const refuse = (code: string, text: string): void => {
      connection.send(encodeRefusal({ code, message: text }))
      this.drop(attached)
    }
    // After this process was restarted, peers go on talking on connections that it knows nothing of.
    if (message[0] !== MessageType.hello) {
      this.refusedMessages++
      refuse('UNKNOWN_CONNECTION', 'this connection has not been greeted')
      return
    }
    const hello = decodeHello(message)
    if (hello.protocolMin > protocolVersion || hello.protocolMax < protocolVersion) {
      const theirs = `${hello.protocolMin} to ${hello.protocolMax}`
      refuse('HANDSHAKE_REFUSED', `protocol ${protocolVersion} is spoken here, you speak ${theirs}`)
      return
    }
    const resumed = this.resumable(hello)
    const known = resumed ?? this.greetedBefore(hello)
    if (known === undefined && this.sessions.size >= (this.options.sessionsMax ?? 65_536)) {
      refuse('OVERLOADED', `${this.sessions.size} sessions are open already`)
      return
    }
    try {
      this.options.onHello?.(hello)
    } catch (error) {
      const code = (error as { code?: unknown }).code
      refuse(typeof code === 'string' ? code : 'HANDSHAKE_REFUSED', (error as Error).message)
      return
    }
    if (resumed !== undefined) this.forgetAttempt(resumed)
    const peer = known === undefined ? this.open(attached, hello) : this.resume(known, attached, hello)
    attached.peer = peer
    this.welcome(peer, connection, resumed !== undefined)
    if (known === undefined) this.options.onSession?.(peer)
    this.options.onHeard?.(peer)
    const received = resumed === undefined ? 0 : (hello.resume?.received ?? 0)
    peer.session.attach((bytes) => connection.send(bytes), hello.limits, received, connection.copies)
  }

  /** The session that a dialler goes on with, if it shows the secret. */
  private resumable({ resume, peerId }: Hello): Bound | undefined {
    const known = resume === undefined ? undefined : this.sessions.get(resume.sessionId)
    return known?.secret === resume?.secret && known?.hello.peerId === peerId ? known : undefined
  }

  /**
   * The session that was opened for an earlier greeting of the same attempt. Its dialler has seen no welcome, so
   * neither side has anything of the other: it is as good as new.
   */
  private greetedBefore({ attempt, peerId }: Hello): Bound | undefined {
    const known = attempt === undefined ? undefined : this.unconfirmed.get(attempt)
    return known?.hello.peerId === peerId ? known : undefined
  }

  /** The session is over, or its dialler has got the welcome: no greeting of its attempt finds it any more. */
  private forgetAttempt(peer: Bound): void {
    const { attempt } = peer
    if (attempt === undefined) return
    if (this.unconfirmed.get(attempt) === peer) this.unconfirmed.delete(attempt)
    peer.attempt = undefined
  }

  private open(attached: Attached, hello: Hello): Bound {
    const { ids, clock } = this.parts
    const peer: Bound = {
      id: ids(),
      secret: ids(),
      session: new Session(this.parts),
      hello,
      attached,
      lastHeard: clock.now(),
      attempt: hello.attempt
    }
    this.sessions.set(peer.id, peer)
    if (hello.attempt !== undefined) this.unconfirmed.set(hello.attempt, peer)
    return peer
  }

  private resume(peer: Bound, attached: Attached, hello: Hello): Bound {
    const old = peer.attached
    peer.attached = attached
    peer.hello = hello
    peer.lastHeard = this.parts.clock.now()
    peer.session.detach()
    if (old !== undefined) this.drop(old)
    return peer
  }

  private welcome(peer: Bound, connection: TransportConnection, resumed: boolean): void {
    connection.send(
      encodeWelcome({
        protocol: protocolVersion,
        sessionId: peer.id,
        secret: peer.secret,
        resumed,
        received: peer.session.received,
        limits: this.parts.limits,
        pingIntervalMs: this.options.pingIntervalMs,
        details: this.options.details?.()
      })
    )
  }

  private endSession(peer: Bound, reason: 'goodbye' | 'expired' | 'closed', error: Error): void {
    if (this.sessions.get(peer.id) !== peer) return
    this.sessions.delete(peer.id)
    this.forgetAttempt(peer)
    if (peer.attached !== undefined) this.drop(peer.attached)
    peer.session.end(error)
    this.options.onEnded?.(peer, reason)
  }

  private scheduleSweep(): void {
    this.cancelSweep = this.parts.clock.after(sweepIntervalMs, () => {
      this.sweep(this.parts.clock.now())
      if (!this.closed) this.scheduleSweep()
    })
  }

  private sweep(now: number): void {
    const stalledMs = now - this.lastSweep
    const stalled = stalledMs > sweepIntervalMs * 3
    this.lastSweep = now
    for (const peer of [...this.sessions.values()]) {
      // This process stood still: what peers said meanwhile waits to be read, so look again later.
      if (stalled) peer.lastHeard = Math.min(now, peer.lastHeard + stalledMs)
      if (now - peer.lastHeard <= peer.hello.aliveTimeoutMs + sessionGraceMs) continue
      this.endSession(peer, 'expired', this.parts.errors('CLOSED', 'the peer was silent for too long'))
    }
    for (const attached of [...this.connections]) {
      if (attached.peer === undefined && now - attached.since > greetingTimeoutMs) this.drop(attached)
    }
  }
}
