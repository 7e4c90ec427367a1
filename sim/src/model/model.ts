import { Activations, type Timing } from './activations.ts'
import { Events } from './events.ts'
import { Obedience } from './obedience.ts'
import type { Check, Observation, Violation } from './observation.ts'
import { Patience } from './patience.ts'
import { References } from './references.ts'
import { Requests } from './requests.ts'

/**
 * What must hold in the network, judged from outside by what was seen. It shares no code with the network: of
 * its packages it knows types alone.
 */
export class Model {
  readonly violations: Violation[] = []
  readonly #checks: readonly Check[]
  #at = 0

  constructor(timing: Timing) {
    const report = (invariant: string, text: string): void => this.report(invariant, text)
    this.#checks = [
      new Activations(timing, report),
      new Obedience(report),
      new Requests(timing.rateMin, report),
      new References(report),
      new Patience(report),
      new Events(report)
    ]
  }

  /** @param at milliseconds since the start */
  observe(seen: Observation, at: number): void {
    this.#at = at
    for (const { on } of this.#checks) {
      const handler = on[seen.kind] as ((seen: Observation, at: number) => void) | undefined
      handler?.(seen, at)
    }
  }

  report(invariant: string, text: string): void {
    this.violations.push({ invariant, at: this.#at, text })
  }
}
