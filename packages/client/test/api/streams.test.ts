import type { Container, RequestContext } from '@hcengineering/network-core'
import { echoContainer } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'
import { errorWith, Gate, startNetwork } from '../support/settings.ts'
import { aborted, openWay, ways } from '../support/ways.ts'

type Serve = (operation: string, data: unknown, context: RequestContext) => AsyncIterable<unknown>

/** An echo container that serves streams, too. */
function streaming(stream: Serve): Container {
  return Object.assign(echoContainer(), { stream })
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

const over = { done: true, value: undefined }

/** Leaves a stream, as a loop does that is left. */
async function left(items: AsyncIterableIterator<unknown>): Promise<unknown> {
  return await items.return?.()
}

async function* count(to: number): AsyncGenerator<number, void, undefined> {
  for (let i = 1; i <= to; i++) yield i
}

async function* tell(operation: string, data: unknown, context: RequestContext) {
  yield operation
  yield data
  yield context.headers['trace']
  yield context.clientId
}

async function* double(_operation: string, data: unknown) {
  for await (const item of data as AsyncIterable<number>) yield item * 2
}

async function* fail() {
  yield 1
  throw Object.assign(new Error('out of paper'), { code: 'PAPER' })
}

async function* broken() {
  yield 1
  throw new Error('no more')
}

const chunk = new Uint8Array(16 * 1024)
const chunks = 200
/** What may be under way of a stream that nobody reads: the window and an item, with room to spare. */
const underWayMax = 40

describe.each(ways)('a stream through %s over %s', (way, transport) => {
  test('ends with an item that is longer than its reader takes, and harms nobody', async () => {
    await using net = await startNetwork(transport)
    const room = streaming(async function* () {
      yield 'short'
      yield 'x'.repeat(5000)
      yield 'never'
    })
    await net.agent({ containers: { room: () => room } })
    const small = await net.client({ limits: { payloadBytesMax: 1024 } })
    const { via } = await openWay(small, way)
    const read: unknown[] = []
    const reading = (async () => {
      for await (const item of via.stream('letters')) read.push(item)
    })()
    await expect(reading).rejects.toEqual(errorWith('MESSAGE_TOO_LARGE'))
    expect(read).toEqual(['short'])
    const other = await openWay(await net.client(), way)
    expect(await other.via.request('echo', 'unharmed')).toBe('unharmed')
  })

  test('brings the items in order, and then ends', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ containers: { room: () => streaming((_operation, data) => count(Number(data))) } })
    const { via } = await openWay(await net.client(), way)
    expect(await collect(via.stream('count', 1000))).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(await collect(via.stream('count', 0))).toEqual([])
  })

  test('knows who asks, for what, with which headers', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ containers: { room: () => streaming(tell) } })
    const client = await net.client()
    const { via } = await openWay(client, way)
    const when = new Date(0)
    const items = via.stream('tell', { when }, { headers: { trace: 'abc' } })
    expect(await collect(items)).toEqual(['tell', { when }, 'abc', client.uuid])
  })

  test('takes a stream as its input, and answers while it still comes', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ containers: { room: () => streaming(double) } })
    const { via } = await openWay(await net.client(), way)
    expect(await collect(via.stream('double', count(300)))).toEqual(
      Array.from({ length: 300 }, (_, i) => (i + 1) * 2)
    )
    const more = new Gate()
    async function* two() {
      yield 1
      await more.opened
      yield 2
    }
    const items = via.stream('double', two())
    expect(await items.next()).toEqual({ done: false, value: 2 })
    more.open()
    expect(await collect(items)).toEqual([4])
  })

  test('leaves neither generator behind when the reader leaves the loop', async () => {
    await using net = await startNetwork(transport)
    const served = new Gate()
    const signalled = new Gate()
    const fed = new Gate()
    async function* serve(_operation: string, data: unknown, context: RequestContext) {
      context.signal.addEventListener('abort', signalled.open)
      try {
        for await (const item of data as AsyncIterable<number>) yield item
      } finally {
        served.open()
      }
    }
    async function* feed() {
      try {
        for (let i = 1; ; i++) yield i
      } finally {
        fed.open()
      }
    }
    await net.agent({ containers: { room: () => streaming(serve) } })
    const { via } = await openWay(await net.client(), way)
    for await (const item of via.stream('echo', feed())) {
      if (item === 3) break
    }
    await net.until(Promise.all([served.opened, signalled.opened, fed.opened]))
    expect(await via.request('say', 'still there')).toBe('still there')
  })

  test('is over at once for a reader that waits for an item when it is left', async () => {
    await using net = await startNetwork(transport)
    const finished = new Gate()
    async function* wait(_operation: string, _data: unknown, context: RequestContext) {
      try {
        yield 'first'
        await aborted(context.signal)
      } finally {
        finished.open()
      }
    }
    await net.agent({ containers: { room: () => streaming(wait) } })
    const { via } = await openWay(await net.client(), way)
    const items = via.stream('wait')
    expect(await items.next()).toEqual({ done: false, value: 'first' })
    const waiting = [items.next(), items.next()]
    expect(await net.until(left(items))).toEqual({ done: true, value: undefined })
    expect(await net.until(Promise.all(waiting))).toEqual([over, over])
    expect(await items.next()).toEqual(over)
    await net.until(finished.opened)
  })

  test('is over at once for a reader that leaves before the first item, or before it has begun', async () => {
    await using net = await startNetwork(transport)
    let begun = 0
    const finished = new Gate()
    async function* silent(_operation: string, _data: unknown, context: RequestContext) {
      begun++
      try {
        await aborted(context.signal)
        yield 'too late'
      } finally {
        finished.open()
      }
    }
    await net.agent({ containers: { room: () => streaming(silent) } })
    const { via } = await openWay(await net.client(), way)
    const never = via.stream('silent')
    expect(await left(never)).toEqual(over)
    expect(await never.next()).toEqual(over)
    const items = via.stream('silent')
    const waiting = [items.next(), items.next()]
    await net.until(() => begun === 1)
    await net.until(left(items))
    expect(await net.until(Promise.all(waiting))).toEqual([over, over])
    await net.until(finished.opened)
    expect(await via.request('say', 'well')).toBe('well')
    expect(begun).toBe(1)
  })

  test('tells its input at once that its reader has left, even while the input is waited for', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ containers: { room: () => streaming(double) } })
    const { via } = await openWay(await net.client(), way)
    const told = new Gate()
    let asked = 0
    const input: AsyncIterableIterator<number> = {
      [Symbol.asyncIterator]: () => input,
      next: () => (++asked === 1 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => {})),
      return: async () => {
        told.open()
        return { done: true, value: undefined }
      }
    }
    const items = via.stream('double', input)
    expect(await items.next()).toEqual({ done: false, value: 2 })
    await net.until(() => asked === 2)
    await left(items)
    await net.until(told.opened)
  })

  test('wakes a container that waits when its reader aborts, or its time is up', async () => {
    await using net = await startNetwork(transport)
    let finished = 0
    async function* wait(_operation: string, _data: unknown, context: RequestContext) {
      try {
        yield 'first'
        await aborted(context.signal)
      } finally {
        finished++
      }
    }
    await net.agent({ containers: { room: () => streaming(wait) } })
    const { via } = await openWay(await net.client(), way)
    const stop = new AbortController()
    const items = via.stream('wait', undefined, { signal: stop.signal })
    expect(await items.next()).toEqual({ done: false, value: 'first' })
    const next = items.next().catch((error: unknown) => error)
    stop.abort()
    expect(await net.until(next)).toEqual(errorWith('ABORTED'))
    await net.until(() => finished === 1)
    const late = collect(via.stream('wait', undefined, { timeoutMs: 200 })).catch((error: unknown) => error)
    expect(await net.until(late)).toEqual(errorWith('TIMEOUT'))
    await net.until(() => finished === 2)
  })

  test('brings what the container throws, with its message, after the items before it', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ containers: { room: () => streaming(fail) } })
    const { via } = await openWay(await net.client(), way)
    const items = via.stream('fail')
    expect(await items.next()).toEqual({ done: false, value: 1 })
    await expect(items.next()).rejects.toMatchObject({ code: 'PAPER', message: 'out of paper' })
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  test("brings the container what the caller's own input throws", async () => {
    await using net = await startNetwork(transport)
    const heard: unknown[] = []
    async function* listen(_operation: string, data: unknown) {
      try {
        for await (const item of data as AsyncIterable<unknown>) heard.push(item)
      } catch (error) {
        heard.push((error as Error).message)
      }
      yield 'done'
    }
    await net.agent({ containers: { room: () => streaming(listen) } })
    const { via } = await openWay(await net.client(), way)
    await expect(collect(via.stream('listen', broken()))).rejects.toThrow('no more')
    await net.until(() => heard.length === 2)
    expect(heard).toEqual([1, 'no more'])
  })

  test('is refused with UNKNOWN_OPERATION by a container that serves none', async () => {
    await using net = await startNetwork(transport)
    await net.agent({ kinds: ['room'] })
    const { via } = await openWay(await net.client(), way)
    await expect(collect(via.stream('count', 3))).rejects.toEqual(errorWith('UNKNOWN_OPERATION'))
  })

  test('ends with MOVED when the container ends in the middle', async () => {
    await using net = await startNetwork(transport)
    const finished = new Gate()
    async function* wait(_operation: string, _data: unknown, context: RequestContext) {
      try {
        yield 1
        await aborted(context.signal)
      } finally {
        finished.open()
      }
    }
    const agent = await net.agent({ containers: { room: () => streaming(wait) } })
    const { via, room } = await openWay(await net.client(), way)
    const items = via.stream('wait')
    expect(await items.next()).toEqual({ done: false, value: 1 })
    const next = items.next().catch((error: unknown) => error)
    await agent.agent.terminate(room.endpoint)
    expect(await net.until(next)).toEqual(errorWith('MOVED'))
    await finished.opened
  })

  test('stops its writer while nobody reads, and loses nothing', async () => {
    await using net = await startNetwork(transport)
    let produced = 0
    async function* produce() {
      for (; produced < chunks; produced++) yield chunk
    }
    await net.agent({ containers: { room: () => streaming(produce) } })
    const { via } = await openWay(await net.client(), way)
    const items = via.stream('produce')
    await items.next()
    for (let i = 0; i < 20; i++) await via.request('say')
    expect(produced).toBeGreaterThan(1)
    expect(produced).toBeLessThan(underWayMax)
    expect(await collect(items)).toHaveLength(chunks - 1)
  })

  test('stops the input of a container that does not read it, and loses nothing', async () => {
    await using net = await startNetwork(transport)
    const read = new Gate()
    async function* consume(_operation: string, data: unknown) {
      yield 'begun'
      await read.opened
      yield (await collect(data as AsyncIterable<unknown>)).length
    }
    let produced = 0
    async function* produce() {
      for (; produced < chunks; produced++) yield chunk
    }
    await net.agent({ containers: { room: () => streaming(consume) } })
    const { via } = await openWay(await net.client(), way)
    const items = via.stream('consume', produce())
    expect(await items.next()).toEqual({ done: false, value: 'begun' })
    for (let i = 0; i < 20; i++) await via.request('say')
    expect(produced).toBeGreaterThan(1)
    expect(produced).toBeLessThan(underWayMax)
    read.open()
    expect(await collect(items)).toEqual([chunks])
  })
})
