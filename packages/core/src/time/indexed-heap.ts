/** A value with its place in an {@link IndexedHeap}; the heap alone writes the numbers. */
export class HeapEntry<T> {
  /** When it is due. */
  at: number
  /** Breaks ties: lower comes first. */
  order: number
  /** Index in the heap's array; -1 once it has left. */
  position: number
  value: T

  constructor(at: number, order: number, position: number, value: T) {
    this.at = at
    this.order = order
    this.position = position
    this.value = value
  }
}

/**
 * A binary heap, earliest first, whose entries know their place, so that any one of them can be moved or taken
 * out in O(log n). One entry class serves every user, which keeps the hot loops monomorphic.
 *
 * - I1. `items[e.position] === e` for each entry inside; `position` is -1 for each entry outside.
 * - I2. No entry comes before its parent, by `at`, then by `order`.
 * - I3. Orders are unique and grow with each `add` and `move`, so that ties leave in that sequence.
 */
export class IndexedHeap<T> {
  readonly #items: HeapEntry<T>[] = []
  #nextOrder = 0

  get size(): number {
    return this.#items.length
  }

  /** The order that the next `add` will give. */
  get nextOrder(): number {
    return this.#nextOrder
  }

  first(): HeapEntry<T> | undefined {
    return this.#items[0]
  }

  add(at: number, value: T): HeapEntry<T> {
    const entry = new HeapEntry(at, this.#nextOrder++, this.#items.length, value)
    this.#items.push(entry)
    this.#siftUp(entry)
    return entry
  }

  /** Gives an entry that is inside another time; it queues behind those already due then. */
  move(entry: HeapEntry<T>, at: number): void {
    const later = at >= entry.at
    entry.at = at
    entry.order = this.#nextOrder++
    if (later) this.#siftDown(entry)
    else this.#siftUp(entry)
  }

  /** Takes an entry out. Returns false if it had left before. */
  remove(entry: HeapEntry<T>): boolean {
    const position = entry.position
    if (position < 0) return false
    entry.position = -1
    const last = this.#items.pop() as HeapEntry<T>
    if (last === entry) return true
    last.position = position
    this.#items[position] = last
    if (isBefore(last, entry)) this.#siftUp(last)
    else this.#siftDown(last)
    return true
  }

  #siftUp(entry: HeapEntry<T>): void {
    const items = this.#items
    let position = entry.position
    while (position > 0) {
      const parentPosition = (position - 1) >> 1
      const parent = items[parentPosition] as HeapEntry<T>
      if (!isBefore(entry, parent)) break
      items[position] = parent
      parent.position = position
      position = parentPosition
    }
    items[position] = entry
    entry.position = position
  }

  #siftDown(entry: HeapEntry<T>): void {
    const items = this.#items
    const size = items.length
    let position = entry.position
    for (;;) {
      let childPosition = 2 * position + 1
      if (childPosition >= size) break
      let child = items[childPosition] as HeapEntry<T>
      if (childPosition + 1 < size) {
        const right = items[childPosition + 1] as HeapEntry<T>
        if (isBefore(right, child)) {
          child = right
          childPosition++
        }
      }
      if (!isBefore(child, entry)) break
      items[position] = child
      child.position = position
      position = childPosition
    }
    items[position] = entry
    entry.position = position
  }
}

function isBefore<T>(a: HeapEntry<T>, b: HeapEntry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
