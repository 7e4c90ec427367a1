import type { Session } from '@hcengineering/network-backrpc'
import type {
  ActivationToken,
  Clock,
  ContainerKind,
  ContainerUuid,
  CoordinatorIdentity,
  Logger,
  Tracing
} from '@hcengineering/network-core'
import type { ClientCounters } from './client-counts.ts'
import type { ContainerLink } from './container-link.ts'
import type { DirectSessions } from './direct-sessions.ts'
import type { LocalSessions } from './local-sessions.ts'
import type { ReferenceState } from './reference.ts'

/** What a client's references and links need of the client around them. */
export interface ClientCore {
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: ClientCounters
  readonly tracing: Tracing | undefined
  /** The default deadline of requests. */
  readonly timeoutMs: number
  readonly heldEventsMax: number
  /** The session with the coordinator. */
  readonly session: Session
  readonly direct: DirectSessions
  readonly local: LocalSessions
  readonly closed: boolean

  /** The coordinator that has just told of this token. */
  seenAs(token: ActivationToken): CoordinatorIdentity | undefined
  /** The one link of this client to a container of this kind. */
  linkTo(uuid: ContainerUuid, kind: ContainerKind): ContainerLink
  forgetLink(link: ContainerLink): void
  forgetReference(reference: ReferenceState): void
  /** Addresses that did not answer are left alone for a while. */
  isUnreachable(address: string): boolean
  noteUnreachable(address: string): void
}
