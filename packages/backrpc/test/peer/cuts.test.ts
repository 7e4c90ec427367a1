import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rpcError } from '../../src/errors.ts'
import { Dialler } from '../../src/peer/dialler.ts'
import { Listener } from '../../src/peer/listener.ts'
import { ask } from '../../src/session/ask.ts'
import { askStream, serveStream } from '../../src/session/stream-calls.ts'
import { pumpIterable } from '../../src/session/stream-io.ts'
import type { Transport } from '../../src/transport/port.ts'
import { createTcpTransport } from '../../src/transport/tcp/index.ts'
import { createZeromqTransport } from '../../src/transport/zeromq/index.ts'
import { CuttingProxy, type Cut } from '../support/cutting-proxy.ts'
import { seededRandom } from '../support/random.ts'
import { realClock } from '../support/real-clock.ts'

const cutsMin = 1000
const diallers = 6
const askedAtOnce = 8
const requestBytes = { min: 64, max: 200 * 1024 }

type Random = () => number

const idBytes = 4

interface Item {
  readonly id: number
  readonly bytes: Uint8Array
}

/** Anything from 64 B to 200 KiB, each order of magnitude as likely as the other. */
function anySize(random: Random): number {
  return Math.round(requestBytes.min * (requestBytes.max / requestBytes.min) ** random())
}

/** Bytes that no other id has. */
function bytesOf(id: number, length: number): Uint8Array {
  return new Uint8Array(length).fill((id * 31 + length) & 0xff)
}

/** What a message carries: an item, or bytes alone, which are encoded apart from everything else. */
function pack(id: number, random: Random): Item | Uint8Array {
  const length = anySize(random)
  if (random() < 0.5) return { id, bytes: bytesOf(id, length) }
  const whole = Buffer.from(bytesOf(id, length + idBytes))
  whole.writeUInt32BE(id)
  return whole
}

function unpack(data: unknown): Item {
  if (!Buffer.isBuffer(data)) return data as Item
  return { id: data.readUInt32BE(), bytes: data.subarray(idBytes) }
}

/** Whether it came as it was sent for that id. */
function isIntact(data: unknown, id: number): boolean {
  const item = unpack(data)
  const ahead = Buffer.isBuffer(data) ? idBytes : 0
  return item.id === id && isEqual(item.bytes, bytesOf(id, ahead + item.bytes.length).subarray(ahead))
}

/** In the greeting, between two batches, or anywhere in what follows. */
function anyCut(random: Random): Cut {
  const bytesMax = [500, 32 * 1024, 512 * 1024][Math.floor(random() * 3)] as number
  return {
    direction: random() < 0.5 ? 'to the listener' : 'to the dialler',
    afterBytes: 1 + Math.floor(random() * bytesMax),
    stallMs: random() < 0.3 ? 1 + Math.floor(random() * 30) : 0,
    reset: random() < 0.5
  }
}

/** A listener that counts what it runs, and diallers that keep it busy through a proxy that cuts. */
async function run(transport: Transport, seed: number) {
  const random = seededRandom(seed)
  const runs: number[] = []
  const wrong: unknown[] = []
  let sessions = 0
  let resumed = 0
  let failed = false
  const goesOn = (): boolean => resumed < cutsMin && !failed
  const common = { transport, clock: realClock, ids: randomUUID, errors: rpcError }
  const listener = new Listener({
    ...common,
    host: '127.0.0.1',
    port: 0,
    pingIntervalMs: 200,
    onSession: () => sessions++,
    handler: {
      send: () => {},
      request: (call) => {
        const { data } = call
        const { id } = unpack(data)
        runs[id] = (runs[id] ?? 0) + 1
        if (!isIntact(data, id)) wrong.push(`request ${id}`)
        const answer = pack(id, random)
        // Half of them are answered on another connection, as likely as not.
        if (random() < 0.5) call.respond(answer)
        else setTimeout(() => call.respond(answer), random() * 50)
      },
      stream: (incoming, session) =>
        serveStream(incoming, session, ({ data, sink }) => {
          pumpIterable(data as AsyncIterable<unknown>, sink).catch((error: unknown) => wrong.push(error))
        })
    }
  })
  const proxy = await CuttingProxy.to(listener.port, () => (goesOn() ? anyCut(random) : undefined))
  let asked = 0
  let items = 0

  async function keepAsking(dialler: Dialler): Promise<void> {
    while (goesOn()) {
      const id = asked++
      const data = pack(id, random)
      const answer = await ask(dialler.session, { operation: 'count', data, timeoutMs: 30_000 })
      if (!isIntact(answer, id)) wrong.push(`answer ${id}`)
    }
  }

  async function* feed(): AsyncGenerator<Item | Uint8Array> {
    for (let id = 0; goesOn(); id++) yield pack(id, random)
  }

  async function keepStreaming(dialler: Dialler): Promise<void> {
    let next = 0
    for await (const item of askStream(dialler.session, { operation: 'echo', data: feed() })) {
      const id = next++
      if (!isIntact(item, id)) wrong.push(`item ${id}`)
    }
    items += next
  }

  async function keepBusy(name: string): Promise<void> {
    const dialler = new Dialler({
      ...common,
      address: proxy.address,
      peerId: name,
      aliveTimeoutMs: 30_000,
      handler: { request: () => {}, send: () => {} },
      onConnected: (_welcome, fresh) => {
        if (!fresh) resumed++
      }
    }).start()
    try {
      await dialler.waitConnected(10_000)
      const asking = Array.from({ length: askedAtOnce }, () => keepAsking(dialler))
      await Promise.all([keepStreaming(dialler), ...asking])
    } finally {
      dialler.close()
    }
  }

  try {
    await Promise.all(Array.from({ length: diallers }, (_, i) => keepBusy(`dialler ${i}`)))
  } catch (error) {
    failed = true
    throw error
  } finally {
    await listener.close()
    await proxy[Symbol.asyncDispose]()
  }
  return { runs, wrong, asked, items, sessions, resumed, cuts: proxy.cuts }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

describe.each([
  { name: 'tcp', create: () => createTcpTransport() },
  { name: 'zeromq', create: () => createZeromqTransport() }
])('sessions over $name', ({ create }) => {
  it('run nothing twice and lose no answer over 1,000 cuts at any byte', { timeout: 60_000 }, async () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32))
    const outcome = await run(create(), seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}: a request or a stream failed`, { cause: error })
    })
    const { runs, wrong, asked, items, sessions, resumed, cuts } = outcome
    expect(wrong, `seed ${seed}`).toEqual([])
    expect(runs.length, `seed ${seed}`).toBe(asked)
    expect(
      runs.findIndex((count) => count !== 1),
      `seed ${seed}`
    ).toBe(-1)
    expect(sessions, `seed ${seed}`).toBe(diallers)
    expect(resumed).toBeGreaterThanOrEqual(cutsMin)
    expect(cuts).toBeGreaterThanOrEqual(cutsMin)
    expect(items).toBeGreaterThan(cutsMin)
  })
})
