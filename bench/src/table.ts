import { markdownTable } from 'markdown-table'
import type { ReportedRow } from './report.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

function number(value: number): string {
  return (Math.abs(value) >= 1000 ? whole : fine).format(value)
}

function verdict({ ok, reached }: ReportedRow): string {
  if (ok === null) return ''
  return `${ok ? 'yes' : 'NO'} (${reached ?? 'not measured'})`
}

/** The table, as Markdown that a terminal can show. */
export function table(rows: readonly ReportedRow[]): string {
  const head = ['work', 'metric', 'value', 'unit', '× floor', 'must reach', 'reached']
  const body = rows.map((row) => [
    row.work,
    row.metric,
    row.value === null ? '–' : number(row.value),
    row.unit,
    row.floorRatio === null ? '' : row.floorRatio.toPrecision(3),
    row.mustReach ?? '',
    verdict(row)
  ])
  const shown = markdownTable([head, ...body], { align: ['l', 'l', 'r', 'l', 'r', 'l', 'l'] })
  return [shown, ...notes(rows)].join('\n\n')
}

/** What is missing, and of which rows. */
function notes(rows: readonly ReportedRow[]): string[] {
  const works = new Map<string, Set<string>>()
  for (const { work, note } of rows) {
    if (note === undefined) continue
    works.set(note, (works.get(note) ?? new Set()).add(work))
  }
  return [...works].map(([note, of]) => `${note}:\n${[...of].map((work) => `- ${work}`).join('\n')}`)
}
