/** What the programs of the network have in common. */

import { tcpTransport, zeromqTransport, type Transport } from '@hcengineering/network-backrpc'
import type { ContainerKind } from '@hcengineering/network-core'

/** What carries the messages in this run. */
export type TransportName = 'zeromq' | 'tcp'

/** The transports, by their names. */
export const transports: Readonly<Record<TransportName, Transport>> = {
  zeromq: zeromqTransport,
  tcp: tcpTransport
}

/** The one kind of container in these benchmarks. */
export const echoKind = 'echo' as ContainerKind
