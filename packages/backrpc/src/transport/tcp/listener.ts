import { createServer, type Server, type Socket } from 'node:net'
import type { ConnectionEvents, ListenOptions, TransportConnection, TransportListener } from '../port.ts'
import { endpointOf } from '../address.ts'
import { ignore, report } from '../faults.ts'
import { TcpConnection, type TcpConnectionParts } from './connection.ts'
import { listenNow } from './listen-now.ts'

export interface TcpListenOptions extends TcpConnectionParts {
  readonly accept: (connection: TransportConnection) => ConnectionEvents
}

/** A listening end: a connection is accepted as it is made, before anything is said on it. */
export class TcpListener implements TransportListener {
  readonly port: number
  readonly #server: Server
  readonly #options: TcpListenOptions
  readonly #connections = new Set<TcpConnection>()
  #closing: Promise<void> | undefined

  constructor(where: ListenOptions, options: TcpListenOptions) {
    this.#options = options
    this.#server = createServer({ noDelay: true })
    this.#server.maxConnections = options.options.connectionsMax
    this.#server.on('connection', (socket) => this.#admit(socket))
    // What failed to listen is known already; what cannot be accepted, for want of files, say, is not to end all.
    this.#server.on('error', ignore)
    this.port = listenNow(this.#server, where)
  }

  /** Resolved when the port is free again and the connections are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // The connections hear of it, though not from within this call.
    await Promise.resolve()
    await new Promise<void>((resolve) => {
      // What lingers keeps no process alive, and whoever awaits this must not be left waiting.
      const timer = setTimeout(resolve, this.#options.options.lingerMs + 100)
      this.#server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      for (const connection of this.#connections) connection.retire('the listener has closed')
    })
  }

  #admit(socket: Socket): void {
    const connection = new TcpConnection(socket, remoteOf(socket), this.#options)
    this.#connections.add(connection)
    socket.on('data', (chunk) => connection.arrived(chunk, false))
    socket.on('close', () => this.#connections.delete(connection))
    try {
      connection.listen(this.#options.accept(connection))
    } catch (error) {
      connection.close()
      report(error)
    }
  }
}

/** IPv4 peers of a socket for both look like `::ffff:127.0.0.1`. */
function remoteOf({ remoteAddress = 'gone', remotePort = 0 }: Socket): string {
  return endpointOf(remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''), remotePort).url
}
