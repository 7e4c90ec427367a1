import { describe, expect, it } from 'vitest'
import { MessageMemory } from '../../src/session/message-memory.ts'
import { askWith } from '../../src/session/ask.ts'
import { echo, SessionPair } from '../support/session-pair.ts'

const kilobytes = (count: number): number => count * 1024

describe('message memory', () => {
  it('hands out again what was released, for much the same size', () => {
    const memory = new MessageMemory()
    const first = memory.take(kilobytes(100))
    memory.release(first)
    const second = memory.take(kilobytes(99))
    expect(second.buffer).toBe(first.buffer)
    expect(second.length).toBe(kilobytes(99))
    expect(memory.take(kilobytes(99)).buffer).not.toBe(first.buffer)
  })

  it('takes back only what it has handed out, and only once', () => {
    const memory = new MessageMemory()
    const other = new MessageMemory().take(kilobytes(64))
    memory.release(other)
    expect(memory.take(kilobytes(64)).buffer).not.toBe(other.buffer)
    const own = memory.take(kilobytes(32))
    memory.release(own)
    memory.release(own)
    expect(memory.take(kilobytes(32)).buffer).toBe(own.buffer)
    expect(memory.take(kilobytes(32)).buffer).not.toBe(own.buffer)
  })

  it('keeps 16 MiB for all sessions together, what was used last', () => {
    const [idle, busy] = [new MessageMemory(), new MessageMemory()]
    const old = idle.take(kilobytes(8192))
    idle.release(old)
    const messages = Array.from({ length: 16 }, () => busy.take(kilobytes(1024)))
    for (const message of messages) busy.release(message)
    expect(idle.take(kilobytes(8192)).buffer).not.toBe(old.buffer)
    const kept = new Set(messages.map(({ buffer }) => buffer))
    for (const _ of messages) expect(kept.delete(busy.take(kilobytes(1024)).buffer)).toBe(true)
    idle.clear()
  })
})

describe('the memory of a long message', () => {
  const long = Buffer.alloc(kilobytes(100), 1)

  /** A pair whose connection copies, if asked to, and where what the left sends lies. */
  const start = (copies: boolean) => {
    const pair = new SessionPair()
    const used: ArrayBufferLike[] = []
    const connect = (): void => {
      for (const [side, other] of [
        [pair.left, pair.right],
        [pair.right, pair.left]
      ] as const) {
        const transmit = (message: Uint8Array): void => {
          if (side === pair.left && message.length > long.length) used.push(message.buffer)
          side.wire.push(copies ? Buffer.from(message) : message)
        }
        side.session.attach(transmit, other.limits, other.session.received, copies)
      }
    }
    pair.cut()
    connect()
    pair.right.onRequest = echo
    const exchange = (idempotent = false): void => {
      askWith(pair.left.session, { operation: 'echo', data: long, timeoutMs: 1000, idempotent }, () => {})
      pair.settle()
    }
    return { pair, used, connect, exchange }
  }

  it('is used again once the other side has it', () => {
    const { used, exchange } = start(true)
    exchange()
    exchange()
    exchange()
    expect(used).toHaveLength(3)
    expect(new Set(used).size).toBe(1)
  })

  it('is not, before that', () => {
    const { pair, used } = start(true)
    pair.left.tell(long)
    pair.left.tell(long)
    expect(new Set(used).size).toBe(2)
  })

  it('is not, over a connection that hands over the very bytes', () => {
    const { used, exchange } = start(false)
    exchange()
    exchange()
    expect(new Set(used).size).toBe(2)
  })

  it('is not, of one that was sent over two connections', () => {
    const { pair, used, connect, exchange } = start(true)
    pair.left.session.send({ operation: 'tell', payload: pair.left.session.encodeForOne(long) })
    pair.cut()
    connect()
    pair.settle()
    exchange()
    exchange()
    expect(used).toHaveLength(4)
    expect(used[1]).toBe(used[0])
    expect(used[2]).not.toBe(used[0])
    expect(used[3]).toBe(used[2])
  })

  it('is not, of an idempotent request: it may have to be sent again to a peer that has forgotten it', () => {
    const { pair, used, exchange } = start(true)
    pair.right.onRequest = () => {}
    exchange(true)
    pair.right.onRequest = echo
    exchange()
    exchange()
    expect(used[1]).not.toBe(used[0])
  })
})
