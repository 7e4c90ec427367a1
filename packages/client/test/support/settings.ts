import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '@hcengineering/network-testing'
import { expect } from 'vitest'

export type TransportName = 'memory' | 'zeromq'

/** Every case about behaviour on the wire runs on both: in virtual time, and over real sockets. */
export const transports: readonly TransportName[] = ['memory', 'zeromq']

/** The clocks of a network: the defaults in virtual time, a fifth of them where time is real. */
export interface Pace {
  readonly aliveMs: number
  readonly unusedMs: number
  readonly pingMs: number
  /** How much later than due something may happen. */
  readonly marginMs: number
}

export function paceOf(transport: TransportName): Pace {
  return transport === 'memory'
    ? { aliveMs: 3000, unusedMs: 3000, pingMs: 1000, marginMs: 1000 }
    : { aliveMs: 600, unusedMs: 300, pingMs: 100, marginMs: 400 }
}

export function startNetwork(
  transport: TransportName,
  options: Omit<TestNetworkOptions, 'transport'> = {}
): Promise<TestNetwork> {
  const { aliveMs, unusedMs, pingMs } = paceOf(transport)
  return startTestNetwork({
    ...options,
    transport,
    network: {
      aliveTimeout: aliveMs / 1000,
      unusedContainerTimeout: unusedMs / 1000,
      pingInterval: pingMs / 1000,
      ...options.network
    }
  })
}

export const kind = (name: string): ContainerKind => name as ContainerKind
export const uuid = (name: string): ContainerUuid => name as ContainerUuid

/** An error of ours with this code, for `rejects.toEqual` and `toThrow`. */
export function errorWith(code: string): Error {
  return expect.objectContaining({ name: 'NetworkError', code }) as Error
}

/** A promise that is resolved by hand. */
export class Gate {
  open = (): void => {}
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve
  })
}
