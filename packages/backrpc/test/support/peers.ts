import { rpcError } from '../../src/errors.ts'
import { Dialler, type DiallerOptions } from '../../src/peer/dialler.ts'
import { Listener, type ListenerOptions, type ListenerPeer } from '../../src/peer/listener.ts'
import { decodeValue, encodeValue } from '../../src/protocol/values.ts'
import type { IncomingCall } from '../../src/session/incoming-call.ts'
import { type CallOptions, type Session, type SessionHandler } from '../../src/session/session.ts'
import { createMemoryNetwork } from '../../src/transport/memory/index.ts'
import type { ConnectionEvents, TransportConnection } from '../../src/transport/port.ts'
import { FakeClock } from './fake-clock.ts'
import type { Outcome } from './session-pair.ts'
import { Turns } from './turns.ts'

/** A listener, what it was asked, and who came and went. */
export interface TestServer {
  readonly listener: Listener
  readonly calls: IncomingCall[]
  readonly sessions: ListenerPeer[]
  readonly ended: Array<{ peer: ListenerPeer; reason: string }>
}

/** A dialler, and what it was told. */
export interface TestClient {
  readonly dialler: Dialler
  readonly connected: Array<{ fresh: boolean }>
  readonly disconnected: string[]
}

/** A network in one process on virtual time: nothing moves and no time passes but by `run` and `pass`. */
export class TestPeers {
  readonly clock = new FakeClock()
  readonly turns = new Turns()
  readonly network = createMemoryNetwork({ schedule: (deliver) => this.due.push(deliver) })
  private readonly due: Array<() => void> = []
  private lastId = 0

  /** Listens at port 1000. `onRequest` defaults to an echo. */
  listen(options: Partial<ListenerOptions> = {}, onRequest: (call: IncomingCall) => void = echo): TestServer {
    const calls: IncomingCall[] = []
    const sessions: ListenerPeer[] = []
    const ended: TestServer['ended'] = []
    const handler: SessionHandler = {
      request: (call) => {
        calls.push(call)
        onRequest(call)
      },
      send: () => {}
    }
    const listener = new Listener({
      ...this.common('server', handler),
      host: '*',
      port: 1000,
      pingIntervalMs: 1000,
      onSession: (peer) => sessions.push(peer),
      onEnded: (peer, reason) => ended.push({ peer, reason }),
      ...options
    })
    return { listener, calls, sessions, ended }
  }

  dial(options: Partial<DiallerOptions> = {}): TestClient {
    const connected: TestClient['connected'] = []
    const disconnected: string[] = []
    const dialler = new Dialler({
      ...this.common('client', { request: echo, send: () => {} }),
      address: 'localhost:1000',
      peerId: 'client-1',
      aliveTimeoutMs: 3000,
      onConnected: (_welcome, fresh) => connected.push({ fresh }),
      onDisconnected: (reason) => disconnected.push(reason),
      ...options
    })
    dialler.start()
    return { dialler, connected, disconnected }
  }

  /** A connection without a session, to say on it whatever a test likes. */
  dialRaw(node = 'stranger'): { connection: TransportConnection; heard: Uint8Array[]; closed: string[] } {
    const heard: Uint8Array[] = []
    const closed: string[] = []
    const events: ConnectionEvents = {
      received: (message) => heard.push(message),
      closed: (reason) => closed.push(reason)
    }
    const limits = { messageBytesMax: 1 << 30 }
    return { connection: this.network.transport(node).dial('localhost:1000', limits, events), heard, closed }
  }

  /** Delivers one thing. Returns false if nothing is under way. */
  step(): boolean {
    const deliver = this.due.shift()
    deliver?.()
    return deliver !== undefined
  }

  /** Ends turns and delivers until nothing moves any more; no time passes. */
  run(): void {
    for (;;) {
      this.turns.end()
      if (!this.step() && !this.turns.pending) return
    }
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.run()
    this.clock.advance(ms, () => this.run())
    this.run()
  }

  /** Every connection is reset. */
  reset(): void {
    for (const connection of this.network.connections()) connection.reset()
  }

  private common(node: string, handler: SessionHandler) {
    const { clock } = this
    const ids = (): string => `id-${++this.lastId}`
    return { transport: this.network.transport(node), clock, handler, ids, defer: this.turns.defer }
  }
}

/** Answers with what was asked. */
export function echo(call: IncomingCall): void {
  call.respondRaw(call.rawPayload)
}

/** Asks; the outcome is filled in once there is one. */
export function ask(session: Session, data: unknown, options: Partial<CallOptions> = {}): Outcome[] {
  const outcomes: Outcome[] = []
  const payload = encodeValue(data, rpcError)
  session.call({ operation: 'test', payload, timeoutMs: 30_000, ...options }, (error, answer) => {
    outcomes.push(error === undefined ? { value: decodeValue(answer as Uint8Array, rpcError) } : { error })
  })
  return outcomes
}
