import { encodeValue, type SendOptions, type Session } from '@hcengineering/network-backrpc'
import { networkError, NetworkError, SharedEvent } from '@hcengineering/network-core'

/**
 * What happens to a client that does not read its events: it misses the oldest, or it is disconnected from
 * the container, which hears so, and can connect again.
 */
export type SlowConsumerPolicy = 'drop-oldest' | 'disconnect'

/** How events for slow clients are treated. */
export interface EventQueueOptions {
  /** @default 'disconnect' */
  slowConsumer?: SlowConsumerPolicy | undefined
  /** Bytes of events that wait for one client. Beyond, the policy applies. @default 4194304 (4 MiB) */
  eventBytesMax?: number | undefined
}

/** {@link EventQueueOptions} with every default in its place. */
export interface ResolvedEventQueueOptions {
  readonly slowConsumer: SlowConsumerPolicy
  readonly eventBytesMax: number
}

/** @throws NetworkError `INVALID_ARGUMENT` naming the option */
export function resolveEventQueueOptions(options: EventQueueOptions): ResolvedEventQueueOptions {
  const slowConsumer = options.slowConsumer ?? 'disconnect'
  const eventBytesMax = options.eventBytesMax ?? 4 * 1024 * 1024
  if (slowConsumer !== 'disconnect' && slowConsumer !== 'drop-oldest') {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `slowConsumer must be 'disconnect' or 'drop-oldest', got '${String(slowConsumer)}'`
    )
  }
  if (!Number.isSafeInteger(eventBytesMax) || eventBytesMax < 1) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `eventBytesMax must be a positive whole number, got ${String(eventBytesMax)}`
    )
  }
  return { slowConsumer, eventBytesMax }
}

/** An event as bytes; one that is for many is encoded once. */
export function encodeEvent(data: unknown): Uint8Array {
  return SharedEvent.encode(data, (value) => encodeValue(value, networkError))
}

const eventOverheadBytes = 128

/** The events of one session, bounded (I11): beyond the bound the slow-consumer policy applies. */
export class EventQueue {
  private readonly session: Session
  private readonly options: ResolvedEventQueueOptions
  private waiting: SendOptions[] = []
  private waitingBytes = 0

  constructor(session: Session, options: ResolvedEventQueueOptions) {
    this.session = session
    this.options = options
  }

  /**
   * Queues an event behind those before it.
   *
   * @throws NetworkError `OVERLOADED` when the queue is full and the policy is to disconnect
   */
  push(event: SendOptions): void {
    if (this.session.ended) return
    if (this.waiting.length === 0 && this.session.writable) {
      this.session.send(event)
      return
    }
    const bytes = event.payload.length + eventOverheadBytes
    if (
      this.options.slowConsumer === 'disconnect' &&
      this.waitingBytes + bytes > this.options.eventBytesMax
    ) {
      throw new NetworkError(
        'OVERLOADED',
        `${this.waitingBytes} bytes of events wait for this client already`,
        {
          overloaded: true
        }
      )
    }
    if (this.waiting.length === 0) this.session.whenWritable(() => this.drain())
    this.waiting.push(event)
    this.waitingBytes += bytes
    while (this.waitingBytes > this.options.eventBytesMax && this.waiting.length > 1) this.dropOldest()
  }

  private dropOldest(): void {
    const dropped = this.waiting.shift()
    if (dropped !== undefined) this.waitingBytes -= dropped.payload.length + eventOverheadBytes
  }

  private drain(): void {
    const { waiting } = this
    let sent = 0
    while (sent < waiting.length && this.session.writable && !this.session.ended) {
      const event = waiting[sent++]
      if (event === undefined) break
      this.waitingBytes -= event.payload.length + eventOverheadBytes
      this.session.send(event)
    }
    this.waiting = waiting.slice(sent)
    if (this.waiting.length > 0 && !this.session.ended) this.session.whenWritable(() => this.drain())
  }
}
