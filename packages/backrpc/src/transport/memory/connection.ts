import type { TransportLimits } from '../port.ts'
import { MemoryEnd } from './end.ts'
import { Link, type Parcel } from './link.ts'
import type { MemoryLink, Schedule } from './schedule.ts'

/** The two sides of a connection. */
export type MemorySide = 'dialler' | 'listener'

/** A connection of a memory network, for tests and the simulator to look at and to break. */
export interface MemoryConnection {
  /** Counts up from 1 within the network. */
  readonly id: number
  /** The node that dialled. */
  readonly dialler: string
  /** The node that listens, or nothing as long as the dial has not arrived. */
  readonly listener: string | undefined
  /** The port that was dialled. */
  readonly port: number
  /** Bytes under way towards this side. */
  queuedBytesTowards(side: MemorySide): number
  /** A black hole: everything towards this side vanishes from now on, and nobody is told. */
  cutTowards(side: MemorySide): void
  /** Both sides get `closed`; what is under way is lost. */
  reset(reason?: string): void
}

/** What a dial meets when it arrives: a listener, a refusal, or a black hole. */
export type Arrival =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'ignored' }

export interface MemoryPipeOptions {
  readonly id: number
  readonly dialler: string
  /** The node that listens at `port` now; the dial may still find another one, or none, when it arrives. */
  readonly listener: string
  readonly port: number
  readonly address: string
  readonly limits: TransportLimits
  readonly queuedBytesMax: number
  readonly schedule: Schedule
  readonly isCut: (ends: MemoryLink) => boolean
  /** The dial has arrived. */
  readonly arrived: (pipe: MemoryPipe) => Arrival
  /** Neither side uses it any more. */
  readonly gone: (pipe: MemoryPipe) => void
}

/** A connection: two ends, a link in each direction. The dial itself travels ahead of the first message. */
export class MemoryPipe implements MemoryConnection {
  readonly id: number
  readonly dialler: string
  readonly port: number
  readonly diallerEnd: MemoryEnd
  readonly #options: MemoryPipeOptions
  readonly #towardsListener: Link
  readonly #towardsDialler: Link
  #listenerEnd: MemoryEnd | undefined

  constructor(options: MemoryPipeOptions) {
    const { id, dialler, listener, schedule, isCut } = options
    this.id = id
    this.dialler = dialler
    this.port = options.port
    this.#options = options
    const idle = (): void => this.#goneIfUnused()
    this.#towardsListener = new Link(
      { from: dialler, to: listener },
      { schedule, isCut, idle, arrived: (parcel) => this.#atListener(parcel) }
    )
    this.#towardsDialler = new Link(
      { from: listener, to: dialler },
      { schedule, isCut, idle, arrived: (parcel) => this.#arrived(parcel, this.diallerEnd) }
    )
    this.diallerEnd = this.#createEnd(options.address, this.#towardsListener, options.limits)
    this.#towardsListener.send({ kind: 'open' })
  }

  /** The node that was dialled. */
  get dialled(): string {
    return this.#options.listener
  }

  get listener(): string | undefined {
    return this.#listenerEnd === undefined ? undefined : this.#options.listener
  }

  /** The listener's end of a dial that is being accepted. */
  acceptEnd(limits: TransportLimits): MemoryEnd {
    const end = this.#createEnd(`${this.dialler}#${this.id}`, this.#towardsDialler, limits)
    this.#listenerEnd = end
    return end
  }

  /** Whoever listened has stopped: both sides hear of it, the other one after what is under way. */
  endListenerSide(reason: string): void {
    this.#towardsDialler.send({ kind: 'end', reason })
    this.#listenerEnd?.end(reason)
    this.#goneIfUnused()
  }

  queuedBytesTowards(side: MemorySide): number {
    return this.#link(side).queuedBytes
  }

  cutTowards(side: MemorySide): void {
    this.#link(side).sever()
  }

  reset(reason = 'connection reset'): void {
    this.diallerEnd.end(reason)
    this.#listenerEnd?.end(reason)
    this.#towardsListener.sever()
    this.#towardsDialler.sever()
  }

  /** The node at this side was killed: it hears nothing; the other side hears that the connection has ended. */
  crash(side: MemorySide): void {
    const end = side === 'dialler' ? this.diallerEnd : this.#listenerEnd
    end?.vanish()
    this.#link(side === 'dialler' ? 'listener' : 'dialler').send({ kind: 'end', reason: 'connection reset' })
  }

  #link(side: MemorySide): Link {
    return side === 'dialler' ? this.#towardsDialler : this.#towardsListener
  }

  #createEnd(remote: string, out: Link, limits: TransportLimits): MemoryEnd {
    return new MemoryEnd(remote, out, {
      messageBytesMax: limits.messageBytesMax,
      queuedBytesMax: this.#options.queuedBytesMax,
      // Scheduled, because a connection never calls back from within a call to it.
      overflowed: () => this.#options.schedule(() => this.reset('the other side does not read'), out.ends),
      released: () => this.#goneIfUnused()
    })
  }

  #atListener(parcel: Parcel): void {
    if (parcel.kind === 'open') this.#dialArrived()
    else if (this.#listenerEnd !== undefined) this.#arrived(parcel, this.#listenerEnd)
  }

  #arrived(parcel: Parcel, end: MemoryEnd): void {
    if (parcel.kind === 'end') end.end(parcel.reason, parcel.refused)
    else if (parcel.kind === 'message' && !end.deliver(parcel.bytes)) this.reset('message too long')
  }

  #dialArrived(): void {
    const arrival = this.#options.arrived(this)
    if (arrival.kind === 'accepted') return
    if (arrival.kind === 'refused') {
      this.#towardsDialler.send({ kind: 'end', reason: arrival.reason, refused: true })
    }
    // Whatever was sent behind the dial goes where the dial went.
    this.#towardsListener.sever()
  }

  #goneIfUnused(): void {
    const used = !this.diallerEnd.closed || this.#listenerEnd?.closed === false
    if (!used && this.#towardsListener.idle && this.#towardsDialler.idle) this.#options.gone(this)
  }
}
