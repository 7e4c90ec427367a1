import type { Check, Handlers, Host, Report } from './observation.ts'

/** I3: an agent obeys no coordinator of an earlier epoch than one that it has obeyed, nor two of one epoch. */
export class Obedience implements Check {
  readonly #report: Report
  readonly #obeyed = new Map<string, { epoch: number; coordinator: string }>()

  constructor(report: Report) {
    this.#report = report
  }

  readonly on: Handlers = { obeyed: (seen) => this.#obeys(seen) }

  #obeys(seen: Host & { readonly epoch: number; readonly coordinator: string }): void {
    const host = `${seen.agent}#${seen.incarnation}`
    const { epoch, coordinator } = seen
    const newest = this.#obeyed.get(host)
    if (newest !== undefined && epoch < newest.epoch) {
      this.#report('I3', `${host} obeys epoch ${epoch} after ${newest.epoch}`)
      return
    }
    if (newest?.epoch === epoch && newest.coordinator !== coordinator) {
      this.#report('I3', `${host} obeys ${coordinator} and ${newest.coordinator}, both of epoch ${epoch}`)
    }
    this.#obeyed.set(host, { epoch, coordinator })
  }
}
