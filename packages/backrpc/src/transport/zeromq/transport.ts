import { Context } from 'zeromq'
import type {
  ConnectionEvents,
  ListenOptions,
  Transport,
  TransportConnection,
  TransportLimits
} from '../port.ts'
import { parseDialAddress } from '../address.ts'
import { DialledConnection } from './dialled-connection.ts'
import { ZeromqListener } from './listener.ts'
import { resolveZeromqOptions, type ResolvedZeromqOptions, type ZeromqOptions } from './options.ts'

/** `ZMQ_ZERO_COPY_RECV`, for which zeromq.js has no name. */
const zeroCopyReceive = 10

/**
 * Copies short messages as they arrive. Otherwise each of them keeps the 8 KiB that were read with it, until it is
 * collected: an idle session would hold many times its size, and whoever receives little would touch new memory all the
 * time. Messages longer than that are read to where they stay, either way.
 */
class CopyingContext extends Context {
  constructor(maxSockets: number) {
    super({ maxSockets, blocky: false })
    try {
      this.setBoolOption(zeroCopyReceive, false)
    } catch {
      // A libzmq that does not know it: only memory is lost.
    }
  }
}

/** Carries messages over TCP with ZeroMQ: a listener is a ROUTER, each dialled connection a DEALER. */
export class ZeromqTransport implements Transport {
  readonly name = 'zeromq'
  readonly #options: ResolvedZeromqOptions
  #openContext: Context | undefined

  constructor(options: ZeromqOptions = {}) {
    this.#options = resolveZeromqOptions(options)
  }

  listen(
    options: ListenOptions,
    limits: TransportLimits,
    accept: (connection: TransportConnection) => ConnectionEvents
  ): ZeromqListener {
    return new ZeromqListener(options, { context: this.#context(), options: this.#options, limits, accept })
  }

  dial(address: string, limits: TransportLimits, events: ConnectionEvents): TransportConnection {
    const target = parseDialAddress(address)
    return new DialledConnection(target, { context: this.#context(), options: this.#options, limits }, events)
  }

  /**
   * One of our own: the number of sockets of one in use cannot be raised, and the global one is the user's. Not
   * `blocky`, so that nothing forgotten keeps the process from ending.
   */
  #context(): Context {
    this.#openContext ??= new CopyingContext(this.#options.socketsMax)
    return this.#openContext
  }
}

/**
 * A ZeroMQ transport with options of its own, and its own context.
 *
 * @throws RangeError for an option out of range; it names the option
 */
export function createZeromqTransport(options: ZeromqOptions = {}): ZeromqTransport {
  return new ZeromqTransport(options)
}

/** The transport that is used where none is given. Opens nothing until it listens or dials. */
export const zeromqTransport: Transport = createZeromqTransport()
