import { createSseStream } from '@azure/core-sse'
import type { NetworkEventView, Sample } from '@hcengineering/network-pod'
import type { z } from 'zod'
import { networkEvents, sample } from './schemas.ts'

/** What the admin API sends while it is listened to. */
export type AdminEvent =
  | { readonly kind: 'network'; readonly events: readonly NetworkEventView[] }
  | { readonly kind: 'sample'; readonly sample: Sample }

const eventBytesMax = 16 * 1024 * 1024

/** Reads server-sent events. Types that are not known are for later versions, and passed over. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  stranger: (what: string) => Error
): AsyncGenerator<AdminEvent> {
  let pendingBytes = 0
  // The parser gathers an event however long it is.
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      pendingBytes += chunk.byteLength
      if (pendingBytes > eventBytesMax)
        controller.error(stranger(`an event of more than ${eventBytesMax} bytes`))
      else controller.enqueue(chunk)
    }
  })
  for await (const { event, data } of createSseStream(body.pipeThrough(bounded))) {
    pendingBytes = 0
    if (event === 'network') yield { kind: 'network', events: parse(data, networkEvents, stranger) }
    else if (event === 'sample') yield { kind: 'sample', sample: parse(data, sample, stranger) }
  }
}

function parse<T>(data: string, schema: z.ZodType<T>, stranger: (what: string) => Error): T {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    throw stranger('an event is no JSON')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw stranger(`an event is wrong: ${result.error.issues[0]?.message ?? ''}`)
}
