import { median as medianOf } from 'simple-statistics'

/** The middle of what was measured; undefined when nothing was. */
export function median(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : medianOf([...values])
}

/** A figure of every round; undefined where a round has none. */
export type Rounds = readonly (number | undefined)[]

/**
 * How many times `base` a figure is: the median over the rounds of what each round says by itself, so that a
 * machine that is slower in one round than in another does not matter. Figures that share no round are
 * compared by their medians.
 */
export function medianRatio(values: Rounds, base: Rounds): number | undefined {
  const ratios: number[] = []
  for (const [round, value] of values.entries()) {
    const of = base[round]
    if (value !== undefined && of !== undefined && of > 0) ratios.push(value / of)
  }
  if (ratios.length > 0) return median(ratios)
  const [above, below] = [median(present(values)), median(present(base))]
  return above === undefined || below === undefined || below === 0 ? undefined : above / below
}

/** The figures that there are. */
export function present(values: Rounds): number[] {
  return values.filter((value) => value !== undefined)
}
