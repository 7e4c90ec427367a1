const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * Values over time as one line of blocks, the newest on the right. More values than columns are gathered: each
 * column shows the highest of its own, so that a short peak is not lost.
 */
export function sparkline(values: readonly number[], columns: number): string {
  if (columns < 1 || values.length === 0) return ''
  const perColumn = Math.max(1, Math.ceil(values.length / columns))
  const peaks: number[] = []
  for (let at = 0; at < values.length; at += perColumn) {
    let peak = 0
    for (const value of values.slice(at, at + perColumn)) peak = Math.max(peak, value)
    peaks.push(peak)
  }
  let highest = 0
  for (const peak of peaks) highest = Math.max(highest, peak)
  return peaks
    .map((peak) => {
      const share = highest === 0 ? 0 : peak / highest
      return levels[Math.min(levels.length - 1, Math.round(share * (levels.length - 1)))] ?? ''
    })
    .join('')
}
