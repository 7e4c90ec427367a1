import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Which way bytes go. */
export type Direction = 'to the listener' | 'to the dialler'

/** What becomes of one connection. */
export interface Cut {
  /** Whose bytes are counted. */
  readonly direction: Direction
  /** How many of them still pass. */
  readonly afterBytes: number
  /** How long the other direction goes on before the connection ends. */
  readonly stallMs: number
  /** Whether both ends hear a reset, rather than an end. */
  readonly reset: boolean
}

/** Stands between diallers and a listener, passes bytes on, and cuts each connection at the byte it is told to. */
export class CuttingProxy {
  /** Connections that were cut: those that ended by themselves before are not counted. */
  cuts = 0

  private readonly server: Server
  private readonly port: number
  private readonly plan: () => Cut | undefined
  private readonly open = new Set<Socket>()

  /** @param plan asked for every connection; undefined lets it live */
  private constructor(port: number, plan: () => Cut | undefined) {
    this.port = port
    this.plan = plan
    this.server = createServer({ noDelay: true }, (dialled) => this.join(dialled))
  }

  static async to(port: number, plan: () => Cut | undefined): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port, plan)
    proxy.server.listen(0, '127.0.0.1')
    await once(proxy.server, 'listening')
    return proxy
  }

  /** Where to dial. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    for (const socket of this.open) socket.destroy()
    await closed
  }

  private join(dialled: Socket): void {
    const onward = connect({ host: '127.0.0.1', port: this.port, noDelay: true })
    const cut = this.plan()
    const end = (): void => {
      for (const socket of [dialled, onward]) {
        if (cut?.reset === true) socket.resetAndDestroy()
        else socket.destroy()
      }
    }
    const meet = (): void => {
      this.cuts++
      if (cut === undefined || cut.stallMs === 0) end()
      else setTimeout(end, cut.stallMs)
    }
    for (const socket of [dialled, onward]) {
      this.open.add(socket)
      // Either end may go by itself, and may have been reset by the other.
      socket.on('error', () => {})
      socket.on('close', () => {
        this.open.delete(socket)
        end()
      })
    }
    pass(dialled, onward, cut?.direction === 'to the listener' ? cut.afterBytes : Infinity, meet)
    pass(onward, dialled, cut?.direction === 'to the dialler' ? cut.afterBytes : Infinity, meet)
  }
}

/** Passes so many bytes on, calls `meet` once, and swallows the rest. */
function pass(from: Socket, to: Socket, bytes: number, meet: () => void): void {
  let left = bytes
  let isMet = false
  from.on('data', (chunk: Buffer) => {
    const passed = chunk.length <= left ? chunk : chunk.subarray(0, left)
    left -= passed.length
    if (passed.length > 0 && !to.write(passed)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
    if (left > 0 || isMet) return
    isMet = true
    meet()
  })
}
