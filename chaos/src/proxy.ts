import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'

/** Where a proxy stands, and where it leads. */
export interface ProxyOptions {
  readonly host: string
  /** @default the system chooses */
  readonly port?: number
  readonly to: { readonly host: string; readonly port: number }
}

/** Passes TCP connections on, until it is told to reset them. */
export class Proxy {
  private readonly options: ProxyOptions
  private server: Server | undefined
  private readonly sockets = new Set<Socket>()
  /** Bytes until all connections are reset. */
  private budget: { bytes: number; readonly done: () => void } | undefined
  private ownPort: number

  constructor(options: ProxyOptions) {
    this.options = options
    this.ownPort = options.port ?? 0
  }

  get address(): string {
    return `${this.options.host}:${this.ownPort}`
  }

  /** Listens. */
  async up(): Promise<void> {
    if (this.server !== undefined) return
    this.server = createServer((socket) => this.accept(socket))
    this.server.listen(this.ownPort, this.options.host)
    await once(this.server, 'listening')
    this.ownPort = (this.server.address() as AddressInfo).port
  }

  /** Resets all connections, and refuses new ones: what is behind it is no more. */
  down(): void {
    this.server?.close()
    this.server = undefined
    this.reset()
  }

  /** Resets all connections once this many more bytes have passed, in the middle of a message if so it falls. */
  async resetAfter(bytes: number, timeoutMs: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, timeoutMs)
      this.budget = {
        bytes,
        done: () => {
          clearTimeout(timer)
          done()
        }
      }
    })
    this.reset()
  }

  private reset(): void {
    this.budget = undefined
    for (const socket of this.sockets) socket.resetAndDestroy()
    this.sockets.clear()
  }

  private accept(socket: Socket): void {
    const onward = connect(this.options.to.port, this.options.to.host)
    this.pass(socket, onward)
    this.pass(onward, socket)
  }

  private pass(from: Socket, to: Socket): void {
    from.setNoDelay(true)
    this.sockets.add(from)
    from.on('data', (chunk) => {
      const { budget } = this
      if (budget !== undefined && budget.bytes < chunk.length) {
        to.write(chunk.subarray(0, budget.bytes))
        budget.done()
        return
      }
      if (budget !== undefined) budget.bytes -= chunk.length
      if (to.write(chunk)) return
      from.pause()
      to.once('drain', () => from.resume())
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.sockets.delete(from)
      to.destroy()
    })
  }
}
