import type { Router } from 'zeromq'
import type { ConnectionEvents, TransportConnection } from '../port.ts'
import { endMarkerTo } from './end-marker.ts'
import { errorCode, guarded, ignore } from '../faults.ts'

/** What a connection needs of its listener. */
export interface AcceptingListener {
  readonly socket: Router
  /** The connection is over and its routing id free to forget. */
  forget(connection: AcceptedConnection): void
}

/**
 * A peer of a listener, known by its routing id. All peers share the listener's socket; sending to one that has
 * gone, or does not read, fails at once (`mandatory`), and ends that peer's connection only.
 */
export class AcceptedConnection implements TransportConnection {
  readonly copies = true
  readonly remote: string
  readonly key: number
  readonly #routingId: Buffer
  readonly #listener: AcceptingListener
  #events: ConnectionEvents | undefined
  #ended = false

  constructor(key: number, routingId: Buffer, port: number, listener: AcceptingListener) {
    this.key = key
    this.remote = `peer ${(key >>> 0).toString(16)} of port ${port}`
    this.#routingId = routingId
    this.#listener = listener
  }

  /** ZeroMQ takes a message at once or not at all, and does not tell when it has left. */
  get bufferedBytes(): number {
    return 0
  }

  /** Says who hears of this connection. */
  listen(events: ConnectionEvents): void {
    this.#events = events
  }

  /** Sent within this call, or failed: see the dialled connection. So no send ever meets another (EBUSY). */
  send(message: Uint8Array): void {
    if (this.#ended) return
    this.#listener.socket.send([this.#routingId, message as Buffer]).then(undefined, this.#sendFailed)
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listener.socket.send(endMarkerTo(this.#routingId)).then(undefined, ignore)
    this.#listener.forget(this)
  }

  received(message: Buffer): void {
    if (!this.#ended) this.#events?.received(message)
  }

  /** Over, by the other side or by a fault. */
  end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#listener.forget(this)
    guarded(() => this.#events?.closed(reason))
  }

  readonly #sendFailed = (error: unknown): void => {
    switch (errorCode(error)) {
      case 'EHOSTUNREACH':
        return this.end('the other side is gone')
      case 'EAGAIN':
        return this.end('the other side does not read')
      default:
        return this.end(`cannot send: ${errorCode(error)}`)
    }
  }
}
