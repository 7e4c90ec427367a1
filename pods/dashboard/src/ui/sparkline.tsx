import type { JSX } from 'preact'
import { height, sparklinePath, width } from './sparkline-path.ts'

/** The course of a figure as a small line without axes. */
export function Sparkline({ values, hue }: { values: readonly (number | null)[]; hue: number }): JSX.Element {
  const line = sparklinePath(values)
  return (
    <svg
      class="sparkline"
      data-hue={hue}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {line !== '' && <path class="sparkline-area" d={`${line}L${width},${height}L0,${height}Z`} />}
      <path class="sparkline-line" d={line} vector-effect="non-scaling-stroke" />
    </svg>
  )
}
