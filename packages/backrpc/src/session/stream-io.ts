/** Streams as asynchronous iterables, and iterables as streams. */

import type { ErrorFactory } from '../errors.ts'
import { decodeValue } from '../protocol/values.ts'
import { itemOverheadBytes, type SessionStream, type StreamEvents } from './stream.ts'

/** What a reader lets the other side send ahead of it. */
export const streamWindowBytes = 256 * 1024

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void
  readonly reject: (error: Error) => void
}

/**
 * The items of the other side, one at a time, as fast as they are taken: what is not taken is not granted
 * again, so the other side stops. Leaving the loop cancels the stream.
 */
export class StreamReader implements AsyncIterableIterator<unknown, undefined> {
  private readonly stream: SessionStream
  private readonly errors: ErrorFactory
  private readonly onLeave: () => void
  private readonly items: Uint8Array[] = []
  private head = 0
  private consumedBytes = 0
  private outcome: { readonly error: Error | undefined } | undefined
  private waiting: Waiting[] = []

  /** @param onLeave called when whoever reads stops before the end */
  constructor(stream: SessionStream, errors: ErrorFactory, onLeave: () => void) {
    this.stream = stream
    this.errors = errors
    this.onLeave = onLeave
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      const item = this.take()
      if (item !== undefined) this.settle({ resolve, reject }, item)
      else if (this.outcome !== undefined) this.finish({ resolve, reject })
      else this.waiting.push({ resolve, reject })
    })
  }

  /** Leaves at once, even while `next()` waits: that is then done. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    if (this.outcome === undefined) {
      this.end(undefined)
      this.onLeave()
    }
    // Whoever has left hears of no error any more, either.
    this.outcome = { error: undefined }
    this.drop()
    return { done: true, value: undefined }
  }

  // From the stream

  push(payload: Uint8Array): void {
    if (this.outcome !== undefined) return
    const waiting = this.waiting.shift()
    if (waiting === undefined) {
      this.items.push(payload)
      return
    }
    this.count(payload)
    this.settle(waiting, payload)
  }

  /** No more items come; those that came before are still read. */
  end(error: Error | undefined): void {
    if (this.outcome !== undefined) return
    this.outcome = { error }
    const { waiting } = this
    this.waiting = []
    for (const one of waiting) this.finish(one)
  }

  private take(): Uint8Array | undefined {
    const item = this.items[this.head]
    if (item === undefined) return undefined
    this.head++
    if (this.head === this.items.length) this.drop()
    this.count(item)
    return item
  }

  private drop(): void {
    this.items.length = 0
    this.head = 0
  }

  /** Grants what was read, not for every item but when it is worth a frame. */
  private count(item: Uint8Array): void {
    this.consumedBytes += item.length + itemOverheadBytes
    if (this.consumedBytes < streamWindowBytes / 2) return
    const bytes = this.consumedBytes
    this.consumedBytes = 0
    this.stream.grant(bytes)
  }

  private settle(waiting: Waiting, item: Uint8Array): void {
    try {
      waiting.resolve({ done: false, value: decodeValue(item, this.errors) })
    } catch (error) {
      this.outcome = { error: undefined }
      this.onLeave()
      waiting.reject(error as Error)
    }
  }

  private finish(waiting: Waiting): void {
    const error = this.outcome?.error
    // An error is told once; afterwards the iteration is simply over.
    this.outcome = { error: undefined }
    if (error === undefined) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(error)
  }
}

/** The writing half of a stream, for whoever produces values. */
export class StreamWriter {
  private readonly stream: SessionStream
  private readonly encode: (value: unknown) => Uint8Array
  /** Called when the other side lets nothing be written any more. */
  onClosed: (() => void) | undefined
  private wake: (() => void) | undefined

  constructor(stream: SessionStream, encode: (value: unknown) => Uint8Array) {
    this.stream = stream
    this.encode = encode
  }

  /** Whether nothing can be written any more. */
  get closed(): boolean {
    return !this.stream.writeOpen
  }

  get ready(): boolean {
    return this.stream.writable
  }

  /** Resolves when an item may be written, or nothing can be any more. */
  async whenReady(): Promise<void> {
    while (!this.ready && !this.closed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  /** @throws `NOT_SERIALIZABLE` */
  write(value: unknown): void {
    this.stream.write(this.encode(value))
  }

  end(error?: Error): void {
    this.stream.end(error)
    this.notify()
  }

  /** The stream's credit or state has changed. */
  notify(): void {
    const { wake } = this
    this.wake = undefined
    wake?.()
    if (this.closed) this.onClosed?.()
  }
}

/** How a session writes values, and what it throws. */
export interface ValueCodec {
  readonly errors: ErrorFactory
  encodeForOne(value: unknown): Uint8Array
}

/** Both halves of a stream that are wired to it. */
export interface StreamHalves {
  readonly reader: StreamReader
  readonly writer: StreamWriter
}

/**
 * Wires a stream to a reader and a writer.
 *
 * @param onClosed called when both halves are over before their end: an error, or a cancellation
 */
export function openHalves(
  stream: SessionStream,
  codec: ValueCodec,
  onLeave: () => void,
  onClosed: (reason: Error) => void
): StreamHalves {
  const reader = new StreamReader(stream, codec.errors, onLeave)
  const writer = new StreamWriter(stream, (value) => codec.encodeForOne(value))
  const events: StreamEvents = {
    item: (payload) => reader.push(payload),
    ended: (error) => {
      reader.end(error)
      writer.notify()
      if (error !== undefined) onClosed(error)
    },
    credit: () => writer.notify(),
    closed: (reason) => {
      reader.end(reason)
      writer.notify()
      onClosed(reason)
    }
  }
  stream.events = events
  return { reader, writer }
}

/**
 * Writes all that an iterable gives, as fast as the other side takes it, then ends the half. The iterable hears
 * at once when the other side has left, even while it is waited for.
 */
export async function pumpIterable(source: AsyncIterable<unknown>, writer: StreamWriter): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  // Nothing is taken before it is wanted: a stream that is refused leaves its input untouched.
  let mustLeave = false
  const leave = async (): Promise<void> => {
    if (!mustLeave) return
    mustLeave = false
    await iterator.return?.()
  }
  let left: Promise<void> | undefined
  writer.onClosed = () => {
    left ??= leave()
    // It is awaited below, once what is waited for has come.
    left.catch(() => {})
  }
  try {
    for (;;) {
      if (!writer.ready) await writer.whenReady()
      if (writer.closed) break
      mustLeave = true
      const next = await iterator.next()
      if (next.done === true) {
        mustLeave = false
        break
      }
      writer.write(next.value)
    }
    writer.end()
  } catch (error) {
    writer.end(error as Error)
  }
  await left
}

/**
 * Passes a stream on to another session without looking into it: items and credit go through as they come.
 *
 * @param onOver called once, when whoever serves it has ended it or nobody wants it any more
 */
export function relayStream(
  from: SessionStream,
  to: SessionStream,
  onOver: (error: Error | undefined) => void = () => {}
): void {
  let isOver = false
  const over = (error: Error | undefined): void => {
    if (isOver) return
    isOver = true
    onOver(error)
  }
  from.events = relayTo(from, to, (error) => {
    // Its opener may have sent its last item, and still read.
    if (error !== undefined) over(error)
  })
  to.events = relayTo(to, from, over)
}

/** What `stream` hears, handed on to the other one. */
function relayTo(
  stream: SessionStream,
  other: SessionStream,
  over: (error: Error | undefined) => void
): StreamEvents {
  return {
    item: (payload) => {
      try {
        other.write(payload)
      } catch (error) {
        // Longer than the other side takes, which is no fault of this side.
        over(error as Error)
        other.cancel(error as Error)
        stream.cancel(error as Error)
      }
    },
    ended: (error) => {
      over(error)
      if (error === undefined) other.end()
      else other.cancel(error)
    },
    credit: (bytes) => other.grant(bytes),
    closed: (reason) => {
      over(reason)
      other.cancel(reason)
    }
  }
}
