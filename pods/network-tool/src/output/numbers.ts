const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const three = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

/** 12,345 */
export function count(value: number): string {
  return whole.format(value)
}

/** 12,345, or 0.125: three digits that mean something. */
export function amount(value: number): string {
  return Math.abs(value) >= 1000 ? whole.format(value) : three.format(value)
}

/** 250 µs, 1.25 ms, 12 s, 3 min, 5 h, 2 d */
export function duration(ms: number): string {
  if (ms < 1) return `${amount(ms * 1000)} µs`
  if (ms < 1000) return `${amount(ms)} ms`
  if (ms < 60_000) return `${amount(ms / 1000)} s`
  if (ms < 3_600_000) return `${whole.format(Math.floor(ms / 60_000))} min`
  if (ms < 86_400_000) return `${whole.format(Math.floor(ms / 3_600_000))} h`
  return `${whole.format(Math.floor(ms / 86_400_000))} d`
}

/** 845 MiB */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let rest = value
  let unit = 0
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024
    unit++
  }
  return `${amount(rest)} ${units[unit] ?? ''}`
}

/** 1 agent, 2 agents */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}
