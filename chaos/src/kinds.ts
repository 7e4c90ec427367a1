import type { ContainerKind } from '@hcengineering/network-core'

/** The kinds of containers in these runs. */
export const kinds = {
  ordinary: 'chaos-ordinary' as ContainerKind,
  /** Brought along by every agent; one serves. */
  leader: 'chaos-leader' as ContainerKind
}
