/** The box in which the line is drawn; it is stretched to its place. */
export const width = 120
export const height = 30

/** From the left edge to the right, from the least value at the bottom to the largest at the top. */
export function sparklinePath(values: readonly (number | null)[]): string {
  const known = values.map((value, index) => ({ value, index })).filter(({ value }) => value !== null)
  if (known.length < 2) return ''
  const numbers = known.map(({ value }) => value ?? 0)
  const least = Math.min(...numbers)
  const range = Math.max(...numbers) - least
  const first = known[0]?.index ?? 0
  const span = (known.at(-1)?.index ?? 0) - first
  const point = ({ value, index }: (typeof known)[number]): string => {
    const x = ((index - first) / span) * width
    const y = range === 0 ? height / 2 : height - 3 - (((value ?? 0) - least) / range) * (height - 6)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  }
  return `M${known.map(point).join('L')}`
}
