const steps = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1000 }
] as const

/** A length of time by its two largest units: `3d 4h`, `12m 5s`, `18s`, `2.4s`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${Math.max(0, Math.floor(ms / 100) / 10)}s`
  const first = steps.findIndex((step) => ms >= step.ms)
  const parts: string[] = []
  let rest = ms
  for (const { unit, ms: size } of steps.slice(first, first + 2)) {
    const amount = Math.floor(rest / size)
    rest -= amount * size
    if (amount > 0) parts.push(`${amount}${unit}`)
  }
  return parts.join(' ')
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** The time of day by the clock of who reads it: `14:03:22`. */
export function timeOfDay(at: number): string {
  return clock.format(at)
}

/** As {@link timeOfDay}, with milliseconds. */
export function preciseTimeOfDay(at: number): string {
  return `${clock.format(at)}.${String(Math.floor(at) % 1000).padStart(3, '0')}`
}

/** The day and the time. */
export function dateAndTime(at: number): string {
  return full.format(at)
}
