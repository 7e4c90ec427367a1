/** What the programs of the network have in common. */

import * as backrpc from '@hcengineering/network-backrpc'
import { zeromqTransport, type Transport } from '@hcengineering/network-backrpc'
import type { ContainerKind } from '@hcengineering/network-core'
import { Unavailable } from '../src/messages.ts'

/** What carries the messages in this run. */
export type TransportName = 'zeromq' | 'tcp'

/** @throws Unavailable for a transport that is not built */
export function transportNamed(name: TransportName): Transport {
  if (name === 'zeromq') return zeromqTransport
  const found: unknown = Reflect.get(backrpc, 'tcpTransport')
  if (found === undefined) throw new Unavailable('network-backrpc has no tcpTransport')
  return found as Transport
}

/** The one kind of container in these benchmarks. */
export const echoKind = 'echo' as ContainerKind
