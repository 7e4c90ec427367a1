import type { Clock } from '@hcengineering/network-core'
import { SkewedClock } from '../time/skewed-clock.ts'
import type { FaultyNetwork } from './faulty-network.ts'
import { SimProcess } from './sim-process.ts'
import type { Trace } from './trace.ts'

/**
 * A machine of a simulation: a clock of its own, and one process after another that runs on it.
 */
export class SimMachine {
  readonly name: string
  readonly clock: SkewedClock
  readonly #shared: Clock
  readonly #network: FaultyNetwork
  readonly #trace: Trace
  #process: SimProcess | undefined
  #starts = 0

  constructor(name: string, shared: Clock, network: FaultyNetwork, trace: Trace) {
    this.name = name
    this.clock = new SkewedClock(shared)
    this.#shared = shared
    this.#network = network
    this.#trace = trace
  }

  /** The process that runs, or ran last. */
  get process(): SimProcess | undefined {
    return this.#process
  }

  get running(): boolean {
    return this.#process?.alive === true
  }

  /** Starts a new incarnation; the last one must have ended. */
  start(): SimProcess {
    if (this.running) throw new Error(`${this.name} runs already`)
    this.#process = new SimProcess({
      name: this.name,
      incarnation: ++this.#starts,
      clock: this.clock,
      soon: (run) => void this.#shared.after(0, run),
      transport: this.#network.memory.transport(this.name),
      delivered: (bytes) => this.#trace.note(`${this.name} < ${bytes.byteLength}`),
      crashed: () => this.#network.crash(this.name, false)
    })
    return this.#process
  }

  /** Kills the process: as SIGKILL, or as a machine that loses its power, when nobody tells the others. */
  crash(powerLoss: boolean): void {
    if (powerLoss) this.#network.crash(this.name, true)
    this.#process?.kill()
  }

  /** The machine sleeps: its monotonic clock stands still, and so does all on it; the wall clock goes on. */
  suspend(): void {
    this.clock.suspend()
    this.#process?.pause()
  }

  wake(): void {
    this.clock.resume()
    this.#process?.resume()
  }
}
