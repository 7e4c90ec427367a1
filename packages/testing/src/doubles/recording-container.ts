import type { Broadcast, ClientUuid, Container, Data, RequestContext } from '@hcengineering/network-core'

/** A request that a {@link RecordingContainer} was handed. */
export interface ReceivedRequest {
  readonly operation: string
  readonly data: Data
  readonly clientId: ClientUuid | undefined
  readonly context: RequestContext | undefined
}

/** What a {@link RecordingContainer} does besides counting. */
export interface RecordingContainerOptions {
  /** Answers a request; what it throws is the container's error. @default undefined for every request */
  answer?: ((request: ReceivedRequest) => Data) | undefined
  /** Runs within `connect`. */
  connected?: ((clientId: ClientUuid, broadcast: Broadcast) => void | Promise<void>) | undefined
  /** Runs within `terminate`. */
  terminating?: (() => void | Promise<void>) | undefined
  /** Runs within `ping`; throws to be unwell. */
  pinged?: (() => void | Promise<void>) | undefined
}

/** A container that keeps count of everything that is asked of it. */
export interface RecordingContainer extends Container {
  readonly requests: ReceivedRequest[]
  /** Who connected, in order; somebody who came twice is there twice. */
  readonly connects: ClientUuid[]
  readonly disconnects: ClientUuid[]
  readonly pings: number
  readonly terminations: number
  /** Sends an event to every client that is connected. */
  broadcast(data: Data): Promise<void>
}

class RecordingContainerImpl implements RecordingContainer {
  readonly requests: ReceivedRequest[] = []
  readonly connects: ClientUuid[] = []
  readonly disconnects: ClientUuid[] = []
  pings = 0
  terminations = 0
  onTerminated?: (() => void) | undefined

  readonly #options: RecordingContainerOptions
  readonly #connected = new Map<ClientUuid, Broadcast>()

  constructor(options: RecordingContainerOptions) {
    this.#options = options
  }

  async request(
    operation: string,
    data?: Data,
    clientId?: ClientUuid,
    context?: RequestContext
  ): Promise<Data> {
    const request: ReceivedRequest = { operation, data: data as unknown, clientId, context }
    this.requests.push(request)
    return (await this.#options.answer?.(request)) as unknown
  }

  async connect(clientId: ClientUuid, broadcast: Broadcast): Promise<void> {
    this.connects.push(clientId)
    this.#connected.set(clientId, broadcast)
    await this.#options.connected?.(clientId, broadcast)
  }

  disconnect(clientId: ClientUuid): void {
    this.disconnects.push(clientId)
    this.#connected.delete(clientId)
  }

  async terminate(): Promise<void> {
    this.terminations++
    await this.#options.terminating?.()
  }

  async ping(): Promise<void> {
    this.pings++
    await this.#options.pinged?.()
  }

  async broadcast(data: Data): Promise<void> {
    await Promise.all([...this.#connected.values()].map((broadcast) => broadcast(data)))
  }
}

/**
 * A container that keeps count of what is asked of it, and answers as it is told to.
 *
 * @example
 * ```ts
 * import { recordingContainer } from '@hcengineering/network-testing'
 *
 * const container = recordingContainer({ answer: ({ operation }) => `done: ${operation}` })
 * console.log(await container.request('paint')) // done: paint
 * console.log(container.requests.length) // 1
 * ```
 */
export function recordingContainer(options: RecordingContainerOptions = {}): RecordingContainer {
  return new RecordingContainerImpl(options)
}

/**
 * A {@link recordingContainer} that answers every request with the data that came with it.
 *
 * @example
 * ```ts
 * import { echoContainer } from '@hcengineering/network-testing'
 *
 * console.log(await echoContainer().request('say', 'hello')) // hello
 * ```
 */
export function echoContainer(options: Omit<RecordingContainerOptions, 'answer'> = {}): RecordingContainer {
  return new RecordingContainerImpl({ ...options, answer: ({ data }) => data as unknown })
}
