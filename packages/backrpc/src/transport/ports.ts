import { RpcError } from '../errors.ts'

const portMax = 65_535

/** Checks a port to listen on. */
export function listenPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= portMax) return port
  throw new RpcError('ADDRESS_INVALID', `Cannot listen on port ${port}: it is not between 0 and ${portMax}`)
}

/** The port of `host:port`. The host is not looked at: everyone in one memory network is on one machine. */
export function dialPort(address: string): number {
  const port = Number(/^[^\s]+:(\d{1,5})$/.exec(address)?.[1] ?? Number.NaN)
  if (port >= 1 && port <= portMax) return port
  throw new RpcError('ADDRESS_INVALID', `Cannot dial '${address}': an address is host:port`)
}
