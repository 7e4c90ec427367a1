import type { NetworkError } from '../api/errors.ts'
import type { ClientUuid } from '../api/ids.ts'
import type { AgentEvent, ContainerEvent, ContainerRecord } from '../api/records.ts'
import type { ClientGoneCommand, EndCommand, GrantCommand, StartCommand } from '../contract/ports.ts'
import type { AgentKey } from './entries.ts'

/** Why an agent is counted on no more: it said so, was not heard for too long, or was proven dead. */
export type AgentGoneReason = 'left' | 'silent' | 'dead'

/** What the coordinator machine wants done, in order. */
export type CoordinatorEffect =
  | { readonly kind: 'start'; readonly agent: AgentKey; readonly command: StartCommand }
  | { readonly kind: 'grant'; readonly agent: AgentKey; readonly command: GrantCommand }
  | { readonly kind: 'end'; readonly agent: AgentKey; readonly command: EndCommand }
  | { readonly kind: 'clientGone'; readonly agent: AgentKey; readonly command: ClientGoneCommand }
  /** Nothing more is wanted of this incarnation. */
  | { readonly kind: 'agentGone'; readonly agent: AgentKey; readonly reason: AgentGoneReason }
  | { readonly kind: 'getSettled'; readonly getId: number; readonly record: ContainerRecord }
  | { readonly kind: 'getFailed'; readonly getId: number; readonly error: NetworkError }
  | { readonly kind: 'agentEvent'; readonly event: AgentEvent }
  | {
      readonly kind: 'containerEvent'
      readonly event: ContainerEvent
      /** The clients that hold a reference to it. */
      readonly holders: readonly ClientUuid[]
    }
