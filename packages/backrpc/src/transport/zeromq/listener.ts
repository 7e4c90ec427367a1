import { Router, type Context } from 'zeromq'
import { RpcError } from '../../errors.ts'
import type {
  ConnectionEvents,
  ListenOptions,
  TransportConnection,
  TransportLimits,
  TransportListener
} from '../port.ts'
import { AcceptedConnection, type AcceptingListener } from './accepted-connection.ts'
import { parseListenAddress } from '../address.ts'
import { isEndMarker } from './end-marker.ts'
import { errorCode, report } from '../faults.ts'
import type { ResolvedZeromqOptions } from './options.ts'
import { answersFirst } from '../turns.ts'
import { RecentlyClosed } from './recently-closed.ts'
import { watchSocket } from './socket-watch.ts'

/** After a restart all peers dial at once; those beyond the backlog wait a second, and have given up by then. */
const backlog = 4096

/** Messages that a listener received and could not give to anybody. */
export interface DroppedMessages {
  /** Not one frame, or from a peer that chose its own routing id. */
  malformed: number
  /** From peers beyond the number of connections. */
  beyondConnectionsMax: number
}

export interface ZeromqListenOptions {
  readonly context: Context
  readonly options: ResolvedZeromqOptions
  readonly limits: TransportLimits
  readonly accept: (connection: TransportConnection) => ConnectionEvents
}

/**
 * A listener: one ROUTER for all peers. A peer is accepted when its first message arrives; ZeroMQ does not
 * tell when it goes.
 *
 * L1. At most `connectionsMax` entries; an entry goes with its connection.
 * L2. Whatever one peer sends, no other peer's connection ends by it.
 * L3. A connection that was closed here is not taken for a new one by what its peer still sends (bounded).
 */
export class ZeromqListener implements TransportListener {
  readonly port: number
  readonly dropped: Readonly<DroppedMessages>
  readonly #dropped: DroppedMessages = { malformed: 0, beyondConnectionsMax: 0 }
  readonly #socket: Router
  /** What the connections need of this listener. */
  readonly #accepting: AcceptingListener
  readonly #accept: (connection: TransportConnection) => ConnectionEvents
  readonly #connectionsMax: number
  readonly #connections = new Map<number, AcceptedConnection>()
  readonly #recentlyClosed = new RecentlyClosed()
  #closing: Promise<void> | undefined

  constructor(where: ListenOptions, { context, options, limits, accept }: ZeromqListenOptions) {
    const endpoint = parseListenAddress(where.host, where.port)
    this.dropped = this.#dropped
    this.#accept = accept
    this.#connectionsMax = options.connectionsMax
    this.#socket = new Router({
      context,
      ipv6: endpoint.ipv6,
      mandatory: true,
      handover: false,
      backlog,
      linger: options.lingerMs,
      sendTimeout: 0,
      sendHighWaterMark: options.highWaterMark,
      receiveHighWaterMark: options.highWaterMark,
      maxMessageSize: limits.messageBytesMax
    })
    this.port = bind(this.#socket, endpoint.url, where)
    this.#accepting = { socket: this.#socket, forget: (connection) => this.#forget(connection) }
    this.#receive().catch(report)
  }

  /** The number of connections there are. */
  get connections(): number {
    return this.#connections.size
  }

  /** Resolved when the port is free again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // The connections hear of it, though not from within this call, and use the socket no more.
    await Promise.resolve()
    for (const connection of this.#connections.values()) connection.end('the listener has closed')
    // Not `unbind`: it works on the socket from another thread while a receive waits on it from this one.
    await new Promise<void>((resolve) => {
      watchSocket(this.#socket, (type) => {
        if (type === 'close') resolve()
      }).then(resolve, resolve)
      this.#socket.close()
    })
  }

  async #receive(): Promise<void> {
    const socket = this.#socket
    for (;;) {
      let frames: Buffer[]
      try {
        frames = await socket.receive()
      } catch (error) {
        if (socket.closed) return
        if (errorCode(error) === 'EAGAIN') continue
        await this.close()
        return
      }
      if (this.#closing !== undefined) return
      try {
        this.#dispatch(frames)
      } catch (error) {
        report(error)
      }
      await answersFirst()
    }
  }

  #dispatch(frames: Buffer[]): void {
    const routingId = frames[0]
    const message = frames[1]
    // Automatic routing ids are 5 bytes, the first of them 0, which a peer cannot choose for itself.
    if (routingId === undefined || message === undefined || routingId.length !== 5 || routingId[0] !== 0) {
      this.#dropped.malformed++
      return
    }
    // Read as a signed number: unsigned ones above 2^31 are no small integers, and slow in a map.
    const key = routingId.readInt32BE(1)
    const known = this.#connections.get(key)
    if (frames.length === 2) {
      const connection = known ?? this.#admit(key, routingId)
      connection?.received(message)
    } else if (isEndMarker(frames, 1)) {
      known?.end('ended by the other side')
      this.#recentlyClosed.delete(key)
    } else {
      this.#dropped.malformed++
    }
  }

  #admit(key: number, routingId: Buffer): AcceptedConnection | undefined {
    if (this.#recentlyClosed.has(key)) return undefined
    if (this.#connections.size >= this.#connectionsMax) {
      this.#dropped.beyondConnectionsMax++
      return undefined
    }
    const connection = new AcceptedConnection(key, routingId, this.port, this.#accepting)
    this.#connections.set(key, connection)
    try {
      connection.listen(this.#accept(connection))
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  #forget(connection: AcceptedConnection): void {
    this.#connections.delete(connection.key)
    this.#recentlyClosed.add(connection.key)
  }
}

/** Binds, and says to which port. */
function bind(socket: Router, url: string, { host, port }: ListenOptions): number {
  try {
    socket.bindSync(url)
    return Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1])
  } catch (error) {
    socket.close()
    const code = errorCode(error)
    if (code === 'EADDRINUSE') {
      throw new RpcError(
        'ADDRESS_IN_USE',
        `Port ${port} of ${host} is taken: stop what listens there, or take another port (0 lets the system choose)`,
        { cause: error }
      )
    }
    throw new RpcError(
      'ADDRESS_INVALID',
      `Cannot listen at ${host}:${port} (${code}): use *, localhost, or an address of this machine`,
      { cause: error }
    )
  }
}
