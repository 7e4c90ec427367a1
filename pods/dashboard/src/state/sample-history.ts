import type { Sample } from '@hcengineering/network-pod/admin-views'

/** Samples that are further apart than this were not taken one after the other. */
const gapMs = 3000

/** A row of numbers for a plot; null where there is none. */
export type Series = (number | null)[]

/** The samples of the last minutes, in order, never more than `samplesMax`. */
export class SampleHistory {
  #samples: readonly Sample[] = []
  readonly #samplesMax: number

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax
  }

  get samples(): readonly Sample[] {
    return this.#samples
  }

  get latest(): Sample | undefined {
    return this.#samples.at(-1)
  }

  /** A sample that was just taken. One that is not newer than the newest is known already. */
  add(sample: Sample): void {
    const { latest } = this
    if (latest !== undefined && sample.at <= latest.at) return
    this.#samples = [...this.#samples.slice(-(this.#samplesMax - 1)), sample]
  }

  /** What the server has kept, beside what is known here: a coordinator that restarted has kept nothing. */
  merge(kept: readonly Sample[]): void {
    const byTime = new Map([...this.#samples, ...kept].map((sample) => [sample.at, sample]))
    const ordered = [...byTime.values()].toSorted((one, other) => one.at - other.at)
    this.#samples = ordered.slice(-this.#samplesMax)
  }
}

/**
 * The samples since a moment as columns for a plot: seconds since 1970, then one column for each of `fields`.
 * Where samples are missing there is a row without values, so that no line is drawn across.
 */
export function columns(
  samples: readonly Sample[],
  since: number,
  fields: readonly (keyof Sample)[]
): [number[], ...Series[]] {
  const seconds: number[] = []
  const series: Series[] = fields.map(() => [])
  let before: number | undefined
  for (const sample of samples) {
    if (sample.at < since) continue
    if (before !== undefined && sample.at - before > gapMs) {
      seconds.push((before + 1000) / 1000)
      for (const column of series) column.push(null)
    }
    seconds.push(sample.at / 1000)
    for (const [index, field] of fields.entries()) series[index]?.push(sample[field] ?? null)
    before = sample.at
  }
  return [seconds, ...series]
}
