import type { Trace } from '@hcengineering/network-core'

/** A stream that is recorded: its trace ends with it, however it ends. */
export class TracedStream implements AsyncIterableIterator<unknown, undefined> {
  private readonly items: AsyncIterableIterator<unknown, undefined>
  private trace: Trace | undefined

  constructor(items: AsyncIterableIterator<unknown, undefined>, trace: Trace) {
    this.items = items
    this.trace = trace
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    try {
      const result = await this.items.next()
      if (result.done === true) this.end()
      return result
    } catch (error) {
      this.end(error)
      throw error
    }
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.end()
    return (await this.items.return?.()) ?? { done: true, value: undefined }
  }

  private end(error?: unknown): void {
    const { trace } = this
    this.trace = undefined
    trace?.end(error)
  }
}
