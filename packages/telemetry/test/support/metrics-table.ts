import { metricsByFunction } from '../../src/index.ts'

/** The part of the README that lists the metrics, as prettier formats it. */
export function metricsTable(): string {
  return Object.entries(metricsByFunction)
    .map(([name, metrics]) => {
      const rows = metrics.map(({ name, type, unit, attributes = [], description }) => [
        `\`${name}\``,
        type,
        `\`${unit}\``,
        attributes.map((attribute) => `\`${attribute}\``).join(', '),
        description
      ])
      return `### ${name}\n\n${markdown([['metric', 'type', 'unit', 'attributes', 'meaning'], ...rows])}`
    })
    .join('\n\n')
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows
  const widths = header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(header), rule, ...rows.slice(1).map(line)].join('\n')
}
