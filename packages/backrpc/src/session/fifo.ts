/** First in, first out. What has left is not kept alive, and a long queue costs no more than a short one. */
export class Fifo<T> implements Iterable<T> {
  private items: Array<T | undefined> = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  push(item: T): void {
    this.items.push(item)
  }

  /** The oldest one. */
  peek(): T | undefined {
    return this.items[this.head]
  }

  /** Takes the oldest one out. */
  shift(): T | undefined {
    const { items } = this
    if (this.head === items.length) return undefined
    const item = items[this.head]
    items[this.head++] = undefined
    if (this.head === items.length) {
      this.clear()
    } else if (this.head > 256 && this.head * 2 > items.length) {
      this.items = items.slice(this.head)
      this.head = 0
    }
    return item
  }

  /** Keeps only those that match. */
  keep(matches: (item: T) => boolean): void {
    this.items = [...this].filter(matches)
    this.head = 0
  }

  clear(): void {
    this.items = []
    this.head = 0
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = this.head; index < this.items.length; index++) yield this.items[index] as T
  }
}
