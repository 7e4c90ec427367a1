import stringWidth from 'string-width'
import { plainPaint, type Paint, type Tone } from './paint.ts'
import { printable } from './printable.ts'

const gap = '  '

/** A cell: text from anywhere, and the tone in which it is shown. */
export type Cell = string | { readonly text: string; readonly tone?: Tone; readonly align?: 'right' }

/** A number, or what else is read from its last digit. */
export function right(text: string, tone?: Tone): Cell {
  return { text, align: 'right', ...(tone !== undefined && { tone }) }
}

/** Columns as wide as their widest cell, under headings. An empty cell is shown as `-`. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint = plainPaint
): string {
  const body = rows.map((row) => row.map(readCell))
  const lines = [headings.map((text) => ({ text, tone: 'heading' as const })), ...body]
  const widths = headings.map((_, column) => {
    let widest = 0
    for (const line of lines) widest = Math.max(widest, stringWidth(line[column]?.text ?? ''))
    return widest
  })
  // A heading stands over its column: on the right, if the column does.
  const aligned = headings.map((_, column) => body[0]?.[column]?.align)
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const blanks = ' '.repeat((widths[column] ?? 0) - stringWidth(cell.text))
          const text = cell.tone === undefined ? cell.text : paint(cell.tone, cell.text)
          if (aligned[column] === 'right') return blanks + text
          return column === line.length - 1 ? text : text + blanks
        })
        .join(gap)
        .trimEnd()
    )
    .join('\n')
}

/** Names and what they are, one a line. */
export function fieldList(
  fields: readonly (readonly [name: string, value: Cell])[],
  paint: Paint = plainPaint
): string {
  const width = Math.max(...fields.map(([name]) => stringWidth(name)))
  return fields
    .map(([name, value]) => {
      const { text, tone } = readCell(value)
      return `${paint('heading', name.padEnd(width))}${gap}${tone === undefined ? text : paint(tone, text)}`
    })
    .join('\n')
}

interface ReadCell {
  readonly text: string
  readonly tone?: Tone
  readonly align?: 'right'
}

function readCell(cell: Cell): ReadCell {
  const { text, ...rest } = typeof cell === 'string' ? { text: cell } : cell
  return { text: text === '' ? '-' : printable(text), ...rest }
}
