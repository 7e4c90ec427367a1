import { tcpTransport, zeromqTransport, type Transport } from '@hcengineering/network-backrpc'

/** What carries the messages of a cluster. */
export type TransportName = 'zeromq' | 'tcp'

/** The transports by their names. */
export const transports: Readonly<Record<TransportName, Transport>> = {
  zeromq: zeromqTransport,
  tcp: tcpTransport
}
