import { isIP } from 'node:net'
import { RpcError } from '../errors.ts'

const portMax = 65_535

/** Where to dial. */
export interface DialTarget {
  /** An IP address, or a name that has to be looked up. */
  readonly host: string
  readonly port: number
  /** 0 for a name. */
  readonly family: 0 | 4 | 6
}

/** Reads `host:port`, `[::1]:port` and either with `tcp://` before it. */
export function parseDialAddress(address: string): DialTarget {
  const match = /^(?:tcp:\/\/)?(?:\[([0-9a-f:.%a-z]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(address)
  const port = Number(match?.[3] ?? 0)
  const host = match?.[1] ?? match?.[2] ?? ''
  const bracketed = match?.[1] !== undefined
  if (port < 1 || port > portMax || (bracketed && isIP(host) !== 6)) {
    throw new RpcError(
      'ADDRESS_INVALID',
      `Cannot dial '${address}': an address is host:port, [IPv6]:port or tcp://host:port`
    )
  }
  if (host === 'localhost') return { host: '127.0.0.1', port, family: 4 }
  const family = isIP(host)
  return { host, port, family: family === 4 || family === 6 ? family : 0 }
}

/** What ZeroMQ binds and connects to. */
export interface ZeromqEndpoint {
  readonly url: string
  /** ZeroMQ has to be told before that it may use IPv6. */
  readonly ipv6: boolean
}

export function endpointOf(host: string, port: number | '*'): ZeromqEndpoint {
  const ipv6 = isIP(host) === 6
  return { url: ipv6 ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`, ipv6 }
}

/**
 * Where to bind. Only addresses, interface names and `*` can be bound: a name would have to be looked up,
 * which takes its time, and listening is at once.
 */
export function parseListenAddress(host: string, port: number): ZeromqEndpoint {
  // Checked here, because libzmq takes 99999 for some other port.
  if (!Number.isInteger(port) || port < 0 || port > portMax) {
    throw new RpcError('ADDRESS_INVALID', `Cannot listen on port ${port}: it is not between 0 and ${portMax}`)
  }
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return endpointOf(bare === 'localhost' ? '127.0.0.1' : bare, port === 0 ? '*' : port)
}
