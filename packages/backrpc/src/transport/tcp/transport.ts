import type {
  ConnectionEvents,
  ListenOptions,
  Transport,
  TransportConnection,
  TransportLimits
} from '../port.ts'
import { parseDialAddress } from '../address.ts'
import { dialTcp } from './dial.ts'
import { TcpListener } from './listener.ts'
import { resolveTcpOptions, type ResolvedTcpOptions, type TcpOptions } from './options.ts'

/** Carries messages over plain TCP, with nothing but Node: each behind its length. */
class TcpTransport implements Transport {
  readonly name = 'tcp'
  readonly #options: ResolvedTcpOptions

  constructor(options: TcpOptions) {
    this.#options = resolveTcpOptions(options)
  }

  listen(
    options: ListenOptions,
    limits: TransportLimits,
    accept: (connection: TransportConnection) => ConnectionEvents
  ): TcpListener {
    return new TcpListener(options, { options: this.#options, limits, accept })
  }

  dial(address: string, limits: TransportLimits, events: ConnectionEvents): TransportConnection {
    return dialTcp(parseDialAddress(address), { options: this.#options, limits }, events)
  }
}

/**
 * A TCP transport with options of its own. No native code, and the lowest latency; both sides must use it.
 *
 * @throws RangeError for an option out of range; it names the option
 * @example
 * ```ts
 * import { createTcpTransport } from '@hcengineering/network-backrpc'
 *
 * export const transport = createTcpTransport({ connectionsMax: 1000 })
 * ```
 */
export function createTcpTransport(options: TcpOptions = {}): Transport {
  return new TcpTransport(options)
}

/** The TCP transport with the default options. Opens nothing until it listens or dials. */
export const tcpTransport: Transport = createTcpTransport()
