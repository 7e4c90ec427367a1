import { lookup } from 'node:dns'
import { Dealer, type Context, type EventType } from 'zeromq'
import type { ConnectionEvents, TransportConnection, TransportLimits } from '../port.ts'
import { endpointOf, type DialTarget } from '../address.ts'
import { answersFirst } from '../turns.ts'
import { endMarker, isEndMarker } from './end-marker.ts'
import { errorCode, guarded, ignore, report } from '../faults.ts'
import type { ResolvedZeromqOptions } from './options.ts'
import { probeRefused } from '../probe.ts'
import { watchSocket } from './socket-watch.ts'

/**
 * libzmq must not dial by itself: whoever dialled does that, with a new handshake. Turning it off (-1) makes
 * libzmq drop a broken connection's pipe at once, with the messages in it that were not read yet, and report
 * nothing at all for a name that cannot be resolved. A first attempt that is far off avoids both; the socket
 * is closed long before.
 */
const reconnectNeverMs = 3_600_000

/** What may wait for the address to be looked up. */
const resolvingBytesMax = 64 * 1024 * 1024

type State =
  | { readonly kind: 'resolving'; readonly waiting: Uint8Array[]; waitingBytes: number }
  | { readonly kind: 'open'; readonly socket: Dealer; readonly host: string; connected: boolean }
  /** The connection is lost; what arrived before that is still being read. */
  | { readonly kind: 'draining'; readonly socket: Dealer }
  | { readonly kind: 'ended' }

export interface DialOptions {
  readonly context: Context
  readonly options: ResolvedZeromqOptions
  readonly limits: TransportLimits
}

/**
 * A connection that was dialled: a DEALER with one peer, watched for when it is lost.
 *
 * D1. `closed` is told at most once, never from within a call to the connection, and not after `close()`.
 * D2. All that arrived before the connection was lost is received before `closed`.
 * D3. At most one connection is made: it is lost, or refused, for good.
 */
export class DialledConnection implements TransportConnection {
  readonly copies = true
  readonly remote: string
  readonly #dialOptions: DialOptions
  readonly #events: ConnectionEvents
  readonly #port: number
  #state: State = { kind: 'resolving', waiting: [], waitingBytes: 0 }

  constructor(target: DialTarget, dialOptions: DialOptions, events: ConnectionEvents) {
    this.remote = endpointOf(target.host, target.port).url
    this.#dialOptions = dialOptions
    this.#events = events
    this.#port = target.port
    if (target.family === 0) this.#resolve(target)
    else this.#connect(target.host, target.port)
  }

  /**
   * ZeroMQ takes a message at once or not at all, and does not tell when it has left: what waits for the
   * address is all that is known. The high-water mark bounds the rest.
   */
  get bufferedBytes(): number {
    return this.#state.kind === 'resolving' ? this.#state.waitingBytes : 0
  }

  /**
   * Sent within this call: with a send timeout of 0 zeromq.js hands the message to libzmq or fails before it
   * returns, so that no send is ever in flight that a second one could meet (EBUSY). The promise is only
   * there for the failure.
   */
  send(message: Uint8Array): void {
    const state = this.#state
    if (state.kind === 'open') {
      state.socket.send(message as Buffer).then(undefined, this.#sendFailed)
    } else if (state.kind === 'resolving') {
      state.waiting.push(message)
      state.waitingBytes += message.byteLength
      if (state.waitingBytes > resolvingBytesMax) this.#endLater('too much sent to an address not yet known')
    }
  }

  close(): void {
    const state = this.#state
    this.#state = { kind: 'ended' }
    if (state.kind === 'resolving' || state.kind === 'ended') return
    if (state.kind === 'open') state.socket.send(endMarker).then(undefined, ignore)
    else state.socket.linger = 0
    state.socket.close()
  }

  /** Done here, because libzmq resolves on the one thread that carries every other connection too. */
  #resolve(target: DialTarget): void {
    lookup(target.host, { all: true }, (error, found) => {
      if (this.#state.kind !== 'resolving') return
      const address = found?.find(({ family }) => family === 4) ?? found?.[0]
      if (address === undefined) this.#end(`cannot resolve ${target.host}: ${errorCode(error)}`)
      else this.#connect(address.address, target.port)
    })
  }

  #connect(host: string, port: number): void {
    const waiting = this.#state.kind === 'resolving' ? this.#state.waiting : []
    const { context, options, limits } = this.#dialOptions
    const endpoint = endpointOf(host, port)
    try {
      const socket = new Dealer({
        context,
        ipv6: endpoint.ipv6,
        linger: options.lingerMs,
        sendTimeout: 0,
        sendHighWaterMark: options.highWaterMark,
        receiveHighWaterMark: options.highWaterMark,
        maxMessageSize: limits.messageBytesMax,
        connectTimeout: options.connectTimeoutMs,
        reconnectInterval: reconnectNeverMs
      })
      this.#state = { kind: 'open', socket, host, connected: false }
      watchSocket(socket, (type) => this.#happened(type)).catch(this.#dialFailed)
      socket.connect(endpoint.url)
      this.#receive(socket).catch(report)
    } catch (error) {
      this.#dialFailed(error)
      return
    }
    for (const message of waiting) this.send(message)
  }

  async #receive(socket: Dealer): Promise<void> {
    const events = this.#events
    for (;;) {
      let frames: Buffer[]
      try {
        frames = await socket.receive()
      } catch (error) {
        if (this.#state.kind === 'ended') return
        if (errorCode(error) === 'EAGAIN') continue
        this.#end(`cannot receive: ${errorCode(error)}`)
        return
      }
      if (this.#state.kind === 'ended') return
      const message = frames[0]
      if (frames.length === 1 && message !== undefined) {
        try {
          events.received(message)
        } catch (error) {
          report(error)
        }
        await answersFirst()
        if (this.#isEnded) return
      } else if (isEndMarker(frames, 0)) {
        this.#end('ended by the other side')
      }
    }
  }

  get #isEnded(): boolean {
    return this.#state.kind === 'ended'
  }

  #happened(type: EventType): void {
    const reason = losses[type]
    if (reason !== undefined) this.#lost(reason)
    else if (type === 'connect' && this.#state.kind === 'open') {
      this.#state.connected = true
      guarded(() => this.#events.reached?.())
    }
  }

  #lost(reason: string): void {
    if (this.#state.kind !== 'open') return
    const { socket, host, connected } = this.#state
    this.#state = { kind: 'draining', socket }
    if (connected) setImmediate(() => this.#drain(reason))
    // libzmq does not tell a refusal from a connection that could not be made for another reason.
    else probeRefused(host, this.#port, (refused) => this.#end(reason, refused))
  }

  /**
   * Ends once everything that had arrived is received. Asking `readable` eats the signal that the reader waits
   * for, so the reader is woken first: a send does that. The message goes nowhere, the peer is gone.
   */
  #drain(reason: string): void {
    if (this.#state.kind !== 'draining') return
    const { socket } = this.#state
    socket.send(endMarker).then(undefined, ignore)
    if (socket.readable) setImmediate(() => this.#drain(reason))
    // What woke the reader just now is received before the next turn.
    else setImmediate(() => this.#end(reason))
  }

  readonly #sendFailed = (error: unknown): void => {
    // EAGAIN: the peer does not read, and the queue is at its high-water mark.
    this.#end(
      errorCode(error) === 'EAGAIN' ? 'the other side does not read' : `cannot send: ${errorCode(error)}`
    )
  }

  /** Too many sockets or files, say: the address may be right, so it is as if nobody answered. */
  readonly #dialFailed = (error: unknown): void => {
    this.#endLater(`cannot dial: ${errorCode(error)}`)
  }

  #endLater(reason: string): void {
    queueMicrotask(() => this.#end(reason))
  }

  #end(reason: string, refused = false): void {
    const state = this.#state
    if (state.kind === 'ended') return
    this.#state = { kind: 'ended' }
    if (state.kind !== 'resolving') {
      state.socket.linger = 0
      state.socket.close()
    }
    guarded(() => this.#events.closed(reason, refused))
  }
}

/** Why each of these events means that the connection is lost, or was never made. */
const losses: { readonly [type in EventType]?: string } = {
  disconnect: 'disconnected',
  close: 'nobody answers there',
  'connect:retry': 'nobody answers there',
  'handshake:error:auth': 'no ZeroMQ peer answers there',
  'handshake:error:other': 'no ZeroMQ peer answers there',
  'handshake:error:protocol': 'no ZeroMQ peer answers there',
  end: 'the socket was closed'
}
