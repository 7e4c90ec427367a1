import type { NetworkClient } from '../../src/index.ts'
import type { ContainerReference, ContainerRequests } from '@hcengineering/network-core'
import { kind, type TransportName } from './settings.ts'

/** How a client reaches a container. */
export type WayName = 'a connection' | 'a reference'

/** Every case about requests and streams runs directly and through the coordinator, in both times. */
export const ways: readonly (readonly [WayName, TransportName])[] = [
  ['a connection', 'memory'],
  ['a reference', 'memory'],
  ['a connection', 'zeromq'],
  ['a reference', 'zeromq']
]

export interface OpenedWay {
  readonly via: ContainerRequests
  readonly room: ContainerReference
}

/** Gets a container of the kind `room`. */
export async function openWay(client: NetworkClient, way: WayName): Promise<OpenedWay> {
  const room = await client.get(kind('room'))
  return { room, via: way === 'a connection' ? await room.connect() : room }
}

/** Resolves once it is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
