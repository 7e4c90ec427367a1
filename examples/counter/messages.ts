import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'

/** The kind of the shared counters. */
export const counterKind = 'shared-counter' as ContainerKind

/** The kind of what keeps their values, and the only one of it. */
export const vaultKind = 'counter-vault' as ContainerKind
export const vaultUuid = 'counter-vault' as ContainerUuid

/** What somebody does to a counter. `id` names it, so that it counts once, however often it is sent. */
export interface Change {
  readonly id: string
  readonly user: string
  readonly by: number
}

/** What must outlive a counter's activation. */
export interface Saved {
  readonly value: number
  /** The newest changes that are in it. */
  readonly changes: readonly string[]
}

/** What everybody who is connected hears. */
export interface CounterEvent {
  readonly value: number
  readonly by: string
  readonly host: string
}
