import type { ComponentChildren, JSX, TargetedKeyboardEvent, TargetedMouseEvent } from 'preact'
import { navigate } from '../routing/location.ts'

/** A column of a table. */
export interface Column<T> {
  readonly name: string
  readonly cell: (row: T) => ComponentChildren
  /** Numbers stand right, so that their digits stand below each other. */
  readonly numeric?: boolean
  /** Left out on a narrow screen. */
  readonly wideOnly?: boolean
  readonly class?: string
}

interface TableProps<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowKey: (row: T) => string
  /** Where Enter or a click on a row leads. */
  readonly rowPath?: (row: T) => string
  readonly stale?: boolean
  /** The first row's number among all, for those who listen to the page. */
  readonly offset?: number
  readonly total?: number
}

/** A table whose rows are reached with the arrow keys, and opened with Enter or a click. */
export function Table<T>(props: TableProps<T>): JSX.Element {
  const { label, columns, rows, rowKey, rowPath, stale = false, offset = 0, total = rows.length } = props
  return (
    <div class="table-scroll">
      <table
        class="table"
        aria-label={label}
        aria-rowcount={total + 1}
        data-stale={stale}
        onKeyDown={rowPath === undefined ? undefined : moveBetweenRows}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={cellClass(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => {
            const path = rowPath?.(row)
            return (
              <tr
                key={rowKey(row)}
                aria-rowindex={offset + index + 2}
                {...(path !== undefined && {
                  tabIndex: index === 0 ? 0 : -1,
                  'data-path': path,
                  onClick: openRow
                })}
              >
                {columns.map((column) => (
                  <td key={column.name} class={cellClass(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function cellClass<T>({ numeric = false, wideOnly = false, class: own = '' }: Column<T>): string {
  return `${numeric ? 'numeric' : ''} ${wideOnly ? 'wide-only' : ''} ${own}`.trim()
}

function openRow(event: TargetedMouseEvent<HTMLTableRowElement>): void {
  if (event.target instanceof Element && event.target.closest('a, button') !== null) return
  // Text that was just selected is meant to be copied.
  if (window.getSelection()?.isCollapsed === false) return
  const path = event.currentTarget.dataset['path']
  if (path !== undefined) navigate(path)
}

function moveBetweenRows(event: TargetedKeyboardEvent<HTMLTableElement>): void {
  if (!(event.target instanceof HTMLTableRowElement)) return
  const row = event.target
  const rows = [...(row.parentElement?.children ?? [])]
  const next = (): Element | null | undefined => {
    switch (event.key) {
      case 'ArrowDown':
        return row.nextElementSibling
      case 'ArrowUp':
        return row.previousElementSibling
      case 'Home':
        return rows[0]
      case 'End':
        return rows.at(-1)
      default:
        return undefined
    }
  }
  if (event.key === 'Enter') {
    const path = row.dataset['path']
    if (path !== undefined) navigate(path)
    return
  }
  const target = next()
  if (target instanceof HTMLElement) {
    event.preventDefault()
    target.focus()
  }
}
