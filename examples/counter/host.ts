/**
 * A process that offers shared counters: started by `collaborative-counter.ts`, twice. A counter tells everybody
 * who is connected what it stands at, and keeps that in the vault, which outlives it.
 */

import { createNetworkClient, shutDownOnSignals } from '@hcengineering/network-client'
import {
  BroadcastGroup,
  containerOnAgentEndpointRef,
  containerUuid,
  type Broadcast,
  type ClientUuid,
  type Container,
  type RequestContext
} from '@hcengineering/network-core'
import { counterKind, vaultUuid, type Saved, type Change } from './messages.ts'

class SharedCounter implements Container {
  private readonly name: string
  private readonly listeners = new BroadcastGroup()
  private saved: Saved | undefined
  /** Changes are made one after the other: each waits for the one before it to be saved. */
  private last: Promise<unknown> = Promise.resolve()

  constructor(name: string) {
    this.name = name
  }

  async request(
    operation: string,
    change: Change,
    _clientId: ClientUuid | undefined,
    context: RequestContext
  ): Promise<number> {
    if (operation !== 'add') throw new Error(`a counter cannot ${operation}`)
    const made = this.last.then(() => this.make(change, context))
    this.last = made.catch(() => undefined)
    return await made
  }

  private async make(change: Change, context: RequestContext): Promise<number> {
    this.saved ??= await this.ask(context, 'load')
    const { value, changes } = this.saved
    // Whoever asks twice, because the answer to the first was lost, is told what came of the first.
    if (changes.includes(change.id)) return value
    const next = { value: value + change.by, changes: [...changes, change.id].slice(-100) }
    await this.ask(context, 'save', next)
    this.saved = next
    await this.listeners.publish({ value: next.value, by: change.user, host: process.env.NAME })
    return next.value
  }

  connect(clientId: ClientUuid, broadcast: Broadcast): void {
    this.listeners.connect(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.listeners.disconnect(clientId)
  }

  async ping(): Promise<void> {}
  async terminate(): Promise<void> {}

  /** Asks the vault, with this activation's token: it refuses one that has been followed by another. */
  private async ask(context: RequestContext, operation: 'load' | 'save', saved?: Saved): Promise<Saved> {
    const data = { name: this.name, token: context.token, saved }
    return await context.client.request(vaultUuid, operation, data, { idempotent: true })
  }
}

const client = createNetworkClient(process.env.NETWORK ?? 'localhost:3737')
const { server } = await client.serveAgent('localhost:0', {
  [counterKind]: ({ uuid = containerUuid() }, agentEndpoint) => ({
    uuid,
    container: new SharedCounter(uuid),
    endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
  })
})
shutDownOnSignals({ servers: [server], clients: [client] })
console.log('ready')
