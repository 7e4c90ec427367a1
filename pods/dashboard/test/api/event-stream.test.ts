import { describe, expect, it } from 'vitest'
import { readEventStream } from '../../src/api/event-stream.ts'
import { eventOf, sampleAt } from '../support/views.ts'

/** What a listener hears of a stream that comes in pieces of so many bytes. */
async function heard(text: string, bytesAtOnce = 7) {
  const bytes = new TextEncoder().encode(text)
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let from = 0; from < bytes.length; from += bytesAtOnce) {
        controller.enqueue(bytes.slice(from, from + bytesAtOnce))
      }
      controller.close()
    }
  })
  const events: unknown[] = []
  const samples: unknown[] = []
  let [missed, signs] = [0, 0]
  await readEventStream(body, {
    onEvents: (batch) => events.push(batch),
    onSample: (sample) => samples.push(sample),
    onMissed: (count) => (missed += count),
    onSign: () => signs++
  })
  return { events, samples, missed, signs }
}

describe('the stream of events', () => {
  it('is understood however it is cut into pieces, letters of two bytes included', async () => {
    const batch = [eventOf('größe'), eventOf('b')]
    const sample = sampleAt(1000)
    const text = `retry: 1000\n\nevent: network\ndata: ${JSON.stringify(batch)}\n\nevent: sample\ndata: ${JSON.stringify(sample)}\n\n`
    for (const bytesAtOnce of [1, 7, 10_000]) {
      expect(await heard(text, bytesAtOnce)).toMatchObject({ events: [batch], samples: [sample] })
    }
  })

  it('tells of heartbeats and of events that were left out, and passes over what it does not know', async () => {
    const text = ': alive\n\nevent: missed\ndata: {"count":12}\n\nevent: weather\ndata: sunny\n\n'
    const { events, samples, missed, signs } = await heard(text)
    expect({ events, samples, missed }).toEqual({ events: [], samples: [], missed: 12 })
    expect(signs).toBeGreaterThan(0)
  })

  it('ends with an error when its data is not JSON', async () => {
    await expect(heard('event: sample\ndata: {\n\n')).rejects.toThrow(SyntaxError)
  })
})
