import type { Socket } from 'node:net'
import type { ConnectionEvents, TransportConnection, TransportLimits } from '../port.ts'
import { errorCode, guarded, report } from '../faults.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import type { ResolvedTcpOptions } from './options.ts'

/** `failing`: the connection is about to end, and takes nothing more. */
type State = 'open' | 'failing' | 'closed'

export interface TcpConnectionParts {
  readonly options: ResolvedTcpOptions
  readonly limits: TransportLimits
}

/**
 * One end of a connection, dialled or accepted.
 *
 * C1. `closed` is told at most once, never from within a call to the connection, and not after `close()`.
 * C2. Nothing is received after `closed` or `close()`.
 * C3. Whoever does not read, or sends what is no message, loses the connection, and nobody else does.
 *
 * Order of use: construct, {@link listen} in the same turn; then the port's methods.
 */
export class TcpConnection implements TransportConnection {
  readonly copies = true
  readonly remote: string
  readonly #socket: Socket
  readonly #options: ResolvedTcpOptions
  readonly #reader: FrameReader
  readonly #writer: FrameWriter
  #events: ConnectionEvents | undefined
  #state: State = 'open'

  constructor(socket: Socket, remote: string, { options, limits }: TcpConnectionParts) {
    this.remote = remote
    this.#socket = socket
    this.#options = options
    this.#reader = new FrameReader(limits.messageBytesMax, (message) => this.#received(message))
    this.#writer = new FrameWriter(socket)
    socket.on('error', (error) => this.#end(reasonOf(error), errorCode(error) === 'ECONNREFUSED'))
    socket.on('end', () => this.#end('ended by the other side'))
    socket.on('close', () => this.#end('disconnected'))
  }

  get bufferedBytes(): number {
    return this.#writer.unsentBytes
  }

  /** Says who hears of this connection. */
  listen(events: ConnectionEvents): void {
    this.#events = events
  }

  send(message: Uint8Array): void {
    if (this.#state !== 'open') return
    if (this.#writer.unsentBytes > this.#options.unsentBytesMax) {
      this.#state = 'failing'
      queueMicrotask(() => this.#end('the other side does not read'))
      return
    }
    this.#writer.send(message)
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#linger()
  }

  /** As `close()`, though whoever hears of this connection is told. Not from within a call to it. */
  retire(reason: string): void {
    if (this.#state === 'closed') return
    this.close()
    guarded(() => this.#events?.closed(reason))
  }

  /** Takes bytes that arrived; `lent` ones are used again by the caller. */
  arrived(chunk: Buffer, lent: boolean): void {
    // Read on after `close()` all the same: bytes left unread would reset the connection, and the other side
    // would lose what it was sent last.
    if (this.#state === 'closed') return
    if (!this.#reader.read(chunk, lent)) this.#end('no message, or one too long, was received')
  }

  #received(message: Buffer): void {
    if (this.#state === 'closed') return
    try {
      this.#events?.received(message)
    } catch (error) {
      report(error)
    }
  }

  /** Sends what was handed over, and then goes; soon in any case. */
  #linger(): void {
    const socket = this.#socket
    this.#writer.flush()
    if (socket.connecting && socket.writableLength === 0) {
      socket.destroy()
      return
    }
    const timer = setTimeout(() => socket.destroy(), this.#options.lingerMs).unref()
    socket.on('close', () => clearTimeout(timer))
    // All that keeps the process is what has not left.
    socket.on('finish', () => socket.unref())
    socket.end()
  }

  /** Over, by the other side or by a fault. */
  #end(reason: string, refused = false): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#socket.destroy()
    guarded(() => this.#events?.closed(reason, refused))
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const code = errorCode(error)
  if (error.syscall === 'getaddrinfo') return `cannot resolve: ${error.message}`
  return code === 'ECONNREFUSED' ? 'nobody answers there' : `disconnected: ${code}`
}
