import type { IdSource } from '@hcengineering/network-core'

/**
 * Makes `prefix-1`, `prefix-2`, …: the same identifiers in every run. For tests only: they can be guessed.
 *
 * @example
 * ```ts
 * import { countedIds } from '@hcengineering/network-testing'
 *
 * const ids = countedIds('room')
 * console.log(ids(), ids()) // room-1 room-2
 * ```
 */
export function countedIds(prefix: string): IdSource {
  let last = 0
  return () => `${prefix}-${++last}`
}
