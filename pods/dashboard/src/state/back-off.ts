const firstMs = 500
const mostMs = 10_000

/**
 * How long to wait before the next attempt to connect: twice as long after each that failed, and spread so
 * that many pages do not all come at once.
 *
 * @param attempt 0 for the first after a loss
 * @param random from 0 to below 1
 */
export function backOffMs(attempt: number, random: number): number {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 20))
  return Math.round(ceiling * (0.75 + random / 4))
}
