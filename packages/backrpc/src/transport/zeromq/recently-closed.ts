/** Entries remembered; what a peer sends before it hears of the end takes far less than that many others do. */
const rememberedMax = 1024

/**
 * Routing ids of connections that were closed here. The peer may still be sending, and must not be taken for a
 * new one in the middle of its stream. Bounded: the oldest goes first, and its peer, if it sends still, meets
 * a handshake that refuses it.
 */
export class RecentlyClosed {
  readonly #keys = new Set<number>()

  add(key: number): void {
    this.#keys.add(key)
    if (this.#keys.size <= rememberedMax) return
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest)
      return
    }
  }

  has(key: number): boolean {
    return this.#keys.has(key)
  }

  delete(key: number): void {
    this.#keys.delete(key)
  }
}
