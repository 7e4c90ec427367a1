import {
  emptyPayload,
  encodeValue,
  EventQueue,
  type EventQueueCounters,
  type ListenerPeer,
  type ResolvedEventQueueOptions,
  type Session
} from '@hcengineering/network-backrpc'
import {
  ClientNotice,
  networkError,
  SharedEvent,
  type ClientUuid,
  type ContainerUuid,
  type Logger,
  type Subscriber
} from '@hcengineering/network-core'
import type { RemoteAgent } from './remote-agent.ts'

/** A client's session, and what this server keeps for it. */
export class ClientPeer {
  readonly clientId: ClientUuid
  readonly session: Session
  /** Whether it wants to hear everything, not only of its own containers. */
  subscribed = false
  /** The agents that it has registered, by channel. */
  readonly agents = new Map<number, RemoteAgent>()
  /** The agents through which it is connected to containers. */
  readonly connectedThrough = new Map<ContainerUuid, { disconnect(): void }>()

  private readonly peer: ListenerPeer
  private readonly events: EventQueue
  private readonly logger: Logger

  constructor(
    peer: ListenerPeer,
    eventOptions: ResolvedEventQueueOptions,
    counters: EventQueueCounters,
    logger: Logger
  ) {
    this.clientId = peer.hello.peerId as ClientUuid
    this.session = peer.session
    this.peer = peer
    const drop = (uuid: string): void => this.drop(uuid as ContainerUuid | '')
    this.events = new EventQueue(peer.session, eventOptions, drop, counters)
    this.logger = logger
  }

  /** How long its silence keeps its references; said anew with each of its connections. */
  get aliveTimeoutMs(): number {
    return this.peer.hello.aliveTimeoutMs
  }

  /** Sends an event of the network that was encoded once for all. */
  notify(payload: Uint8Array): void {
    this.events.push({ operation: ClientNotice.event, payload })
  }

  /** It has to ask for what it needs anew. */
  notifyMissed(): void {
    this.events.append({ operation: ClientNotice.missed, payload: emptyPayload })
  }

  /** Where the events of a container for this client go. */
  subscriber(): Subscriber {
    return {
      clientId: this.clientId,
      session: this.session,
      deliver: (uuid, data) => {
        this.deliver(
          uuid,
          SharedEvent.encode(data, (value) => encodeValue(value, networkError))
        )
      },
      ended: (uuid) => this.ended(uuid)
    }
  }

  /** Queues an event of a container. @throws NetworkError `MESSAGE_TOO_LARGE` */
  deliver(uuid: ContainerUuid, payload: Uint8Array): void {
    this.events.push({ target: uuid, operation: ClientNotice.broadcast, payload })
  }

  ended(uuid: ContainerUuid): void {
    this.connectedThrough.delete(uuid)
    this.events.append({ target: uuid, operation: ClientNotice.ended, payload: emptyPayload })
  }

  /** It does not read the events of this container: it loses its connection, is told so, and can come back. */
  private drop(uuid: ContainerUuid | ''): void {
    this.logger.warn({ clientId: this.clientId, uuid }, 'a client does not read its events')
    if (uuid === '') {
      // Those of the network itself: it asks for a snapshot.
      this.notifyMissed()
      return
    }
    this.connectedThrough.get(uuid)?.disconnect()
    this.ended(uuid)
  }
}
