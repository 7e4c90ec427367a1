import type {
  ActivationToken,
  Broadcast,
  ClientUuid,
  Clock,
  Container,
  RequestContext
} from '@hcengineering/network-core'
import type { Host, InstanceId, Observation } from '../model/observation.ts'

/** What requests carry. */
export interface SimRequest {
  /** Names the request, over the whole run. */
  readonly id: string
  readonly idempotent: boolean
  readonly workMs: number
  /** Items of a stream, or events of a broadcast. */
  readonly count: number
}

/** What containers say: who speaks is in all of it. */
export interface SimSpeech {
  readonly instance: InstanceId
  readonly uuid: string
  readonly request: string | undefined
  readonly number: number
}

/** What a container needs of the agent around it. */
export interface SimContainerOptions extends Host {
  readonly instance: InstanceId
  readonly uuid: string
  readonly clock: Clock
  readonly observe: (seen: Observation) => void
  /** How long `terminate()` takes; undefined when it hangs. */
  readonly terminateMs: () => number | undefined
}

/** A container that tells what happens to it. Each thing that it says bears its name. */
export class SimContainer implements Container {
  onTerminated?: (() => void) | undefined
  readonly #options: SimContainerOptions
  readonly #broadcasts = new Map<ClientUuid, Broadcast>()
  #spoken = 0

  constructor(options: SimContainerOptions) {
    this.#options = options
  }

  async request(
    operation: string,
    data: SimRequest,
    _client?: ClientUuid,
    context?: RequestContext
  ): Promise<SimSpeech> {
    this.#dispatched(data, context?.token)
    if (data.workMs > 0) await this.#wait(data.workMs)
    const { observe, instance } = this.#options
    if (context !== undefined) observe({ kind: 'worked', instance, aborted: context.signal.aborted })
    if (operation === 'broadcast') for (let count = 0; count < data.count; count++) this.#broadcast()
    return this.#speech(data.id)
  }

  async *stream(_operation: string, data: SimRequest, context: RequestContext): AsyncGenerator<SimSpeech> {
    this.#dispatched(data, context.token)
    for (let count = 0; count < data.count; count++) {
      if (data.workMs > 0) await this.#wait(data.workMs)
      yield this.#speech(data.id)
    }
  }

  connect(client: ClientUuid, broadcast: Broadcast): void {
    this.#options.observe({ kind: 'dispatched', instance: this.#options.instance })
    this.#broadcasts.set(client, broadcast)
  }

  disconnect(client: ClientUuid): void {
    this.#broadcasts.delete(client)
  }

  async terminate(): Promise<void> {
    const { observe, instance, terminateMs } = this.#options
    observe({ kind: 'terminating', instance })
    const delayMs = terminateMs()
    if (delayMs === undefined) {
      await new Promise<never>(() => {})
      return
    }
    if (delayMs > 0) await this.#wait(delayMs)
    this.#broadcast()
    observe({ kind: 'terminated', instance })
  }

  async ping(): Promise<void> {}

  #dispatched(data: SimRequest, token: ActivationToken | undefined): void {
    const { instance, observe } = this.#options
    observe({ kind: 'dispatched', instance, token, request: data.id, idempotent: data.idempotent })
  }

  #speech(request: string | undefined): SimSpeech {
    const { instance, uuid } = this.#options
    return { instance, uuid, request, number: ++this.#spoken }
  }

  #broadcast(): void {
    const speech = this.#speech(undefined)
    for (const broadcast of this.#broadcasts.values()) broadcast(speech).catch(() => {})
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(ms, resolve)
    })
  }
}
