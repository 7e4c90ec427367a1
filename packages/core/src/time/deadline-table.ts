import { NetworkError } from '../api/errors.ts'
import { type HeapEntry, IndexedHeap } from './indexed-heap.ts'

/**
 * Deadlines by key: when each container, lease or session is due. Pure: the time always comes in.
 *
 * - I1. A key has one deadline at most; setting it again moves it.
 * - I2. Keys leave earliest first; those due at the same time leave in the order in which they were last set.
 * - I3. What was deleted or moved leaves nothing behind.
 *
 * Inputs: `set`, `delete`. Then, when the time has come to `nextAt()`: `popDue(now)` until it gives nothing.
 *
 * @example
 * ```ts
 * import { DeadlineTable } from '@hcengineering/network-core'
 *
 * const leases = new DeadlineTable<string>()
 * leases.set('agent-1', 3000)
 * leases.set('agent-1', 4000)
 * console.log(leases.popDue(3500), leases.popDue(4000)) // undefined 'agent-1'
 * ```
 */
export class DeadlineTable<K> {
  readonly #entries = new Map<K, HeapEntry<K>>()
  readonly #heap = new IndexedHeap<K>()

  /** How many keys have a deadline. */
  get size(): number {
    return this.#heap.size
  }

  /** Sets a key's deadline, or moves it. @throws NetworkError `INVALID_ARGUMENT` when `at` is NaN */
  set(key: K, at: number): void {
    // NaN compares false with everything and would break the heap without a sign.
    if (Number.isNaN(at)) throw new NetworkError('INVALID_ARGUMENT', 'at must be a time, got NaN')
    const entry = this.#entries.get(key)
    if (entry === undefined) this.#entries.set(key, this.#heap.add(at, key))
    else this.#heap.move(entry, at)
  }

  /** Removes a key. Returns whether it was there. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#entries.delete(key)
    return this.#heap.remove(entry)
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  /** A key's deadline. */
  get(key: K): number | undefined {
    return this.#entries.get(key)?.at
  }

  /** The earliest deadline. */
  nextAt(): number | undefined {
    return this.#heap.first()?.at
  }

  /** Removes and returns the earliest key that is due at `now`, its deadline included. */
  popDue(now: number): K | undefined {
    const first = this.#heap.first()
    if (first === undefined || first.at > now) return undefined
    this.#heap.remove(first)
    this.#entries.delete(first.value)
    return first.value
  }
}
