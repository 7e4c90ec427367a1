import { encodeValue, tell, type ListenerPeer, type Session } from '@hcengineering/network-backrpc'
import {
  ClientNotice,
  networkError,
  NetworkError,
  SharedEvent,
  type ClientUuid,
  type ContainerUuid,
  type Logger,
  type Subscriber
} from '@hcengineering/network-core'
import type { RemoteAgent } from './remote-agent.ts'

/** Bytes that may wait for one client before it counts as one that does not read. */
const eventBytesMax = 4 * 1024 * 1024

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

  private readonly logger: Logger

  constructor(peer: ListenerPeer, logger: Logger) {
    this.clientId = peer.hello.peerId as ClientUuid
    this.session = peer.session
    this.logger = logger
  }

  /** Sends an event of the network that was encoded once for all. */
  notify(payload: Uint8Array): void {
    try {
      this.session.send({ operation: ClientNotice.event, payload })
    } catch (error) {
      this.logger.warn({ clientId: this.clientId, error }, 'an event was not sent: the client does not read')
    }
  }

  /** Where the events of a container for this client go. */
  subscriber(): Subscriber {
    return {
      clientId: this.clientId,
      session: this.session,
      deliver: (uuid, data) => {
        const payload = SharedEvent.encode(data, (value) => encodeValue(value, networkError))
        if (!this.deliver(uuid, payload))
          throw new NetworkError('OVERLOADED', 'the client does not read its events')
      },
      ended: (uuid) => this.ended(uuid)
    }
  }

  /** Queues an event of a container. Returns whether the client takes it: false when too much waits already. */
  deliver(uuid: ContainerUuid, payload: Uint8Array): boolean {
    if (this.session.waitingBytes > eventBytesMax) return false
    if (!this.session.ended) this.session.send({ target: uuid, operation: ClientNotice.broadcast, payload })
    return true
  }

  ended(uuid: ContainerUuid): void {
    this.connectedThrough.delete(uuid)
    if (!this.session.ended) tell(this.session, { target: uuid, operation: ClientNotice.ended })
  }
}
