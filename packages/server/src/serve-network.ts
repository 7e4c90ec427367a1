import { NetworkError, NetworkImpl, TickManagerImpl, type NetworkOptions } from '@hcengineering/network-core'
import { NetworkServer } from './network-server.ts'
import type { NetworkServerOptions } from './options.ts'

/** A coordinator that listens. */
export interface ServedNetwork extends AsyncDisposable {
  readonly network: NetworkImpl
  readonly server: NetworkServer
  /** Where clients of the same machine reach it, `host:port`. */
  readonly address: string
  /** Stops listening, and lets everybody go. */
  close(): Promise<void>
}

/**
 * Makes a coordinator that listens: the short way to a `NetworkImpl` behind a `NetworkServer`.
 *
 * @param endpoint `host:port`; `*` for all interfaces, and port 0 lets the system choose
 * @param options of the coordinator and its server
 * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { serveNetwork } from '@hcengineering/network-server'
 *
 * await using network = serveNetwork('127.0.0.1:0', { unusedContainerTimeout: 60 })
 * console.log('clients connect to', network.address)
 * ```
 */
export function serveNetwork(
  endpoint: string,
  options: NetworkOptions & NetworkServerOptions = {}
): ServedNetwork {
  const colon = endpoint.lastIndexOf(':')
  const host = endpoint.slice(0, Math.max(0, colon))
  const digits = endpoint.slice(colon + 1)
  if (host === '' || !/^\d{1,5}$/.test(digits)) {
    throw new NetworkError(
      'ADDRESS_INVALID',
      `a network's endpoint must be 'host:port', got ${JSON.stringify(endpoint)}`
    )
  }
  const ticks = new TickManagerImpl(10)
  const network = new NetworkImpl(ticks, options)
  const server = new NetworkServer(network, ticks, host, Number(digits), options)
  const close = async (): Promise<void> => {
    await server.close()
    await network.close()
  }
  return {
    network,
    server,
    address: `${host === '*' ? 'localhost' : host}:${server.getPort()}`,
    close,
    [Symbol.asyncDispose]: close
  }
}
