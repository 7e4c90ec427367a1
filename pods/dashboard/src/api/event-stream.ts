import type { NetworkEventView, Sample } from '@hcengineering/network-pod/admin-views'
import { createParser } from 'eventsource-parser'

/** Who is told what the stream of the admin server says. */
export interface StreamListener {
  readonly onEvents: (events: readonly NetworkEventView[]) => void
  readonly onSample: (sample: Sample) => void
  /** So many events were left out, for there were too many. */
  readonly onMissed: (count: number) => void
  /** Something arrived, if only a heartbeat. */
  readonly onSign: () => void
}

/** One line may hold a whole batch; more than this is not what the server sends. */
const bufferCharactersMax = 8 * 1024 * 1024

/** Reads a stream of server-sent events to its end. `EventSource` could not send the admin token. */
export async function readEventStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { onEvents, onSample, onMissed, onSign }: StreamListener
): Promise<void> {
  const parser = createParser({
    maxBufferSize: bufferCharactersMax,
    onEvent: ({ event, data }) => {
      if (event === 'network') onEvents(JSON.parse(data) as NetworkEventView[])
      else if (event === 'sample') onSample(JSON.parse(data) as Sample)
      else if (event === 'missed') onMissed((JSON.parse(data) as { count: number }).count)
    },
    onError: (error) => {
      if (error.type !== 'unknown-field') throw error
    }
  })
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    onSign()
    parser.feed(value)
  }
}
