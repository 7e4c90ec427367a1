/** What an axis shows: some room above the highest value, and never no extent at all. */
export function rangeOf(low: number | null, high: number | null, fromZero: boolean): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1]
  if (fromZero) return [0, high <= 0 ? 1 : high * 1.12]
  const room = high === low ? Math.max(1, Math.abs(high) * 0.05) : (high - low) * 0.15
  return [Math.max(0, low - room), high + room]
}
