import type { Check, Handlers, InstanceId, Report } from './observation.ts'

/** So long without a fault, and whatever a fault did to a process is over. */
const calmMs = 12_000

/**
 * Nobody is given up for the coordinator's own stall: an agent that had no fault, and none on its way to a
 * coordinator that was at most stopped, keeps what it serves.
 */
export class Patience implements Check {
  readonly #report: Report
  readonly #disturbedAt = new Map<string, number>()
  readonly #serving = new Map<string, Set<string>>()
  readonly #instances = new Map<InstanceId, { readonly agent: string; readonly uuid: string }>()

  constructor(report: Report) {
    this.#report = report
  }

  readonly on: Handlers = {
    disturbed: ({ process, by, faults }, at) => {
      if (process !== 'coordinator' || by !== 'stop')
        this.#disturbedAt.set(process, faults > 0 ? Infinity : at)
    },
    started: ({ process }, at) => this.#touch(process, at),
    killed: ({ process }, at) => this.#touch(process, at),
    left: ({ agent }, at) => this.#touch(agent, at),
    made: ({ instance, agent, uuid }) => {
      this.#instances.set(instance, { agent, uuid })
    },
    // What an agent has ended by itself is not taken from it.
    terminating: ({ instance }) => {
      const ending = this.#instances.get(instance)
      if (ending !== undefined) this.#servedBy(ending.agent).delete(ending.uuid)
    },
    // What goes on was granted before, or has ended since it was reported.
    granted: ({ agent, uuid, had }) => {
      if (had === undefined) this.#servedBy(agent).add(uuid)
    },
    revoked: ({ agent, incarnation, uuid }, at) => {
      const served = this.#servedBy(agent).delete(uuid)
      if (!served || !this.#isCalm(agent, at) || !this.#isCalm('coordinator', at)) return
      this.#report('I4', `${agent}#${incarnation} has lost ${uuid}, and had no fault`)
    }
  }

  #servedBy(agent: string): Set<string> {
    let served = this.#serving.get(agent)
    if (served === undefined) {
      served = new Set()
      this.#serving.set(agent, served)
    }
    return served
  }

  #touch(process: string, at: number): void {
    this.#disturbedAt.set(process, Math.max(this.#disturbedAt.get(process) ?? 0, at))
  }

  #isCalm(process: string, at: number): boolean {
    return at - (this.#disturbedAt.get(process) ?? 0) > calmMs
  }
}
