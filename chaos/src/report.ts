import { markdownTable } from 'markdown-table'
import { quantileSorted } from 'simple-statistics'
import type { Violation } from './check.ts'
import type { Recovery } from './faults.ts'

/** Violations that are shown with their lines; of the others only the number is told. */
const shownMax = 20
const linesMax = 8

/** A number of milliseconds, for people. */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

/** Whether all was as it must be. */
export function isWithinBound({ recoveredMs, boundMs, problem }: Recovery): boolean {
  return recoveredMs !== undefined && recoveredMs <= boundMs && problem === undefined
}

/** How long each fault took to recover from, beside its bound. */
export function recoveryTable(recoveries: readonly Recovery[]): string {
  const byFault = new Map<string, Recovery[]>()
  for (const one of recoveries) byFault.set(one.fault, [...(byFault.get(one.fault) ?? []), one])
  const rows = [...byFault]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([fault, all]) => {
      const times = all.flatMap(({ recoveredMs }) => recoveredMs ?? []).toSorted((one, other) => one - other)
      const quantile = (q: number): string =>
        times.length === 0 ? '–' : milliseconds(quantileSorted(times, q))
      const bad = all.filter((recovery) => !isWithinBound(recovery)).length
      const ok = bad === 0 ? 'yes' : `${bad} not`
      const bound = milliseconds(all[0]?.boundMs ?? 0)
      return [fault, String(all.length), quantile(0.5), quantile(0.99), bound, ok]
    })
  const head = ['fault', 'count', 'recovery p50', 'p99', 'bound', 'ok']
  return markdownTable([head, ...rows], { align: ['l', 'r', 'r', 'r', 'r', 'l'] })
}

/** The violations, with what the history says of them. */
export function violationText(violations: readonly Violation[]): string {
  const shown = violations.slice(0, shownMax).map(({ invariant, what, lines }) => {
    const texts = lines.slice(0, linesMax).map((line) => `    ${JSON.stringify(line)}`)
    return [`${invariant}: ${what}`, ...texts].join('\n')
  })
  const hidden = violations.length - shown.length
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('\n')
}
