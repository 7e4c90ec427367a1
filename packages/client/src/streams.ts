import type { AskStreamOptions } from '@hcengineering/network-backrpc'
import type { ContainerUuid, StreamOptions } from '@hcengineering/network-core'

/** A stream of a container, as a session is asked for it. */
export function streamRequest(
  target: ContainerUuid,
  operation: string,
  data: unknown,
  options: StreamOptions
): AskStreamOptions {
  const { timeoutMs, signal, headers } = options
  return { target, operation, data, signal, headers, timeoutMs: timeoutMs ?? 0 }
}

/** Goes on with an iterator whose first item has been taken. */
export async function* resume(
  first: IteratorResult<unknown, undefined>,
  items: AsyncIterableIterator<unknown, undefined>
): AsyncGenerator<unknown, void, undefined> {
  if (first.done === true) return
  try {
    yield first.value
    yield* items
  } finally {
    await items.return?.()
  }
}
