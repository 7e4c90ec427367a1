import { describe, expect, it } from 'vitest'
import { RpcError } from '../../src/errors.ts'
import { MalformedMessage } from '../../src/protocol/bytes.ts'
import { emptyPayload } from '../../src/protocol/values.ts'
import { askStream, serveStream, type ServedStream } from '../../src/session/stream-calls.ts'
import { streamWindowBytes } from '../../src/session/stream-io.ts'
import type { SessionStream, StreamEvents } from '../../src/session/stream.ts'
import { SessionPair } from '../support/session-pair.ts'

/** Lets promises of any depth settle, and delivers what they sent, until nothing moves. */
async function flow(pair: SessionPair): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    pair.turns.end()
    if (pair.deliverRight() + pair.deliverLeft() > 0) quiet = -1
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

/** Serves every stream on the right with this generator. */
function serve(pair: SessionPair, items: (served: ServedStream) => AsyncIterable<unknown>): ServedStream[] {
  const all: ServedStream[] = []
  pair.right.onStream = (incoming) => {
    serveStream(incoming, pair.right.session, (served) => {
      all.push(served)
      pump(served, items(served)).catch((error: unknown) => served.sink.end(error as Error))
    })
  }
  return all
}

async function pump(served: ServedStream, items: AsyncIterable<unknown>): Promise<void> {
  const { sink } = served
  const iterator = items[Symbol.asyncIterator]()
  served.onClosed = () => {
    iterator.return?.().catch(() => {})
  }
  try {
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) break
      if (!sink.ready) await sink.whenReady()
      if (sink.closed) return
      sink.write(next.value)
    }
    sink.end()
  } catch (error) {
    sink.end(error as Error)
  }
}

async function* numbers(): AsyncGenerator<number> {
  for (let count = 0; count < 500; count++) yield count
}

async function* broken(): AsyncGenerator<number> {
  yield 1
  throw new Error('the tap is broken')
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('a stream', () => {
  it('brings every item in order, then ends', async () => {
    const pair = new SessionPair()
    serve(pair, async function* () {
      for (let count = 0; count < 1000; count++) yield { count }
    })
    const items = collect(askStream(pair.left.session, { operation: 'count' }))
    await flow(pair)
    expect(await items).toEqual(Array.from({ length: 1000 }, (_, count) => ({ count })))
    expect([pair.left.session.openStreams, pair.right.session.openStreams]).toEqual([0, 0])
  })

  it('carries items both ways', async () => {
    const pair = new SessionPair()
    serve(pair, async function* (served) {
      for await (const item of served.data as AsyncIterable<number>) yield item * 2
    })
    const items = collect(askStream(pair.left.session, { operation: 'double', data: numbers() }))
    await flow(pair)
    expect(await items).toEqual(Array.from({ length: 500 }, (_, count) => count * 2))
    expect([pair.left.session.openStreams, pair.right.session.openStreams]).toEqual([0, 0])
  })

  it('stops its writer when nobody reads, and lets it go on when somebody does', async () => {
    const pair = new SessionPair()
    let written = 0
    serve(pair, async function* () {
      const item = Buffer.alloc(16 * 1024)
      for (let count = 0; count < 1000; count++) {
        written++
        yield item
      }
    })
    const items = askStream(pair.left.session, { operation: 'flood' })
    await flow(pair)
    const ahead = written * 16 * 1024
    expect(ahead).toBeGreaterThanOrEqual(streamWindowBytes / 2)
    expect(ahead).toBeLessThanOrEqual(streamWindowBytes + 64 * 1024)
    const rest = collect(items)
    await flow(pair)
    expect(await rest).toHaveLength(1000)
  })

  it('ends on the other side when its reader leaves the loop', async () => {
    const pair = new SessionPair()
    let hasCleanedUp = false
    const served = serve(pair, async function* () {
      try {
        for (let count = 0; ; count++) yield count
      } finally {
        hasCleanedUp = true
      }
    })
    const items = askStream(pair.left.session, { operation: 'endless' })
    const reading = (async () => {
      for await (const item of items) if (item === 5) break
    })()
    await flow(pair)
    await reading
    await flow(pair)
    expect(hasCleanedUp).toBe(true)
    expect(served[0]?.signal().aborted).toBe(true)
    expect([pair.left.session.openStreams, pair.right.session.openStreams]).toEqual([0, 0])
  })

  it('says no more to a reader that has left: neither the items that have come, nor a failure', async () => {
    const pair = new SessionPair()
    serve(pair, broken)
    const items = askStream(pair.left.session, { operation: 'broken' })
    await flow(pair)
    expect(await items.return()).toEqual({ done: true, value: undefined })
    expect(await items.next()).toEqual({ done: true, value: undefined })
    expect([pair.left.session.openStreams, pair.right.session.openStreams]).toEqual([0, 0])
  })

  it('ends on both sides when it is aborted', async () => {
    const pair = new SessionPair()
    const served = serve(pair, async function* () {
      for (let count = 0; ; count++) yield count
    })
    const controller = new AbortController()
    const items = askStream(pair.left.session, { operation: 'endless', signal: controller.signal })
    await flow(pair)
    controller.abort()
    await flow(pair)
    await expect(collect(items)).rejects.toMatchObject({ code: 'ABORTED' })
    expect(served[0]?.signal().aborted).toBe(true)
    expect(pair.right.session.openStreams).toBe(0)
  })

  it('tells the reader what the writer threw, after the items before it', async () => {
    const pair = new SessionPair()
    serve(pair, async function* () {
      yield 1
      throw new RpcError('OUT_OF_INK', 'no ink', { details: { left: 0 } })
    })
    const items = askStream(pair.left.session, { operation: 'print' })
    await flow(pair)
    expect(await items.next()).toEqual({ done: false, value: 1 })
    await expect(items.next()).rejects.toMatchObject({
      code: 'OUT_OF_INK',
      message: 'no ink',
      details: { left: 0 }
    })
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  it('fails on both sides when its input throws', async () => {
    const pair = new SessionPair()
    const served = serve(pair, async function* (stream) {
      yield* stream.data as AsyncIterable<unknown>
    })
    const items = collect(askStream(pair.left.session, { operation: 'echo', data: broken() }))
    items.catch(() => {})
    await flow(pair)
    await expect(items).rejects.toThrow('the tap is broken')
    expect(served[0]?.signal().aborted).toBe(true)
  })

  it('is cancelled at its deadline', async () => {
    const pair = new SessionPair()
    serve(pair, async function* () {
      await new Promise(() => {})
      yield 1
    })
    const items = askStream(pair.left.session, { operation: 'wait', timeoutMs: 1000 }).next()
    items.catch(() => {})
    await flow(pair)
    pair.clock.advance(1000)
    await flow(pair)
    await expect(items).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(pair.right.session.openStreams).toBe(0)
  })

  it('goes on over a new connection, with no item twice and none lost', async () => {
    const pair = new SessionPair()
    serve(pair, async function* () {
      for (let count = 0; count < 3000; count++) yield count
    })
    const items = collect(askStream(pair.left.session, { operation: 'count' }))
    for (let cut = 0; cut < 30; cut++) {
      pair.turns.end()
      if (cut % 2 === 0) pair.deliverRight()
      else pair.deliverLeft()
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      pair.cut()
      pair.connect()
    }
    await flow(pair)
    expect(await items).toEqual(Array.from({ length: 3000 }, (_, count) => count))
  })

  it('fails with OUTCOME_UNKNOWN when the peer has forgotten the session', async () => {
    const pair = new SessionPair()
    serve(pair, async function* () {
      for (let count = 0; ; count++) yield count
    })
    const items = askStream(pair.left.session, { operation: 'endless' })
    await flow(pair)
    pair.left.session.reset()
    await expect(collect(items)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(pair.left.session.openStreams).toBe(0)
  })

  it('is refused beyond the number that the other side takes', () => {
    const pair = new SessionPair({ streamsMax: 2 })
    const open = (): unknown => askStream(pair.left.session, { operation: 'any' })
    open()
    open()
    expect(open).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  })

  it('refuses an item that cannot travel, and ends with that', async () => {
    const pair = new SessionPair({ payloadBytesMax: 1000 })
    serve(pair, async function* () {
      yield Buffer.alloc(2000)
    })
    const items = collect(askStream(pair.left.session, { operation: 'big' }))
    items.catch(() => {})
    await flow(pair)
    await expect(items).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })
})

describe('an item beyond what was granted', () => {
  const nobody: StreamEvents = { item() {}, ended() {}, credit() {}, closed() {} }

  function opened(credit: number): { pair: SessionPair; left: SessionStream; right: SessionStream } {
    const pair = new SessionPair()
    const ends: SessionStream[] = []
    pair.right.onStream = ({ stream }) => {
      stream.events = nobody
      ends.push(stream)
    }
    const left = pair.left.session.openStream({
      operation: 'all',
      payload: emptyPayload,
      credit,
      input: true
    })
    left.events = nobody
    pair.settle()
    return { pair, left, right: ends[0] as SessionStream }
  }

  it('of its opener is malformed', () => {
    const { pair, left, right } = opened(1)
    right.grant(100)
    pair.settle()
    left.write(new Uint8Array(200))
    pair.settle()
    left.write(new Uint8Array(1))
    pair.turns.end()
    expect(() => pair.deliverRight()).toThrow(MalformedMessage)
  })

  it('of who serves it is malformed', () => {
    const { pair, right } = opened(1)
    right.write(new Uint8Array(200))
    pair.settle()
    right.write(new Uint8Array(1))
    pair.turns.end()
    expect(() => pair.deliverLeft()).toThrow(MalformedMessage)
  })
})
