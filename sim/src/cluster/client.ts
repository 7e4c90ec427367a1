import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  NetworkError,
  NetworkEventKind,
  type ContainerConnection,
  type ContainerKind,
  type ContainerReference,
  type ContainerUuid,
  type Logger
} from '@hcengineering/network-core'
import { countedIds, type SimProcess } from '@hcengineering/network-testing'
import type { Work } from '../script/action.ts'
import { coordinatorAddress } from './coordinator.ts'
import type { SimRequest, SimSpeech } from './sim-container.ts'
import type { World } from './world.ts'

/** Something that a client has open. */
export interface Held {
  readonly name: string
  readonly containerKind: string
  readonly reference: ContainerReference
  connection: ContainerConnection | undefined
}

type Of<T extends Work['do']> = Extract<Work, { do: T }>

/** A client's process, and what it does. */
export class ClientNode {
  readonly process: SimProcess
  readonly client: NetworkClient
  readonly held: Held[] = []
  readonly #world: World
  readonly #name: string

  constructor(name: string, world: World, logger: Logger, subscribed: boolean) {
    this.#world = world
    this.#name = name
    this.process = world.machine(name).start()
    const { clock, transport, incarnation } = this.process
    this.client = createNetworkClient(coordinatorAddress, {
      clock,
      transport,
      logger,
      ids: countedIds(`${name}-${incarnation}`),
      localAgents: false
    })
    world.observe({ kind: 'started', process: name })
    if (subscribed) this.#subscribe(`${name}#${incarnation}`)
  }

  get(work: Of<'get'>): Promise<Held | undefined> {
    const { kind, uuid, labels, timeoutMs } = work
    const options = {
      timeoutMs,
      ...(uuid !== undefined && { uuid: uuid as ContainerUuid }),
      ...(labels !== undefined && { labels: [...labels] })
    }
    const asked = { kind, uuid, labels }
    return this.#ask(`get ${uuid ?? labels?.join() ?? kind}`, timeoutMs, async () => {
      const reference = await this.client.get(kind as ContainerKind, options)
      const name = `${this.#name}/${this.#world.count('reference')}`
      const held: Held = { name, containerKind: kind, reference, connection: undefined }
      if (!this.process.alive) return held
      this.held.push(held)
      this.#world.observe({ kind: 'held', client: this.#name, reference: name, uuid: reference.uuid, asked })
      if (work.connect) this.connect(held).catch(() => {})
      return held
    })
  }

  connect(held: Held): Promise<ContainerConnection | undefined> {
    const timeoutMs = 8000
    return this.#ask(`connect ${held.reference.uuid}`, timeoutMs, async () => {
      const connection = await held.reference.connect({ timeoutMs })
      const name = `${held.name}/${this.#world.count('connection')}`
      connection.on = (data) => {
        const { instance, number } = data as SimSpeech
        if (this.process.alive) this.#world.observe({ kind: 'event', connection: name, instance, number })
      }
      // Given back meanwhile.
      if (!this.held.includes(held)) connection.close().catch(() => {})
      else held.connection = connection
      return connection
    })
  }

  release(held: Held): void {
    const index = this.held.indexOf(held)
    if (index < 0) return
    this.held.splice(index, 1)
    this.#world.observe({ kind: 'released', client: this.#name, reference: held.name })
    held.connection?.close().catch(() => {})
    held.reference.close().catch(() => {})
  }

  /** A request by a connection where there is one. Resolves with whether it was answered. */
  request(
    held: Held,
    operation: string,
    work: Pick<Of<'request'>, 'workMs' | 'timeoutMs' | 'idempotent'>,
    count = 0
  ): Promise<boolean> {
    const { workMs, timeoutMs, idempotent } = work
    const { uuid } = held.reference
    const id = `request-${this.#world.count('request')}`
    const data: SimRequest = { id, idempotent, workMs, count }
    const through = held.connection ?? held.reference
    return this.#ask(`${operation} ${id} to ${uuid}`, timeoutMs, async (name) => {
      const by = (await through.request(operation, data, { timeoutMs, idempotent })) as SimSpeech
      this.#answered(name, id, uuid, by)
      return true
    }).then((answered) => answered ?? false)
  }

  stream(held: Held, work: Of<'stream'>): Promise<unknown> {
    const { items, gapMs, timeoutMs } = work
    const { uuid } = held.reference
    const id = `stream-${this.#world.count('request')}`
    const data: SimRequest = { id, idempotent: false, workMs: gapMs, count: items }
    const through = held.connection ?? held.reference
    return this.#ask(`stream ${id} of ${uuid}`, timeoutMs, async (name) => {
      for await (const item of through.stream('items', data, { timeoutMs })) {
        this.#answered(name, id, uuid, item as SimSpeech)
      }
      return true
    })
  }

  /** Closes as a process does that ends well. */
  close(): Promise<void> {
    for (const { name } of this.held.splice(0)) {
      this.#world.observe({ kind: 'released', client: this.#name, reference: name })
    }
    return this.client.close()
  }

  #answered(operation: string, request: string, uuid: string, by: SimSpeech): void {
    if (!this.process.alive) return
    this.#world.observe({ kind: 'answered', operation, request, uuid, by })
  }

  /** Asks, and tells the model when and how that ended; resolves with undefined if it failed. */
  async #ask<T>(
    what: string,
    timeoutMs: number,
    run: (operation: string) => Promise<T>
  ): Promise<T | undefined> {
    const operation = `op-${this.#world.count('operation')}`
    const { observe } = this.#world
    observe({ kind: 'asked', client: this.#name, operation, what, timeoutMs })
    try {
      const result = await run(operation)
      if (this.process.alive) observe({ kind: 'settled', operation })
      return result
    } catch (error) {
      const code = error instanceof NetworkError ? error.code : 'NOT_A_NETWORK_ERROR'
      if (code === 'NOT_A_NETWORK_ERROR') {
        this.#world.trace.tell(
          'error',
          error instanceof Error ? (error.stack ?? error.message) : String(error)
        )
      }
      if (this.process.alive) observe({ kind: 'settled', operation, code })
      return undefined
    }
  }

  #subscribe(client: string): void {
    this.client.onUpdate(({ containers }) => {
      for (const { container, event } of containers) {
        if (event === NetworkEventKind.removed || !this.process.alive) continue
        this.#world.observe({ kind: 'announced', client, uuid: container.uuid, token: container.token })
      }
    })
  }
}
