import type { MemoryLink, Schedule } from './schedule.ts'

/** What travels over a link. */
export type Parcel =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly reason: string; readonly refused?: boolean }

export interface LinkOptions {
  readonly schedule: Schedule
  readonly isCut: (ends: MemoryLink) => boolean
  readonly arrived: (parcel: Parcel) => void
  /** Nothing is under way any more. */
  readonly idle: () => void
}

/**
 * One direction of a connection: a queue of parcels that arrive in order, each when the schedule says so.
 *
 * L1. Parcels arrive in the order in which they were sent, without a gap.
 * L2. Once one has vanished, all that follow vanish too: a stream that lost something never goes on as if it
 *     had not. So a link that was cut while something was under way stays dead; its users have to dial anew.
 */
export class Link {
  readonly ends: MemoryLink
  readonly #options: LinkOptions
  #queue: Parcel[] = []
  #queuedBytes = 0
  #severed = false

  constructor(ends: MemoryLink, options: LinkOptions) {
    this.ends = ends
    this.#options = options
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get idle(): boolean {
    return this.#queue.length === 0
  }

  send(parcel: Parcel): void {
    // What is sent into a black hole counts as sent, as with a real network: the sender learns nothing.
    if (this.#severed) return
    if (parcel.kind === 'message') this.#queuedBytes += parcel.bytes.byteLength
    this.#queue.push(parcel)
    this.#options.schedule(this.#deliver, this.ends)
  }

  /** Everything under way and everything to come vanishes. */
  sever(): void {
    this.#severed = true
    this.#queue = []
    this.#queuedBytes = 0
    this.#options.idle()
  }

  readonly #deliver = (): void => {
    const parcel = this.#queue.shift()
    if (parcel === undefined) return
    if (parcel.kind === 'message') this.#queuedBytes -= parcel.bytes.byteLength
    if (this.#options.isCut(this.ends)) this.sever()
    else this.#options.arrived(parcel)
    if (this.idle) this.#options.idle()
  }
}
