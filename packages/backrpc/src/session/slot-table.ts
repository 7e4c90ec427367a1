const slotsFirst = 64

interface Slot<T> {
  id: number
  value: T | undefined
}

/**
 * Values by numbers that mostly count up, such as ids of requests in flight.
 *
 * As a Map it would be slower for a reason that is hard to see: a Map that is written all the time is rebuilt
 * all the time, and V8 keeps what its former tables refer to alive until the next full collection. Here a
 * value that is deleted is gone, and a request that has been answered dies young.
 */
export class SlotTable<T> {
  private slots: Slot<T>[] = makeSlots(slotsFirst)
  /** Values whose slot is taken by another: rare, unless somebody chooses ids for that. */
  private readonly overflow = new Map<number, T>()
  private count = 0

  get size(): number {
    return this.count
  }

  get(id: number): T | undefined {
    const slot = this.slotOf(id)
    if (slot.id === id && slot.value !== undefined) return slot.value
    return this.overflow.size === 0 ? undefined : this.overflow.get(id)
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  set(id: number, value: T): void {
    if (this.get(id) === undefined) this.count++
    if (this.count * 2 > this.slots.length) this.grow()
    this.put(id, value)
  }

  delete(id: number): boolean {
    const slot = this.slotOf(id)
    if (slot.id === id && slot.value !== undefined) {
      slot.value = undefined
    } else if (this.overflow.size === 0 || !this.overflow.delete(id)) {
      return false
    }
    this.count--
    return true
  }

  clear(): void {
    this.slots = makeSlots(slotsFirst)
    this.overflow.clear()
    this.count = 0
  }

  /** All values, in no particular order. */
  *values(): Generator<T, void, undefined> {
    for (const { value } of this.slots) if (value !== undefined) yield value
    yield* this.overflow.values()
  }

  private put(id: number, value: T): void {
    const slot = this.slotOf(id)
    // Guarded: its slot may have become free since it had to go elsewhere.
    if (this.overflow.size > 0 && this.overflow.has(id)) {
      this.overflow.set(id, value)
    } else if (slot.value === undefined || slot.id === id) {
      slot.id = id
      slot.value = value
    } else {
      this.overflow.set(id, value)
    }
  }

  private grow(): void {
    const { slots } = this
    const overflow = [...this.overflow]
    this.slots = makeSlots(slots.length * 2)
    this.overflow.clear()
    for (const { id, value } of slots) if (value !== undefined) this.put(id, value)
    for (const [id, value] of overflow) this.put(id, value)
  }

  private slotOf(id: number): Slot<T> {
    return this.slots[id & (this.slots.length - 1)] as Slot<T>
  }
}

function makeSlots<T>(count: number): Slot<T>[] {
  return Array.from({ length: count }, () => ({ id: 0, value: undefined }))
}
