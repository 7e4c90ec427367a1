/** Opening and serving streams of values. */

import { decodeHeaders } from '../protocol/headers.ts'
import { decodeValue, emptyPayload } from '../protocol/values.ts'
import type { OpenStreamOptions, Session } from './session.ts'
import {
  openHalves,
  pumpIterable,
  streamWindowBytes,
  type StreamReader,
  type StreamWriter
} from './stream-io.ts'
import type { IncomingStream } from './stream.ts'

/** A stream whose data is a value, or an asynchronous iterable of values. */
export interface AskStreamOptions extends Omit<OpenStreamOptions, 'payload' | 'credit' | 'input'> {
  readonly data?: unknown
  /** Aborting cancels the stream. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a stream. Reading it to its end, leaving the loop, or aborting ends it.
 *
 * @throws `OVERLOADED`, `NOT_SERIALIZABLE`, `MESSAGE_TOO_LARGE`
 */
export function askStream(session: Session, options: AskStreamOptions): StreamReader {
  const { data, signal, ...rest } = options
  const { errors } = session
  const aborted = (): Error =>
    errors('ABORTED', `'${options.operation}' was aborted`, { cause: signal?.reason })
  if (signal?.aborted === true) throw aborted()
  const input = isAsyncIterable(data) ? data : undefined
  const stream = session.openStream({
    ...rest,
    payload: input === undefined ? session.encodeForOne(data) : emptyPayload,
    credit: streamWindowBytes,
    input: input !== undefined
  })
  const abort = (): void => stream.cancel(aborted())
  const over = (): void => signal?.removeEventListener('abort', abort)
  const { reader, writer } = openHalves(
    stream,
    session,
    () => stream.cancel(errors('ABORTED', 'the reader has left')),
    over
  )
  signal?.addEventListener('abort', abort, { once: true })
  if (input === undefined) writer.end()
  // Its failures end the stream, and so reach the reader.
  else pumpIterable(input, writer).catch((error: unknown) => stream.cancel(error as Error))
  return reader
}

/** What a server of streams is handed. */
export interface ServedStream {
  /** What the opener sent: a value, or the items that it streams. */
  readonly data: unknown
  readonly headers: Readonly<Record<string, string>>
  readonly sink: StreamWriter
  /** Aborted when the stream is over before its end. */
  readonly signal: () => AbortSignal
  /** Set by the server; called once when the stream is over before its end. */
  onClosed: (() => void) | undefined
}

/** Hands a stream that the peer has opened to `serve`; what that throws ends the stream. */
export function serveStream(
  incoming: IncomingStream,
  session: Session,
  serve: (served: ServedStream) => void
): void {
  const { stream, headers, input, payload } = incoming
  const { errors } = session
  const controller = new AbortController()
  let served: ServedStream | undefined
  const { reader, writer } = openHalves(
    stream,
    session,
    // Whoever serves may stop reading its input and still have something to say.
    () => {},
    (reason) => {
      controller.abort(reason)
      served?.onClosed?.()
    }
  )
  try {
    served = {
      data: input ? reader : decodeValue(payload, errors),
      headers: decodeHeaders(headers, errors),
      sink: writer,
      signal: () => controller.signal,
      onClosed: undefined
    }
    serve(served)
    if (input) stream.grant(streamWindowBytes)
  } catch (error) {
    writer.end(error as Error)
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
