import { Readable } from 'node:stream'
import { NetworkError, type Clock, type CoordinatorGateway, type Logger } from '@hcengineering/network-core'
import { networkEventsOf } from './present.ts'
import type { NetworkEventView, Sample } from './views.ts'

const gatherMs = 100
const heartbeatMs = 15_000
const subscribersMax = 64
/** Gathered in one go; beyond, the oldest are left out and the pages are told how many. */
const gatheredMax = 2000
/** Unsent at one subscriber; beyond, it does not read and is dropped. */
const unsentBytesMax = 4 * 1024 * 1024

/** Which events somebody wants: those to which all that is given applies. */
export interface EventFilter {
  readonly kind?: string | undefined
  readonly agent?: string | undefined
  readonly uuid?: string | undefined
}

export interface EventHubParts {
  readonly gateway: Pick<CoordinatorGateway, 'onEvents'>
  readonly clock: Clock
  readonly logger: Logger
}

interface Subscriber {
  readonly stream: Readable
  readonly filter: EventFilter | undefined
}

/**
 * Passes events of the network and samples on to pages, as server-sent events: `network` with what happened in the
 * last 100 ms, `sample` once a second, `missed` with how many events were left out because there were too many.
 *
 * Gathers nothing while nobody listens. What goes to many is written down once. A page that does not read loses its
 * stream, and can open another.
 */
export class EventHub {
  private readonly parts: EventHubParts
  private readonly subscribers = new Set<Subscriber>()
  private readonly stopEvents: () => void
  private gathered: NetworkEventView[] = []
  private missed = 0
  private cancelFlush: (() => void) | undefined
  private cancelHeartbeat: (() => void) | undefined

  constructor(parts: EventHubParts) {
    this.parts = parts
    const { gateway, clock } = parts
    this.stopEvents = gateway.onEvents((batch) => {
      if (this.subscribers.size > 0) this.gather(networkEventsOf(batch, Math.round(clock.wallTime())))
    })
  }

  get size(): number {
    return this.subscribers.size
  }

  /**
   * Bytes in the format of server-sent events, until they are destroyed or the hub is closed.
   *
   * @throws NetworkError `OVERLOADED` when too many listen already
   */
  subscribe(filter: EventFilter): Readable {
    if (this.subscribers.size >= subscribersMax) {
      throw new NetworkError('OVERLOADED', `${subscribersMax} listen to events already`, {
        retryable: true,
        overloaded: true
      })
    }
    const isFiltered = filter.kind !== undefined || filter.agent !== undefined || filter.uuid !== undefined
    const stream = new Readable({ read() {} })
    const subscriber: Subscriber = { stream, filter: isFiltered ? filter : undefined }
    this.subscribers.add(subscriber)
    stream.once('close', () => this.subscribers.delete(subscriber))
    // Sent at once, so that the page knows that it is connected; says how soon to come back if it is not.
    stream.push('retry: 1000\n\n')
    this.scheduleHeartbeat()
    return stream
  }

  publish(sample: Sample): void {
    if (this.subscribers.size === 0) return
    const message = messageOf('sample', sample)
    for (const subscriber of this.subscribers) this.write(subscriber, message)
  }

  close(): void {
    this.stopEvents()
    this.cancelFlush?.()
    this.cancelHeartbeat?.()
    for (const { stream } of this.subscribers) stream.push(null)
    this.subscribers.clear()
  }

  private gather(events: NetworkEventView[]): void {
    for (const event of events) this.gathered.push(event)
    if (this.gathered.length > gatheredMax) {
      const surplus = this.gathered.length - gatheredMax
      this.gathered = this.gathered.slice(surplus)
      this.missed += surplus
    }
    this.cancelFlush ??= this.parts.clock.after(gatherMs, () => {
      this.cancelFlush = undefined
      this.flush()
    })
  }

  private flush(): void {
    const { gathered, missed } = this
    this.gathered = []
    this.missed = 0
    const missedMessage = missed === 0 ? '' : messageOf('missed', { count: missed })
    let everything: string | undefined
    for (const subscriber of this.subscribers) {
      const { filter } = subscriber
      if (filter === undefined) {
        everything ??= missedMessage + messageOf('network', gathered)
        this.write(subscriber, everything)
        continue
      }
      const wanted = gathered.filter((event) => isWanted(event, filter))
      const message = wanted.length === 0 ? '' : messageOf('network', wanted)
      this.write(subscriber, missedMessage + message)
    }
  }

  private write(subscriber: Subscriber, message: string): void {
    const { stream } = subscriber
    if (message === '' || stream.destroyed) return
    stream.push(message)
    if (stream.readableLength <= unsentBytesMax) return
    this.parts.logger.warn({ unsentBytes: stream.readableLength }, 'a page does not read its events')
    this.subscribers.delete(subscriber)
    stream.destroy()
  }

  private scheduleHeartbeat(): void {
    this.cancelHeartbeat ??= this.parts.clock.after(heartbeatMs, () => {
      this.cancelHeartbeat = undefined
      for (const subscriber of this.subscribers) this.write(subscriber, ': alive\n\n')
      if (this.subscribers.size > 0) this.scheduleHeartbeat()
    })
  }
}

function messageOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function isWanted(event: NetworkEventView, { kind, agent, uuid }: EventFilter): boolean {
  const agentId = event.subject === 'agent' ? event.id : event.agentId
  return (
    (kind === undefined || event.kind === kind) &&
    (agent === undefined || agentId === agent) &&
    (uuid === undefined || (event.subject === 'container' && event.id === uuid))
  )
}
