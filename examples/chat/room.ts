import {
  BroadcastGroup,
  containerOnAgentEndpointRef,
  NetworkError,
  type Broadcast,
  type ClientUuid,
  type Container,
  type ContainerFactory,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'

/** The kind of a chat room; a room's uuid is its name. */
export const roomKind = 'chat-room' as ContainerKind

/** What is said in a room. Numbered, so that nobody shows a message twice. */
export interface Message {
  readonly id: number
  readonly user: string
  readonly text: string
}

const keptMax = 50

/** A room: tells everybody who is connected what is said, and newcomers what was said last. */
class ChatRoom implements Container {
  private readonly listeners = new BroadcastGroup()
  private readonly messages: Message[] = []
  private lastId = 0

  async request(operation: string, data?: { user?: unknown; text?: unknown }): Promise<unknown> {
    switch (operation) {
      case 'say': {
        const message = { id: this.lastId + 1, user: textOf(data?.user, 40), text: textOf(data?.text, 500) }
        this.lastId++
        if (this.messages.push(message) > keptMax) this.messages.shift()
        await this.listeners.publish(message)
        return message.id
      }
      case 'last':
        return this.messages
      default:
        throw new NetworkError('UNKNOWN_OPERATION', `a chat room cannot ${operation}`)
    }
  }

  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.listeners.connect(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.listeners.disconnect(clientId)
  }

  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}
}

function textOf(value: unknown, lengthMax: number): string {
  const text = typeof value === 'string' ? value.trim() : ''
  if (text === '' || text.length > lengthMax) {
    throw new NetworkError('BAD_MESSAGE', `a user and a text of at most ${lengthMax} characters are needed`)
  }
  return text
}

/** Makes rooms: they have names, so a get without one is refused. */
export const roomFactory: ContainerFactory = ({ uuid }, agentEndpoint) => {
  if (uuid === undefined) throw new NetworkError('NO_ROOM_NAMED', 'name the room')
  return { uuid, container: new ChatRoom(), endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid) }
}

/** A name from a URL as the uuid of a room; undefined if it is none. */
export function roomUuid(name: string | undefined): ContainerUuid | undefined {
  return name !== undefined && /^[\w-]{1,40}$/.test(name) ? (name as ContainerUuid) : undefined
}
