/** What an axis shows: some room above the highest value, and never no extent at all. */
export function rangeOf(low: number | null, high: number | null, fromZero: boolean): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1]
  if (fromZero) return [0, high <= 0 ? 1 : high * 1.12]
  const room = high === low ? Math.max(1, Math.abs(high) * 0.05) : (high - low) * 0.15
  return [Math.max(0, low - room), high + room]
}

const leastSpanMs = 60_000

/** Where a plot begins: as far back as was asked for, but not long before there is something to see. */
export function shownSince(now: number, spanMs: number, firstAt: number | undefined): number {
  const asked = now - spanMs
  return firstAt === undefined ? asked : Math.max(asked, Math.min(firstAt, now - leastSpanMs))
}
