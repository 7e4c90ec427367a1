import type { JSX } from 'preact'
import { count } from '../format/numbers.ts'
import { FirstIcon, Icon, LastIcon, NextIcon, PreviousIcon } from './icon.tsx'

/** How many rows a page of a table has. */
export const rowsPerPage = 50

/** Which rows of how many, and the way to the others. */
export function Pager(props: { page: number; total: number; go: (page: number) => void }): JSX.Element {
  const { page, total, go } = props
  const last = Math.max(1, Math.ceil(total / rowsPerPage))
  const from = Math.min(total, (page - 1) * rowsPerPage + 1)
  const to = Math.min(total, page * rowsPerPage)
  const step = (title: string, icon: typeof FirstIcon, target: number): JSX.Element => (
    <button
      type="button"
      class="button icon-button"
      title={title}
      aria-label={title}
      disabled={target < 1 || target > last || target === page}
      onClick={() => go(target)}
    >
      <Icon of={icon} />
    </button>
  )
  return (
    <nav class="pager" aria-label="Pages">
      <span class="pager-range" aria-live="polite">
        <b>
          {count(from)}–{count(to)}
        </b>{' '}
        of {count(total)}
      </span>
      {step('First page', FirstIcon, 1)}
      {step('Previous page', PreviousIcon, page - 1)}
      {step('Next page', NextIcon, page + 1)}
      {step('Last page', LastIcon, last)}
    </nav>
  )
}
