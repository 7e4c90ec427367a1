import type { AskStreamOptions, StreamReader } from '@hcengineering/network-backrpc'
import type { ContainerUuid, StreamOptions } from '@hcengineering/network-core'

/**
 * A stream of a container, as a session is asked for it.
 *
 * @param remainingMs what is left of the caller's deadline, if it has named one
 */
export function streamRequest(
  target: ContainerUuid,
  operation: string,
  data: unknown,
  options: StreamOptions,
  remainingMs: number
): AskStreamOptions {
  const { timeoutMs, signal, headers } = options
  // Without a deadline of its own a stream may last for as long as it likes, once it has been opened.
  const lastsMs = timeoutMs === undefined ? 0 : Math.max(1, remainingMs)
  return { target, operation, data, signal, headers, timeoutMs: lastsMs }
}

/** How a stream finds the container that it reads from. */
export interface StreamSource {
  /** Opens it where the container serves now. */
  open(): StreamReader | Promise<StreamReader>
  /** It was refused: waits until it can be opened elsewhere. @throws the error when that is in vain */
  refused(error: unknown): Promise<void>
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * A container's stream, opened when it is first read. Until the first item has come it is opened again wherever
 * the container serves next. It can be left at any time: whoever waits for an item then hears that it is over.
 */
export class ContainerStream implements AsyncIterableIterator<unknown, undefined> {
  private readonly source: StreamSource
  private reader: StreamReader | undefined
  /** The first item; undefined before it is asked for. */
  private first: Promise<IteratorResult<unknown, undefined>> | undefined
  /** Whether the first item has come: from then on the reader alone is asked. */
  private flows = false
  private isOver = false
  private readonly left: Promise<void>
  private tellLeft = (): void => {}

  constructor(source: StreamSource) {
    this.source = source
    this.left = new Promise((resolve) => {
      this.tellLeft = resolve
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.flows && this.reader !== undefined ? this.reader.next() : this.nextBeforeItFlows()
  }

  /** Leaves at once, even while `next()` waits: that is then done. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.isOver = true
    this.tellLeft()
    await this.reader?.return()
    return done
  }

  private async nextBeforeItFlows(): Promise<IteratorResult<unknown, undefined>> {
    if (this.isOver) return done
    if (this.first === undefined) {
      this.first = this.begin()
      return (await Promise.race([this.first, this.left])) ?? done
    }
    // Whoever asked first hears of a failure.
    await Promise.race([this.first, this.left]).catch(() => {})
    return await this.next()
  }

  private async begin(): Promise<IteratorResult<unknown, undefined>> {
    try {
      const first = await this.findFirst()
      this.flows = true
      return first
    } catch (error) {
      this.isOver = true
      throw error
    }
  }

  private async findFirst(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      this.reader = await this.source.open()
      if (this.isOver) return await this.reader.return()
      try {
        return await this.reader.next()
      } catch (error) {
        await this.source.refused(error)
      }
      if (this.isOver) return done
    }
  }
}
