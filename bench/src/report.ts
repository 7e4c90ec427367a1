import type { Figures } from './messages.ts'
import type { FigureRef, Requirement, Row } from './rows.ts'
import { median, medianRatio, type Rounds } from './statistics.ts'

/** What came of the rounds of a run: figures, or why there are none. */
export interface Outcome {
  readonly rounds: readonly (Figures | undefined)[]
  /** Why a round has no figures. */
  readonly problem?: { readonly kind: 'left out' | 'unavailable' | 'failed'; readonly message: string }
}

/** A row with its numbers, as `--json` prints it. */
export interface ReportedRow {
  readonly work: string
  readonly metric: string
  readonly value: number | null
  readonly unit: string
  /** How many times the raw transport's figure. */
  readonly floorRatio: number | null
  readonly mustReach: string | null
  /** Null where nothing must be reached. What was not measured has not been reached. */
  readonly ok: boolean | null
  /** What was reached, in the words of `mustReach`. */
  readonly reached?: string
  /** Why there is no value, or fewer rounds than there should be. */
  readonly note?: string
}

/** Puts the rows together from what was measured. */
export function report(rows: readonly Row[], outcomes: ReadonlyMap<string, Outcome>): ReportedRow[] {
  return rows.map((row) => reportRow(row, outcomes))
}

function reportRow(row: Row, outcomes: ReadonlyMap<string, Outcome>): ReportedRow {
  const { scale = 1, source, floor, mustReach = [] } = row
  const values = roundsOf(source, outcomes)
  const value = median(values.filter((figure) => figure !== undefined))
  const ratio = floor === undefined ? undefined : medianRatio(values, roundsOf(floor, outcomes))
  const judged = mustReach.map((requirement) => judge(requirement, values, scale, outcomes))
  const note = noteOf(source, value, outcomes)
  return {
    work: row.work,
    metric: row.metric,
    value: value === undefined ? null : value * scale,
    unit: row.unit,
    floorRatio: ratio ?? null,
    mustReach:
      mustReach.length === 0 ? null : mustReach.map((one) => requirementText(one, row)).join(', and '),
    ok: mustReach.length === 0 ? null : judged.every(({ ok }) => ok),
    ...(judged.length === 0 ? {} : { reached: judged.map(({ text }) => text).join(', ') }),
    ...(note === undefined ? {} : { note })
  }
}

function roundsOf({ run, figure }: FigureRef, outcomes: ReadonlyMap<string, Outcome>): Rounds {
  return (outcomes.get(run)?.rounds ?? []).map((figures) => figures?.[figure])
}

function noteOf(
  { run }: FigureRef,
  value: number | undefined,
  outcomes: ReadonlyMap<string, Outcome>
): string | undefined {
  const outcome = outcomes.get(run)
  if (outcome === undefined) return 'left out'
  const { problem } = outcome
  if (problem === undefined) return value === undefined ? 'failed: no such figure' : undefined
  const text = `${problem.kind}: ${problem.message}`
  return value === undefined ? text : `one round or more ${text}`
}

/** A requirement in words. */
export function requirementText({ is, value, times }: Requirement, { unit }: Pick<Row, 'unit'>): string {
  if (times === undefined) return `${is} ${value} ${unit}`
  return value === 1 ? `${is} ${times.name}` : `${is} ${value} × ${times.name}`
}

function judge(
  { is, value, times }: Requirement,
  values: Rounds,
  scale: number,
  outcomes: ReadonlyMap<string, Outcome>
): { readonly ok: boolean; readonly text: string } {
  const own = median(values.filter((figure) => figure !== undefined))
  const reached =
    times === undefined
      ? own === undefined
        ? undefined
        : own * scale
      : medianRatio(values, roundsOf(times, outcomes))
  if (reached === undefined) return { ok: false, text: 'not measured' }
  const ok = is === 'at least' ? reached >= value : is === 'below' ? reached < value : reached <= value
  return { ok, text: times === undefined ? reached.toPrecision(3) : `${reached.toPrecision(3)} ×` }
}
