import { connect } from 'node:net'
import type { ConnectionEvents, TransportConnection } from '../port.ts'
import { endpointOf, type DialTarget } from '../address.ts'
import { guarded } from '../faults.ts'
import { TcpConnection, type TcpConnectionParts } from './connection.ts'

/** What is read at a time: as much as Node takes without a buffer of ours. */
const readBytes = 64 * 1024

/**
 * Dials. What arrives is read into one buffer again and again, which is faster than a new one for each read.
 * Node offers that for dialled sockets only; accepted ones, of which there may be many, need no such buffer.
 */
export function dialTcp(
  { host, port }: DialTarget,
  parts: TcpConnectionParts,
  events: ConnectionEvents
): TransportConnection {
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  const socket = connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: (bytes) => {
        connection.arrived(buffer.subarray(0, bytes), true)
        return true
      }
    }
  })
  const connection = new TcpConnection(socket, endpointOf(host, port).url, parts)
  connection.listen(events)
  socket.once('connect', () => guarded(() => events.reached?.()))
  return connection
}
