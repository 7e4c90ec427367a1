import type { ConnectionEvents, TransportConnection } from '../port.ts'
import type { Link } from './link.ts'

export interface MemoryEndOptions {
  readonly messageBytesMax: number
  readonly queuedBytesMax: number
  /** More is queued than may be. Called once, from within `send`. */
  readonly overflowed: () => void
  /** This end was closed from above. */
  readonly released: () => void
}

/** `failing`: the connection is about to end, and takes nothing more. */
type EndState = 'open' | 'failing' | 'closed'

/** One end of a memory connection, as the session above sees it. */
export class MemoryEnd implements TransportConnection {
  /** The other side is handed the very same bytes. */
  readonly copies = false
  readonly remote: string
  readonly #out: Link
  readonly #options: MemoryEndOptions
  #events: ConnectionEvents | undefined
  #state: EndState = 'open'

  constructor(remote: string, out: Link, options: MemoryEndOptions) {
    this.remote = remote
    this.#out = out
    this.#options = options
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  get bufferedBytes(): number {
    return this.#out.queuedBytes
  }

  /** Says who hears of this end. */
  listen(events: ConnectionEvents): void {
    this.#events = events
  }

  /** The bytes are handed on as they are, not copied: the receiver only reads, the sender may send them again. */
  send(message: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#out.send({ kind: 'message', bytes: message })
    if (this.#out.queuedBytes <= this.#options.queuedBytesMax) return
    this.#state = 'failing'
    this.#options.overflowed()
  }

  close(): void {
    if (this.closed) return
    this.#state = 'closed'
    this.#out.send({ kind: 'end', reason: 'ended by the other side' })
    this.#options.released()
  }

  /** Hands over a message that arrived; false if it is longer than this end takes. */
  deliver(message: Uint8Array): boolean {
    if (this.closed) return true
    if (message.byteLength > this.#options.messageBytesMax) return false
    this.#events?.received(message)
    return true
  }

  /** The connection has ended for this end. */
  end(reason: string, refused = false): void {
    if (this.closed) return
    this.#state = 'closed'
    this.#events?.closed(reason, refused)
  }

  /** Ends without a word, as a process does that is killed. */
  vanish(): void {
    this.#state = 'closed'
  }
}
