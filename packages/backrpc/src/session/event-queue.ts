import type { ErrorFactory } from '../errors.ts'
import { Fifo } from './fifo.ts'
import type { SendOptions, Session } from './session.ts'

/**
 * What happens to a client that does not read its events: it misses the oldest, or its connections to the
 * containers whose events wait for it are ended; it is told so, and can connect again.
 */
export type SlowConsumerPolicy = 'drop-oldest' | 'disconnect'

/** How events for slow clients are treated. */
export interface EventQueueOptions {
  /** @default 'disconnect' */
  slowConsumer?: SlowConsumerPolicy | undefined
  /**
   * Bytes of events that wait for one client. With more, it has `slowConsumerGrace` to read them. An event that
   * is longer than this counts as that long.
   *
   * @default 4194304 (4 MiB)
   */
  eventBytesMax?: number | undefined
  /**
   * Seconds after which `slowConsumer` applies to a client for which too much waits; at once when twice as much
   * does.
   *
   * @default 1
   */
  slowConsumerGrace?: number | undefined
}

/** {@link EventQueueOptions} with every default in its place, in milliseconds. */
export interface ResolvedEventQueueOptions {
  readonly slowConsumer: SlowConsumerPolicy
  readonly eventBytesMax: number
  readonly graceMs: number
}

/** @throws `INVALID_ARGUMENT` naming the option */
export function resolveEventQueueOptions(
  options: EventQueueOptions,
  errors: ErrorFactory
): ResolvedEventQueueOptions {
  const { slowConsumer = 'disconnect', eventBytesMax = 4 * 1024 * 1024, slowConsumerGrace = 1 } = options
  const refuse = (what: string, got: unknown): Error =>
    errors('INVALID_ARGUMENT', `${what}, got ${typeof got === 'string' ? `'${got}'` : String(got)}`)
  if (slowConsumer !== 'disconnect' && slowConsumer !== 'drop-oldest') {
    throw refuse("slowConsumer must be 'disconnect' or 'drop-oldest'", slowConsumer)
  }
  if (!Number.isSafeInteger(eventBytesMax) || eventBytesMax < 1) {
    throw refuse('eventBytesMax must be a positive whole number', eventBytesMax)
  }
  if (!(slowConsumerGrace >= 0 && slowConsumerGrace <= 60)) {
    throw refuse('slowConsumerGrace must be a number of seconds from 0 to 60', slowConsumerGrace)
  }
  return { slowConsumer, eventBytesMax, graceMs: slowConsumerGrace * 1000 }
}

/** What has become of events for clients that do not read, as plain fields; shared by the queues of one owner. */
export interface EventQueueCounters {
  /** How often a client was found not to read, and the policy applied. */
  slowConsumers: number
  /** Events that were left out for that. */
  droppedEvents: number
  /** Bytes of events that wait now. */
  waitingBytes: number
}

/** All at zero. */
export function createEventQueueCounters(): EventQueueCounters {
  return { slowConsumers: 0, droppedEvents: 0, waitingBytes: 0 }
}

/** A queue is never fuller than so many times its bound, grace or not. */
const fullestFactor = 2
const eventOverheadBytes = 128

interface Waiting {
  readonly event: SendOptions
  readonly bytes: number
  /** Whether it may be left out. */
  readonly droppable: boolean
}

/**
 * The events of one session, in order: those that its window does not take wait here.
 *
 * - I11: a queue beyond its bound has a grace to drain in, and a hard bound meanwhile; then the policy applies.
 * - A single event is judged by the message limit alone, however small the bound.
 * - Whoever misses events by `disconnect` is told: its containers' events leave the queue together.
 * - Whoever misses events without a target is told so, whatever the policy: they are of no container (I12).
 */
export class EventQueue {
  private readonly session: Session
  private readonly options: ResolvedEventQueueOptions
  private readonly drop: (target: string) => void
  private readonly counters: EventQueueCounters
  private readonly waiting = new Fifo<Waiting>()
  private waitingBytes = 0
  private waitsForRoom = false
  private cancelGrace: (() => void) | undefined

  /**
   * @param drop ends the client's connection to a container of which it has missed events, and tells it by
   *   {@link append}; for those without a target, just tells it. Must not throw
   * @param counters shared with other queues @default its own
   */
  constructor(
    session: Session,
    options: ResolvedEventQueueOptions,
    drop: (target: string) => void,
    counters: EventQueueCounters = createEventQueueCounters()
  ) {
    this.counters = counters
    this.session = session
    this.options = options
    this.drop = drop
  }

  /**
   * Queues an event behind those before it.
   *
   * @throws `MESSAGE_TOO_LARGE`
   */
  push(event: SendOptions): void {
    if (this.session.ended) return
    if (this.passes) {
      this.session.send(event)
      return
    }
    this.session.requireFits(event)
    this.keep(event, true)
    const { eventBytesMax, graceMs } = this.options
    if (this.waitingBytes <= eventBytesMax) return
    if (graceMs === 0 || this.waitingBytes > eventBytesMax * fullestFactor) this.apply()
    else if (this.cancelGrace === undefined) this.giveGrace()
  }

  /** Queues a notice behind the events before it; it is never left out. */
  append(notice: SendOptions): void {
    if (this.session.ended) return
    if (this.passes) this.send(notice)
    else this.keep(notice, false)
  }

  private get passes(): boolean {
    return this.waiting.length === 0 && this.session.writable
  }

  private keep(event: SendOptions, droppable: boolean): void {
    const bytes = Math.min(event.payload.length + eventOverheadBytes, this.options.eventBytesMax)
    this.waiting.push({ event, bytes, droppable })
    this.weigh(bytes)
    this.waitForRoom()
  }

  private weigh(bytes: number): void {
    this.waitingBytes += bytes
    this.counters.waitingBytes += bytes
  }

  private waitForRoom(): void {
    if (this.waitsForRoom) return
    this.waitsForRoom = true
    this.session.whenWritable(this.drain)
  }

  private readonly drain = (): void => {
    this.waitsForRoom = false
    const { session, waiting } = this
    if (session.ended) {
      waiting.clear()
      this.weigh(-this.waitingBytes)
    }
    while (waiting.length > 0 && session.writable) {
      const { event, bytes } = waiting.shift() as Waiting
      this.weigh(-bytes)
      if (!this.send(event)) this.drop(event.target ?? '')
    }
    if (this.waitingBytes <= this.options.eventBytesMax) this.endGrace()
    if (waiting.length > 0) this.waitForRoom()
  }

  /** Returns false when the session refuses it: it takes less than it did when the event was queued. */
  private send(event: SendOptions): boolean {
    try {
      this.session.send(event)
      return true
    } catch {
      return false
    }
  }

  private giveGrace(): void {
    const { clock } = this.session
    const { graceMs } = this.options
    const until = clock.now() + graceMs
    this.cancelGrace = clock.after(graceMs, () => {
      this.cancelGrace = undefined
      // A late timer says that this process stood still: that the client has read may wait to be heard.
      if (clock.now() - until > graceMs / 2) this.giveGrace()
      else this.apply()
    })
  }

  private endGrace(): void {
    this.cancelGrace?.()
    this.cancelGrace = undefined
  }

  private apply(): void {
    this.endGrace()
    this.counters.slowConsumers++
    if (this.options.slowConsumer === 'drop-oldest') this.dropOldest()
    else this.disconnect()
  }

  private dropOldest(): void {
    let untargeted = false
    this.waiting.keep(({ event, bytes, droppable }) => {
      if (!droppable || this.waitingBytes <= this.options.eventBytesMax) return true
      this.weigh(-bytes)
      this.counters.droppedEvents++
      untargeted ||= (event.target ?? '') === ''
      return false
    })
    if (untargeted) this.drop('')
  }

  /** Of each container the last thing that waits counts: events are dropped with its connection. */
  private disconnect(): void {
    const last = new Map<string, Waiting>()
    for (const entry of this.waiting) {
      last.set(entry.event.target ?? '', entry)
      if (entry.droppable) this.counters.droppedEvents++
    }
    this.waiting.clear()
    this.weigh(-this.waitingBytes)
    for (const [target, { event, droppable }] of last) {
      if (droppable) this.drop(target)
      else this.keep(event, false)
    }
  }
}
