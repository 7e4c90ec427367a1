/** Which rows of a long list with rows of one height have to be in the page. */
export interface RowWindow {
  readonly first: number
  /** Not among them. */
  readonly end: number
}

/** Rows beyond the edges, so that scrolling does not show gaps. */
const spareRows = 6

export function visibleRows(list: {
  rows: number
  rowHeightPx: number
  scrolledPx: number
  viewHeightPx: number
}): RowWindow {
  const { rows, rowHeightPx, scrolledPx, viewHeightPx } = list
  const first = Math.floor(Math.max(0, scrolledPx) / rowHeightPx) - spareRows
  const end = Math.ceil((Math.max(0, scrolledPx) + viewHeightPx) / rowHeightPx) + spareRows
  return { first: Math.min(Math.max(0, first), rows), end: Math.min(rows, Math.max(0, end)) }
}
