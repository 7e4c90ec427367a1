import type { Broadcast } from './container.ts'
import type { Data } from './data.ts'
import type { ClientUuid } from './ids.ts'

/**
 * One event for many: whoever sends it over sessions encodes it once, however many hear it.
 * {@link BroadcastGroup} hands it to the network's own broadcast functions; nobody else ever sees it.
 */
export class SharedEvent {
  private static readonly takers = new WeakSet<Broadcast>()

  readonly data: unknown
  private encoded: Uint8Array | undefined

  constructor(data: unknown) {
    this.data = data
  }

  /** Marks a function as one that takes shared events as well as data. */
  static takenBy(broadcast: Broadcast): Broadcast {
    SharedEvent.takers.add(broadcast)
    return broadcast
  }

  static isTakenBy(broadcast: Broadcast): boolean {
    return SharedEvent.takers.has(broadcast)
  }

  /** What a container broadcasts, as bytes: an event for many is encoded for the first of them only. */
  static encode(data: unknown, encode: (value: unknown) => Uint8Array): Uint8Array {
    if (!(data instanceof SharedEvent)) return encode(data)
    data.encoded ??= encode(data.data)
    return data.encoded
  }
}

interface Member {
  readonly broadcast: Broadcast
  readonly takesShared: boolean
}

/**
 * The clients that are connected to a container, and events for all of them.
 *
 * @example
 * ```ts
 * import { BroadcastGroup, type Broadcast, type ClientUuid } from '@hcengineering/network-core'
 *
 * export class Room {
 *   private readonly listeners = new BroadcastGroup()
 *
 *   connect(clientId: ClientUuid, broadcast: Broadcast): void {
 *     this.listeners.connect(clientId, broadcast)
 *   }
 *
 *   disconnect(clientId: ClientUuid): void {
 *     this.listeners.disconnect(clientId)
 *   }
 *
 *   async say(text: string): Promise<void> {
 *     await this.listeners.publish({ text })
 *   }
 * }
 * ```
 */
export class BroadcastGroup {
  private readonly members = new Map<ClientUuid, Member>()

  /** How many clients are connected. */
  get size(): number {
    return this.members.size
  }

  /** The clients that are connected. */
  clients(): ClientUuid[] {
    return [...this.members.keys()]
  }

  /** @param broadcast the function that came with `connect`, or one of your own, which is handed the plain data */
  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.members.set(clientId, { broadcast, takesShared: SharedEvent.isTakenBy(broadcast) })
  }

  disconnect(clientId: ClientUuid): void {
    this.members.delete(clientId)
  }

  /** Sends an event to one client; to nobody if it is not connected. Resolves once it is queued. */
  async send(clientId: ClientUuid, data: Data): Promise<void> {
    await this.members.get(clientId)?.broadcast(data)
  }

  /** Sends an event to every client. Resolves once it is queued for all; who cannot take it harms no other. */
  async publish(data: Data): Promise<void> {
    const event = new SharedEvent(data)
    const queued: Promise<void>[] = []
    for (const { broadcast, takesShared } of this.members.values()) {
      try {
        queued.push(broadcast(takesShared ? event : data))
      } catch {
        // Thrown at once or rejected later: it harms no other.
      }
    }
    await Promise.allSettled(queued)
  }
}
