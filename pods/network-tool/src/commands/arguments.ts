import { InvalidArgumentError } from 'commander'

/** Reads a whole number of an option, within its bounds. */
export function wholeNumber(what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number${what} from ${least} to ${most}.`)
  }
}

/** Reads a number of an option that may have a fraction, within its bounds. */
export function decimalNumber(what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a number${what} from ${least} to ${most}.`)
  }
}

/** A duration in milliseconds, at most a day. */
export const milliseconds = wholeNumber(' of milliseconds', 1, 86_400_000)

/** Data as JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(
      `It is not JSON: ${(error as Error).message}. Text needs its quotes: '"text"'.`
    )
  }
}
