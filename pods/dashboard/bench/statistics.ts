import { linearRegression, quantileSorted } from 'simple-statistics'

/** Something that was measured again and again. */
export interface Measurement {
  readonly seconds: number
  readonly value: number
}

/** How much the line through the measurements rises from the first to the last; undefined with fewer than three. */
export function trend(measurements: readonly Measurement[]): number | undefined {
  const first = measurements[0]
  const last = measurements.at(-1)
  if (first === undefined || last === undefined || measurements.length < 3) return undefined
  const { m } = linearRegression(measurements.map(({ seconds, value }) => [seconds, value]))
  return m * (last.seconds - first.seconds)
}

/** The browser says nothing of interactions that were over sooner. */
export const leastReportedMs = 16

/**
 * The 75th percentile of how long interactions took to be seen, where some were too short to be reported: they
 * count as {@link leastReportedMs}, which they did not reach.
 */
export function interactionP75Ms(reported: readonly number[], interactions: number): number | undefined {
  const all = [...reported]
  while (all.length < interactions) all.push(leastReportedMs)
  return all.length === 0
    ? undefined
    : quantileSorted(
        all.toSorted((one, other) => one - other),
        0.75
      )
}
