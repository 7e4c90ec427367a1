import type { Violation } from './model/observation.ts'
import type { Outcome } from './run/run-script.ts'
import type { Action, FaultName, Script } from './script/action.ts'

/** Adds up what many runs came to. */
export class Tally {
  readonly failing: { seed: number; first: Violation }[] = []
  readonly byInvariant = new Map<string, number>()
  seeds = 0
  #virtualMs = 0
  #succeeded = 0
  #failed = 0
  #leastFaults = Infinity
  readonly #faults = new Map<FaultName, number>()
  readonly #began = performance.now()

  add(outcome: Outcome): void {
    this.seeds++
    this.#virtualMs += outcome.virtualMs
    this.#succeeded += outcome.succeeded
    this.#failed += outcome.failed
    let faults = 0
    for (const [name, count] of Object.entries(outcome.faults) as [FaultName, number][]) {
      this.#faults.set(name, (this.#faults.get(name) ?? 0) + count)
      faults += count
    }
    this.#leastFaults = Math.min(this.#leastFaults, faults)
    for (const invariant of new Set(outcome.violations.map((violation) => violation.invariant))) {
      this.byInvariant.set(invariant, (this.byInvariant.get(invariant) ?? 0) + 1)
    }
    const [first] = outcome.violations
    if (first !== undefined) this.failing.push({ seed: outcome.seed, first })
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000
  }

  /** One line while it goes on. */
  progress(of: number): string {
    const rate = this.seeds / Math.max(0.001, this.seconds)
    return `${this.seeds} of ${of} seeds, ${rate.toFixed(1)} a second, ${this.failing.length} failing`
  }

  /** All of it, at the end. */
  summary(): string {
    const { seeds } = this
    const faults = [...this.#faults.values()].reduce((sum, count) => sum + count, 0)
    const each = [...this.#faults]
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${(count / seeds).toFixed(1)}`)
    const lines = [
      `${seeds} seeds in ${this.seconds.toFixed(0)} s (${(seeds / this.seconds).toFixed(1)} a second)`,
      `virtual time a seed: ${(this.#virtualMs / seeds / 1000).toFixed(1)} s`,
      `operations a seed: ${(this.#succeeded / seeds).toFixed(0)} succeeded, ${(this.#failed / seeds).toFixed(0)} failed`,
      `faults that took effect, a seed: ${(faults / seeds).toFixed(1)}, at least ${this.#leastFaults}`,
      `  ${each.join(', ')}`,
      `seeds with violations: ${this.failing.length}`
    ]
    for (const [invariant, count] of this.byInvariant) lines.push(`  ${invariant}: ${count} seeds`)
    for (const { seed, first } of this.failing.slice(0, 20))
      lines.push(`  seed ${seed}: ${describeViolation(first)}`)
    return lines.join('\n')
  }
}

export function describeViolation({ invariant, at, text }: Violation): string {
  return `${invariant} at ${(at / 1000).toFixed(3)} s: ${text}`
}

/** A script, an action a line. */
export function describeScript(script: Script): string {
  return script.actions.map(describeAction).join('\n')
}

function describeAction(action: Action): string {
  const { at, ...rest } = action
  const fields = Object.entries(rest).map(([key, value]) => {
    const isName = key === 'do' || key === 'fault'
    return isName ? String(value) : `${key}=${Array.isArray(value) ? value.join('+') : String(value)}`
  })
  return `${(at / 1000).toFixed(3).padStart(9)} ${fields.join(' ')}`
}
