import type { SendFrame, Session } from '@hcengineering/network-backrpc'
import type { ContainerKind, ContainerRecord, ContainerUuid } from '@hcengineering/network-core'
import type { ClientCore } from './client-core.ts'
import { ContainerLink } from './container-link.ts'

/**
 * The links of a client: one for each uuid and kind. A name can change its kind once nothing of it is left, and the
 * connections to the one kind never lead to the other (I9).
 */
export class ContainerLinks {
  private readonly byUuid = new Map<ContainerUuid, ContainerLink[]>()

  get size(): number {
    return this.byUuid.size
  }

  to(uuid: ContainerUuid, kind: ContainerKind, core: ClientCore): ContainerLink {
    const links = this.byUuid.get(uuid) ?? []
    const known = links.find((link) => link.kind === kind)
    if (known !== undefined) return known
    const link = new ContainerLink(uuid, kind, core)
    this.byUuid.set(uuid, [...links, link])
    return link
  }

  forget(link: ContainerLink): void {
    const rest = (this.byUuid.get(link.uuid) ?? []).filter((other) => other !== link)
    if (rest.length > 0) this.byUuid.set(link.uuid, rest)
    else this.byUuid.delete(link.uuid)
  }

  /** A notice that names a container has come over a session. */
  notice(session: Session, frame: SendFrame): void {
    for (const link of this.byUuid.get(frame.target as ContainerUuid) ?? []) link.notice(session, frame)
  }

  /** A container serves elsewhere, or no more. */
  moved(record: ContainerRecord, serves: boolean): void {
    for (const link of this.byUuid.get(record.uuid) ?? []) link.moved(record, serves)
  }

  /** A session has lost its other end. */
  sessionForgotten(session: Session): void {
    for (const links of this.byUuid.values()) for (const link of links) link.sessionForgotten(session)
  }

  close(): void {
    for (const links of this.byUuid.values()) for (const link of links) link.close()
    this.byUuid.clear()
  }
}
