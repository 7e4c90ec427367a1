import { FaultyNetwork, SimClock, SimDisk, SimMachine, Trace } from '@hcengineering/network-testing'
import type { Observation } from '../model/observation.ts'
import { Model } from '../model/model.ts'
import { nodeNames, twinNames } from './names.ts'

/**
 * Timeouts as the network has them by default; `terminate()` is abandoned sooner, and draining is shorter, so that a
 * run sees what comes after.
 */
export const timing = {
  leaseMs: 2400,
  terminateTimeoutMs: 4000,
  drainTimeoutMs: 3000,
  rateMin: 0.9,
  rateMax: 1.1
}

/** What a cluster stands on: time, network, machines, a disk; and who watches. */
export class World {
  readonly clock: SimClock
  readonly network: FaultyNetwork
  readonly trace: Trace
  readonly model = new Model(timing)
  readonly disk = new SimDisk()
  readonly machines: ReadonlyMap<string, SimMachine>
  /** How the clients' operations have ended. */
  readonly settled = { succeeded: 0, failed: 0 }
  readonly #startMs: number
  readonly #ids = new Map<string, number>()

  readonly #stopAtFirst: ReadonlySet<string> | undefined

  /**
   * @param stopAtFirst makes {@link run} end at the first violation of another invariant than these
   */
  constructor(
    seed: number,
    line: ((line: string) => void) | undefined,
    stopAtFirst: ReadonlySet<string> | undefined
  ) {
    this.#stopAtFirst = stopAtFirst
    this.clock = new SimClock((error) => {
      this.model.report('uncaught', error instanceof Error ? (error.stack ?? error.message) : String(error))
    })
    this.#startMs = this.clock.now()
    this.trace = new Trace(() => this.clock.now(), line)
    this.network = new FaultyNetwork({ clock: this.clock, seed: `network ${seed}` })
    this.machines = new Map(
      [...nodeNames, ...twinNames].map((name) => [
        name,
        new SimMachine(name, this.clock, this.network, this.trace)
      ])
    )
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.clock.now() - this.#startMs
  }

  /** Whether the rest of the run is of no interest. */
  get isOver(): boolean {
    const ignored = this.#stopAtFirst
    if (ignored === undefined || this.model.violations.length === 0) return false
    return this.model.violations.some(({ invariant }) => !ignored.has(invariant))
  }

  /** Lets time pass. */
  run(ms: number): Promise<void> {
    return this.clock.run(this.isOver ? 0 : ms, () => this.isOver)
  }

  machine(name: string): SimMachine {
    const machine = this.machines.get(name)
    if (machine === undefined) throw new Error(`there is no machine ${name}`)
    return machine
  }

  /** Counts up from 1, for each name on its own. */
  count(name: string): number {
    const next = (this.#ids.get(name) ?? 0) + 1
    this.#ids.set(name, next)
    return next
  }

  /** Shows the model what was seen. */
  readonly observe = (seen: Observation): void => {
    this.model.observe(seen, this.elapsedMs)
    if (seen.kind === 'settled') this.settled[seen.code === undefined ? 'succeeded' : 'failed']++
    const { kind, ...rest } = seen
    if (quiet.has(kind)) this.trace.note(kind)
    else this.trace.tell(kind, words(rest))
  }
}

/** Too many to be read; the hash knows them. */
const quiet: ReadonlySet<string> = new Set(['leased', 'offered', 'worked', 'registered', 'disturbed'])

function words(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ')
}
