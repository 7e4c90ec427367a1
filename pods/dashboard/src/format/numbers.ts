const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** A whole number with its thousands set apart: `100,000`. */
export function count(value: number): string {
  return whole.format(value)
}

/** A number of any size in few characters: `1.23M`, `14.2K`, `87`. */
export function short(value: number): string {
  return Math.abs(value) < 1000 ? trimmed(value) : compact.format(value)
}

/** How often a second, in few characters. */
export function rate(value: number): string {
  return `${short(value)}/s`
}

/** Milliseconds as people read them: `320 µs`, `4.2 ms`, `1.35 s`. */
export function latency(ms: number): string {
  if (ms < 1) return `${trimmed(ms * 1000, 0)} µs`
  return ms < 1000 ? `${trimmed(ms)} ms` : `${trimmed(ms / 1000, 2)} s`
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes in the largest unit of which there is at least one. */
export function bytes(value: number): string {
  let size = value
  let unit = 0
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${trimmed(size)} ${units[unit]}`
}

/** `1 container`, `2,000 containers`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** Three figures at most: digits after the point only while they tell something. */
function trimmed(value: number, digitsMax = 1): string {
  const digits = Math.abs(value) >= 100 ? 0 : digitsMax
  return String(Number(value.toFixed(digits)))
}
