import { createMemoryNetwork, type MemoryNetwork } from '@hcengineering/network-backrpc'
import type { Clock } from '@hcengineering/network-core'
import { Random } from './random.ts'

/** A fault of the network while it lasts. */
export interface NetworkFault {
  /** Deliveries that it has changed. */
  readonly affected: number
  /** Ends it. */
  end(): void
}

interface Direction {
  readonly from: string
  readonly to: string
}

interface Delay extends Direction {
  readonly extraMs: number
  /** Connections made after the fault began are not delayed, and overtake the older ones. */
  readonly spares: number | undefined
  affected: number
}

interface Cut extends Direction {
  affected: number
}

/** One direction of one connection: what travels there keeps its order. */
interface Lane {
  /** Counts up with every lane. */
  readonly order: number
  readonly random: Random
  lastAt: number
}

/** What a {@link FaultyNetwork} is made of. */
export interface FaultyNetworkOptions {
  readonly clock: Clock
  readonly seed: string
  /** Every message takes up to so long. @default 2 */
  readonly latencyMaxMs?: number
  /** Lets something happen when that much time has passed; in order, where it is the same. @default by the clock */
  readonly later?: (delayMs: number, run: () => void) => void
}

/**
 * A memory network that takes its time, and has faults. Within one connection messages keep their order, and
 * none is lost without the connection being dead from there on, as with any transport; across connections
 * everything may happen.
 */
export class FaultyNetwork {
  readonly memory: MemoryNetwork
  readonly #clock: Clock
  readonly #seed: string
  readonly #latencyMaxMs: number
  readonly #later: (delayMs: number, run: () => void) => void
  readonly #lanes = new WeakMap<() => void, Lane>()
  readonly #lanesOf = new Map<string, number>()
  #delays: Delay[] = []
  #cuts: Cut[] = []
  #lastLane = 0
  #deliveries = 0

  constructor(options: FaultyNetworkOptions) {
    this.#clock = options.clock
    this.#seed = options.seed
    this.#latencyMaxMs = options.latencyMaxMs ?? 2
    this.#later = options.later ?? ((delayMs, run) => void options.clock.after(delayMs, run))
    this.memory = createMemoryNetwork({ schedule: (deliver, link) => this.#send(deliver, link) })
  }

  /** Messages, dials and ends that have arrived. */
  get deliveries(): number {
    return this.#deliveries
  }

  /** A black hole in one direction. */
  cut(from: string, to: string): NetworkFault {
    const cut: Cut = { from, to, affected: 0 }
    this.#cuts.push(cut)
    const mend = this.memory.cut({ from, to })
    return {
      get affected() {
        return cut.affected
      },
      end: () => {
        mend()
        this.#cuts = this.#cuts.filter((other) => other !== cut)
      }
    }
  }

  /** What is sent in this direction takes longer; with `oldOnly`, on the connections that there are now. */
  delay(from: string, to: string, extraMs: number, oldOnly: boolean): NetworkFault {
    const delay: Delay = { from, to, extraMs, spares: oldOnly ? this.#lastLane : undefined, affected: 0 }
    this.#delays.push(delay)
    return {
      get affected() {
        return delay.affected
      },
      end: () => {
        this.#delays = this.#delays.filter((other) => other !== delay)
      }
    }
  }

  /** Ends all connections between two nodes, or of one node, with a word to both ends. Returns how many. */
  reset(node: string, other?: string): number {
    let count = 0
    for (const connection of this.memory.connections()) {
      const ends = [connection.dialler, connection.listener ?? '']
      if (!ends.includes(node) || (other !== undefined && !ends.includes(other))) continue
      connection.reset()
      count++
    }
    return count
  }

  /**
   * A process is gone. `silently`, as when its machine has lost its power: nobody tells the other ends.
   */
  crash(node: string, silently: boolean): void {
    if (silently) {
      for (const connection of this.memory.connections()) {
        if (connection.dialler !== node && connection.listener !== node) continue
        connection.cutTowards('dialler')
        connection.cutTowards('listener')
      }
    }
    this.memory.crash(node)
  }

  #send(deliver: () => void, link: Direction): void {
    let lane = this.#lanes.get(deliver)
    if (lane === undefined) {
      // Numbered within their direction: what is left out of a script elsewhere changes nothing here.
      const name = `${link.from}>${link.to}`
      const nth = (this.#lanesOf.get(name) ?? 0) + 1
      this.#lanesOf.set(name, nth)
      lane = { order: ++this.#lastLane, random: new Random(`${this.#seed}/${name}/${nth}`), lastAt: 0 }
      this.#lanes.set(deliver, lane)
    }
    let delayMs = lane.random.fraction() * this.#latencyMaxMs
    for (const delay of this.#delays) {
      if (delay.from !== link.from || delay.to !== link.to) continue
      if (delay.spares !== undefined && lane.order > delay.spares) continue
      delay.affected++
      delayMs += delay.extraMs * (0.5 + lane.random.fraction())
    }
    const now = this.#clock.now()
    lane.lastAt = Math.max(lane.lastAt, now + delayMs)
    this.#later(lane.lastAt - now, () => {
      this.#deliveries++
      for (const cut of this.#cuts) if (cut.from === link.from && cut.to === link.to) cut.affected++
      deliver()
    })
  }
}
