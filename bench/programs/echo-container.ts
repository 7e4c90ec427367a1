/** The container of these benchmarks. */

import { setImmediate } from 'node:timers/promises'
import {
  BroadcastGroup,
  containerOnAgentEndpointRef,
  containerUuid,
  type Broadcast,
  type ClientUuid,
  type Container,
  type ContainerFactories
} from '@hcengineering/network-core'
import { echoKind } from './network.ts'

/** An event carries its number, so that subscribers can tell that none is missing. */
export interface NumberedEvent {
  readonly n: number
  readonly text: string
}

/** Whoever publishes in a loop must let the event loop go on, or nothing leaves. */
const publishedAtOnceMax = 100

class EchoContainer implements Container {
  private readonly subscribers = new BroadcastGroup()
  private published = 0

  async request(operation: string, data?: unknown): Promise<unknown> {
    switch (operation) {
      case 'echo':
        return data
      case 'length':
        return (data as Uint8Array).byteLength
      case 'publish':
        return this.publish(data as { count: number })
      default:
        throw new Error(`there is no operation '${operation}'`)
    }
  }

  stream(operation: string, data: unknown): AsyncIterable<unknown> {
    switch (operation) {
      case 'objects':
        return objects()
      case 'bytes':
        return chunks((data as { size: number }).size)
      case 'echo':
        return data as AsyncIterable<unknown>
      default:
        throw new Error(`there is no stream '${operation}'`)
    }
  }

  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.subscribers.connect(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.subscribers.disconnect(clientId)
  }

  async terminate(): Promise<void> {}
  async ping(): Promise<void> {}

  private async publish({ count }: { count: number }): Promise<number> {
    for (let done = 1; done <= count; done++) {
      const event: NumberedEvent = { n: this.published++, text: 'Ada Lovelace, mathematician, writes' }
      await this.subscribers.publish(event)
      if (done % publishedAtOnceMax === 0) await setImmediate()
    }
    return count
  }
}

async function* objects(): AsyncGenerator<NumberedEvent> {
  for (let n = 0; ; n++) yield { n, text: 'Ada Lovelace, mathematician, writes' }
}

async function* chunks(size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.alloc(size, 0x5a)
  for (;;) yield bytes
}

/** Something that is done around every request. */
export type Around = (operation: string, work: () => Promise<unknown>) => Promise<unknown>

class WatchedContainer extends EchoContainer {
  private readonly around: Around

  constructor(around: Around) {
    super()
    this.around = around
  }

  override request(operation: string, data?: unknown): Promise<unknown> {
    return this.around(operation, () => super.request(operation, data))
  }
}

/** @param around is done around every request of them */
export function echoFactoriesWith(around?: Around): ContainerFactories {
  return {
    [echoKind]: ({ uuid = containerUuid() }, agentEndpoint) => ({
      uuid,
      container: around === undefined ? new EchoContainer() : new WatchedContainer(around),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    })
  }
}

/** What an agent offers. */
export const echoFactories = echoFactoriesWith()
