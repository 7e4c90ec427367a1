import type { ActivationToken, ContainerKind, ContainerUuid } from '@hcengineering/network-core'

/** The one leader of the group. */
export const leaderKind = 'leader' as ContainerKind
export const leaderUuid = 'group-leader' as ContainerUuid

/** A leader's answer: who it is, how much it has assigned, and under which token it leads. */
export interface Leadership {
  readonly leader: string
  readonly assigned: number
  readonly token: ActivationToken
}
