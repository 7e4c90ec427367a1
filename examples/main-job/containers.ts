import type {
  Broadcast,
  ClientUuid,
  Container,
  ContainerKind,
  ContainerUuid,
  RequestContext
} from '@hcengineering/network-core'

/** The kinds of containers of this job. */
export const kinds = {
  wordCounter: 'word-counter' as ContainerKind,
  noticeBoard: 'notice-board' as ContainerKind,
  ticketCounter: 'ticket-counter' as ContainerKind
}

/** The one ticket counter: every agent brings it along, one serves. */
export const ticketCounterUuid = 'ticket-counter' as ContainerUuid

/** What all containers of this job have in common. */
abstract class HostedContainer implements Container {
  readonly uuid: ContainerUuid
  /** The agent that hosts it. */
  protected readonly host: string

  constructor(uuid: ContainerUuid, host: string) {
    this.uuid = uuid
    this.host = host
  }

  abstract request(
    operation: string,
    data?: any,
    clientId?: ClientUuid,
    context?: RequestContext
  ): Promise<unknown>

  async ping(): Promise<void> {}

  async terminate(): Promise<void> {
    console.log(`container ${this.uuid} ends`)
  }

  connect(_clientId: ClientUuid, _broadcast: Broadcast): void | Promise<void> {}

  disconnect(_clientId: ClientUuid): void {}
}

/** The Quick Start's: counts the words of a text. */
export class WordCounter extends HostedContainer {
  async request(operation: string, data?: any): Promise<{ words: number; host: string }> {
    if (operation !== 'count') throw new Error(`a word counter cannot ${operation}`)
    console.log(`container ${this.uuid} counts "${data.text}"`)
    return { words: data.text.split(' ').length, host: this.host }
  }
}

/** What a notice board tells. */
export interface Notice {
  readonly notice: string
  readonly from: string
}

/** Tells everyone who is connected what is posted on it. */
export class NoticeBoard extends HostedContainer {
  private readonly readers = new Map<ClientUuid, Broadcast>()

  override async connect(clientId: ClientUuid, broadcast: Broadcast): Promise<void> {
    this.readers.set(clientId, broadcast)
    await broadcast({ notice: 'welcome', from: this.host } satisfies Notice)
  }

  override disconnect(clientId: ClientUuid): void {
    this.readers.delete(clientId)
  }

  async request(operation: string, data: Notice): Promise<{ readers: number; host: string }> {
    if (operation !== 'post') throw new Error(`a notice board cannot ${operation}`)
    console.log(`container ${this.uuid} tells "${data.notice}" to ${this.readers.size} readers`)
    await Promise.all([...this.readers.values()].map((broadcast) => broadcast(data)))
    return { readers: this.readers.size, host: this.host }
  }
}

/** Highly available: one serves, the others stand by. */
export class TicketCounter extends HostedContainer {
  private drawn = 0

  async request(operation: string): Promise<{ drawn: number; host: string }> {
    if (operation !== 'draw') throw new Error(`a ticket counter cannot ${operation}`)
    this.drawn++
    return { drawn: this.drawn, host: this.host }
  }
}
