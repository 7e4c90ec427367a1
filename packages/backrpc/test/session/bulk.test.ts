import { describe, expect, it } from 'vitest'
import { MalformedMessage } from '../../src/protocol/bytes.ts'
import { FrameType, PartFlag, type PartFrame } from '../../src/protocol/frames.ts'
import { Assembly } from '../../src/session/assembly.ts'
import { echo, SessionPair, type Outcome } from '../support/session-pair.ts'

const megabyte = Buffer.alloc(1024 * 1024, 7)

describe('a long message', () => {
  it('arrives as it was, both ways', () => {
    const pair = new SessionPair()
    pair.right.onRequest = echo
    const bytes = Buffer.from(Uint8Array.from({ length: 3_000_001 }, (_, index) => index * 7))
    const { outcomes } = pair.left.ask(bytes)
    pair.settle()
    expect(outcomes).toHaveLength(1)
    expect(Buffer.compare(outcomes[0]?.value as Buffer, bytes)).toBe(0)
    expect(pair.left.session.waitingBytes).toBe(0)
  })

  it('lets short ones pass between its parts', () => {
    const pair = new SessionPair()
    pair.right.onRequest = echo
    const long = pair.left.ask(Buffer.alloc(16 * 1024 * 1024))
    pair.turns.end()
    const bytesAhead = pair.left.wire.reduce((sum, message) => sum + message.length, 0)
    expect(bytesAhead).toBeLessThan(1024 * 1024)
    const short = pair.left.ask('short')
    pair.turns.end()
    pair.deliverRight()
    pair.turns.end()
    pair.deliverLeft()
    expect(short.outcomes).toEqual([{ value: 'short' }])
    expect(long.outcomes).toEqual([])
    pair.settle()
    expect(lengthOf(long.outcomes)).toBe(16 * 1024 * 1024)
  })

  it('is not overtaken by what was sent after it to the same target', () => {
    const pair = new SessionPair()
    pair.left.tell(megabyte)
    pair.left.tell('after')
    pair.settle()
    expect(pair.right.told.map((data) => (data === 'after' ? data : 'long'))).toEqual(['long', 'after'])
  })

  it('goes on where it broke when the connection is lost in the middle', () => {
    const pair = new SessionPair()
    pair.right.onRequest = echo
    const { outcomes } = pair.left.ask(megabyte)
    for (let cut = 0; cut < 5; cut++) {
      pair.turns.end()
      pair.deliverRight()
      pair.cut()
      pair.connect()
    }
    pair.settle()
    expect(pair.right.calls).toHaveLength(1)
    expect(Buffer.compare(outcomes[0]?.value as Buffer, megabyte)).toBe(0)
  })

  it('that is given up on its way leaves room for the next', () => {
    const pair = new SessionPair()
    pair.right.onRequest = echo
    const first = pair.left.ask(Buffer.alloc(4 * 1024 * 1024))
    pair.turns.end()
    pair.deliverRight()
    first.cancel(new Error('not wanted'))
    const second = pair.left.ask(megabyte)
    pair.settle()
    expect(first.outcomes).toMatchObject([{ error: { message: 'not wanted' } }])
    expect(pair.right.calls).toHaveLength(1)
    expect(Buffer.compare(second.outcomes[0]?.value as Buffer, megabyte)).toBe(0)
    expect(pair.left.session.waitingBytes).toBe(0)
  })

  it('that had not left whole is sent again to a peer that has forgotten the session', () => {
    const pair = new SessionPair()
    const { outcomes } = pair.left.ask(Buffer.alloc(4 * 1024 * 1024))
    pair.turns.end()
    pair.left.session.reset()
    pair.right.session.reset()
    pair.left.wire.length = 0
    pair.right.wire.length = 0
    pair.right.onRequest = echo
    pair.connect()
    pair.settle()
    expect(lengthOf(outcomes)).toBe(4 * 1024 * 1024)
  })
})

function part(flags: number, total: number, length: number): PartFrame {
  return { type: FrameType.part, flags, total, head: Buffer.alloc(0), payload: Buffer.alloc(length) }
}

/** How long the answer is. */
function lengthOf(outcomes: readonly Outcome[]): number | undefined {
  return (outcomes[0]?.value as Buffer | undefined)?.length
}

describe('parts', () => {
  it.each([
    ['one that no frame has begun', [part(0, 10, 5)]],
    ['more than the frame has', [part(PartFlag.first, 10, 5), part(0, 10, 6)]],
    ['another length in the middle', [part(PartFlag.first, 10, 5), part(PartFlag.last, 11, 6)]],
    ['a last one too soon', [part(PartFlag.first | PartFlag.last, 10, 5)]],
    ['a frame within a frame', [part(PartFlag.first, 10, 5), part(PartFlag.first, 10, 5)]],
    ['more than is taken', [part(PartFlag.first, 1001, 5)]]
  ])('refuse %s', (_name, parts) => {
    const assembly = new Assembly(1000)
    expect(() => {
      for (const each of parts) assembly.add(each)
    }).toThrow(MalformedMessage)
  })
})
