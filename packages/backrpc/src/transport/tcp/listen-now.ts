import net, { isIP, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { RpcError } from '../../errors.ts'
import { listenPort } from '../ports.ts'
import type { ListenOptions } from '../port.ts'
import { errorCode } from '../faults.ts'

/** After a restart all peers dial at once; those beyond the backlog wait a second, and have given up by then. */
const backlog = 4096

/** A socket that is bound, for a server to take. */
type Bound = net.BoundSocket

/** What Node offered, undocumented, before it had `BoundSocket` (24.19). */
interface LegacyNet {
  readonly _createServerHandle: (address: string, port: number, family: number) => Bound | number
}

/**
 * Makes a server listen before it returns, and returns the port. Node looks up whatever host its `listen` is
 * given, an address too, and binds in a later turn; so the socket is bound here.
 *
 * @throws `ADDRESS_IN_USE`, `ADDRESS_INVALID`
 */
export function listenNow(server: Server, { host, port }: ListenOptions): number {
  listenPort(port)
  try {
    server.listen(bindFirst(addressesOf(host), port), backlog)
  } catch (error) {
    throw errorCode(error) === 'EADDRINUSE' ? inUse(host, port, error) : invalid(host, port, error)
  }
  const address = server.address()
  // Taken only now: some systems let two sockets bind to a port, and one listen.
  if (address === null || typeof address === 'string') throw inUse(host, port)
  return address.port
}

/** Addresses to try in turn: only addresses of this machine, names of its interfaces and `*` can be bound. */
function addressesOf(host: string): string[] {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (bare === '*') return ['::', '0.0.0.0']
  if (bare === 'localhost') return ['127.0.0.1']
  if (isIP(bare) !== 0) return [bare]
  const found = networkInterfaces()[bare] ?? []
  return found.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
}

function bindFirst(addresses: string[], port: number): Bound {
  let failure: unknown = new Error('no address')
  for (const address of addresses) {
    try {
      return bind(address, port)
    } catch (error) {
      if (errorCode(error) === 'EADDRINUSE') throw error
      failure = error
    }
  }
  throw failure
}

function bind(host: string, port: number): Bound {
  if ((net.BoundSocket as unknown) !== undefined) return new net.BoundSocket({ host, port })
  const { _createServerHandle: createServerHandle } = net as unknown as LegacyNet
  const bound = createServerHandle(host, port, isIP(host))
  if (typeof bound !== 'number') return bound
  const code = getSystemErrorName(bound)
  throw Object.assign(new Error(`bind ${code} ${host}:${port}`), { code })
}

function inUse(host: string, port: number, cause?: unknown): RpcError {
  return new RpcError(
    'ADDRESS_IN_USE',
    `Port ${port} of ${host} is taken: stop what listens there, or take another port (0 lets the system choose)`,
    { cause }
  )
}

function invalid(host: string, port: number, cause: unknown): RpcError {
  return new RpcError(
    'ADDRESS_INVALID',
    `Cannot listen at ${host}:${port} (${errorCode(cause)}): use *, localhost, or an address of this machine`,
    { cause }
  )
}
