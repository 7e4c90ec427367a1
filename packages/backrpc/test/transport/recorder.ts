import type {
  ConnectionEvents,
  Transport,
  TransportConnection,
  TransportLimits,
  TransportListener
} from '../../src/transport/port.ts'

/** One end of a connection that keeps what it hears, and lets a test wait for it. */
export class Recorder implements ConnectionEvents {
  readonly messages: Uint8Array[] = []
  readonly reasons: string[] = []
  timesReached = 0
  #waiting: Array<{ readonly done: () => boolean; readonly resolve: () => void }> = []

  received(message: Uint8Array): void {
    this.messages.push(message)
    this.#wake()
  }

  closed(reason: string): void {
    this.reasons.push(reason)
    this.#wake()
  }

  reached(): void {
    this.timesReached++
  }

  /** Resolves with the messages once there are that many. */
  async count(messages: number): Promise<Uint8Array[]> {
    await this.until(() => this.messages.length >= messages)
    return this.messages
  }

  /** Resolves with the reason once the connection has ended. */
  async ended(): Promise<string> {
    await this.until(() => this.reasons.length > 0)
    return this.reasons[0] ?? ''
  }

  async until(done: () => boolean): Promise<void> {
    if (done()) return
    await new Promise<void>((resolve) => this.#waiting.push({ done, resolve }))
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ done, resolve }) => {
      if (!done()) return true
      resolve()
      return false
    })
  }
}

/** A connection with what it hears. */
export interface RecordedEnd {
  readonly connection: TransportConnection
  readonly heard: Recorder
}

/** A listener that keeps whom it accepted. */
export class RecordingListener implements AsyncDisposable {
  readonly accepted: RecordedEnd[] = []
  readonly listener: TransportListener
  readonly #arrivals = new Recorder()

  constructor(transport: Transport, limits: TransportLimits = defaultLimits, port = 0) {
    this.listener = transport.listen({ host: 'localhost', port }, limits, (connection) => {
      const heard = new Recorder()
      this.accepted.push({ connection, heard })
      this.#arrivals.received(new Uint8Array())
      return heard
    })
  }

  get address(): string {
    return `localhost:${this.listener.port}`
  }

  /** Resolves with the nth connection, from 0, once it has been accepted. */
  async connection(index: number): Promise<RecordedEnd> {
    await this.#arrivals.until(() => this.accepted.length > index)
    const end = this.accepted[index]
    if (end === undefined) throw new Error('unreachable')
    return end
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.close()
  }
}

export const defaultLimits: TransportLimits = { messageBytesMax: 16 * 1024 * 1024 }

/** Dials, and keeps what is heard. */
export function dial(transport: Transport, address: string, limits = defaultLimits): RecordedEnd {
  const heard = new Recorder()
  return { connection: transport.dial(address, limits, heard), heard }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(message: Uint8Array | undefined): string {
  return new TextDecoder().decode(message)
}
