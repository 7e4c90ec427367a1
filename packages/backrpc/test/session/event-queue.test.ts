import { describe, expect, it } from 'vitest'
import { rpcError } from '../../src/errors.ts'
import { EventQueue, resolveEventQueueOptions } from '../../src/session/event-queue.ts'
import type { EventQueueOptions } from '../../src/session/event-queue.ts'
import type { SendOptions, Session } from '../../src/session/session.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** As much of a session as a queue looks at: it takes what it has room for. */
class FakeSession {
  readonly clock = new FakeClock()
  ended = false
  /** Longer payloads are refused. */
  payloadBytesMax = Infinity
  readonly sent: string[] = []
  private room: number
  private listeners: (() => void)[] = []

  constructor(room: number) {
    this.room = room
  }

  get writable(): boolean {
    return this.room > 0
  }

  requireFits({ payload }: SendOptions): void {
    if (payload.length > this.payloadBytesMax) throw rpcError('MESSAGE_TOO_LARGE', 'too long')
  }

  send(event: SendOptions): void {
    this.requireFits(event)
    this.room--
    this.sent.push(event.operation)
  }

  whenWritable(listener: () => void): void {
    this.listeners.push(listener)
  }

  /** Has room again, or is over. */
  makeRoom(room: number): void {
    this.room = room
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) listener()
  }

  get waiters(): number {
    return this.listeners.length
  }
}

function say(name: string, bytes = 0, target = 'room'): SendOptions {
  return { target, operation: name, payload: new Uint8Array(bytes) }
}

function start(room: number, options: EventQueueOptions = {}) {
  const session = new FakeSession(room)
  const dropped: string[] = []
  const queue = new EventQueue(
    session as unknown as Session,
    resolveEventQueueOptions(options, rpcError),
    (target) => {
      dropped.push(target)
      queue.append(say(`end of ${target}`, 0, target))
    }
  )
  const push = (name: string, bytes?: number, target?: string): void => queue.push(say(name, bytes, target))
  const append = (name: string, target?: string): void => queue.append(say(name, 0, target))
  return { session, push, append, dropped, clock: session.clock }
}

describe('a queue of events', () => {
  it('passes events on at once while the session takes them', () => {
    const { session, push } = start(2)
    push('1')
    push('2')
    expect(session.sent).toEqual(['1', '2'])
    expect(session.waiters).toBe(0)
  })

  it('keeps their order while some wait', () => {
    const { session, push } = start(1)
    for (const name of ['1', '2', '3', '4']) push(name)
    expect(session.sent).toEqual(['1'])
    expect(session.waiters).toBe(1)
    session.makeRoom(2)
    expect(session.sent).toEqual(['1', '2', '3'])
    push('5')
    session.makeRoom(9)
    expect(session.sent).toEqual(['1', '2', '3', '4', '5'])
    push('6')
    expect(session.sent.at(-1)).toBe('6')
    expect(session.waiters).toBe(0)
  })

  it('beyond its bound has a second to drain, and loses nothing if it does', () => {
    const { session, push, dropped, clock } = start(0, { eventBytesMax: 1000 })
    for (const name of ['1', '2', '3']) push(name, 300)
    expect(clock.pending).toBe(1)
    clock.advance(999)
    session.makeRoom(1)
    expect(clock.pending).toBe(0)
    clock.advance(5000)
    session.makeRoom(9)
    expect(session.sent).toEqual(['1', '2', '3'])
    expect(dropped).toEqual([])
  })

  it('that does not drain in time drops those whose events wait, each once, with their events', () => {
    const { session, push, dropped, clock } = start(0, { eventBytesMax: 1000 })
    for (const name of ['1', '2', '3']) push(name, 300)
    push('other', 10, 'hall')
    clock.advance(999)
    expect(dropped).toEqual([])
    clock.advance(1)
    expect(dropped).toEqual(['room', 'hall'])
    expect(clock.pending).toBe(0)
    session.makeRoom(9)
    expect(session.sent).toEqual(['end of room', 'end of hall'])
    push('4', 300)
    expect(session.sent.at(-1)).toBe('4')
  })

  it('is never fuller than twice its bound', () => {
    const { session, push, dropped, clock } = start(0, { eventBytesMax: 1000 })
    for (const name of ['1', '2', '3', '4']) push(name, 300)
    expect(dropped).toEqual([])
    push('5', 300)
    expect(dropped).toEqual(['room'])
    expect(clock.pending).toBe(0)
    session.makeRoom(9)
    expect(session.sent).toEqual(['end of room'])
  })

  it('has no more time than its grace says', () => {
    const none = start(0, { eventBytesMax: 1000, slowConsumerGrace: 0 })
    for (const name of ['1', '2', '3']) none.push(name, 300)
    expect(none.dropped).toEqual(['room'])
    const some = start(0, { eventBytesMax: 1000, slowConsumerGrace: 0.2 })
    for (const name of ['1', '2', '3']) some.push(name, 300)
    some.clock.advance(200)
    expect(some.dropped).toEqual(['room'])
  })

  it('looks again when its own process stood still', () => {
    const { session, push, dropped, clock } = start(0, { eventBytesMax: 1000 })
    for (const name of ['1', '2', '3']) push(name, 300)
    clock.stall(10_000)
    expect(dropped).toEqual([])
    session.makeRoom(9)
    clock.advance(5000)
    expect(dropped).toEqual([])
    expect(session.sent).toEqual(['1', '2', '3'])
  })

  it('takes a single event that is longer than the bound, and what comes with it', () => {
    const { session, push, dropped, clock } = start(0, { eventBytesMax: 1000 })
    push('huge', 50_000)
    expect(clock.pending).toBe(0)
    push('small', 10)
    push('small again', 10)
    session.makeRoom(9)
    clock.advance(5000)
    expect(session.sent).toEqual(['huge', 'small', 'small again'])
    expect(dropped).toEqual([])
  })

  it('refuses an event that the peer would not take, waiting or not', () => {
    const { session, push } = start(1)
    session.payloadBytesMax = 100
    const tooLarge = expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }) as Error
    expect(() => push('now', 101)).toThrow(tooLarge)
    push('1')
    expect(() => push('later', 101)).toThrow(tooLarge)
    push('2', 100)
    session.makeRoom(9)
    expect(session.sent).toEqual(['1', '2'])
  })

  it('drops whose events the peer takes no more, and goes on', () => {
    const { session, push, dropped } = start(0)
    push('1', 100)
    push('2', 10)
    session.payloadBytesMax = 50
    session.makeRoom(9)
    expect(dropped).toEqual(['room'])
    expect(session.sent).toEqual(['2', 'end of room'])
  })

  it('counts down what has left', () => {
    const { session, push, dropped } = start(0, { eventBytesMax: 1000 })
    for (let i = 0; i < 10; i++) {
      push('a', 300)
      push('b', 300)
      session.makeRoom(2)
      session.makeRoom(0)
    }
    expect(session.sent).toHaveLength(20)
    expect(dropped).toEqual([])
  })

  it('drops the oldest instead where it is told to, down to its bound', () => {
    const { session, push, dropped, clock } = start(0, { eventBytesMax: 1000, slowConsumer: 'drop-oldest' })
    for (const name of ['1', '2', '3', '4']) push(name, 300)
    clock.advance(1000)
    push('5', 10)
    session.makeRoom(9)
    expect(session.sent).toEqual(['3', '4', '5'])
    expect(dropped).toEqual([])
  })

  it('keeps the newest event, however long it is, when it drops the oldest', () => {
    const { session, push, clock } = start(0, { eventBytesMax: 1000, slowConsumer: 'drop-oldest' })
    push('1', 10)
    push('huge', 5000)
    clock.advance(1000)
    session.makeRoom(9)
    expect(session.sent).toEqual(['huge'])
  })

  it.each([
    ['drop-oldest', ['end of hall', '5', '6']],
    ['disconnect', ['end of hall', 'end of room']]
  ] as const)('says behind the events that a container has ended, and does not %s that', (policy, sent) => {
    const { session, push, append } = start(0, { eventBytesMax: 1000, slowConsumer: policy })
    push('1', 10, 'hall')
    append('end of hall', 'hall')
    for (const name of ['2', '3', '4', '5', '6']) push(name, 300)
    session.makeRoom(9)
    expect(session.sent).toEqual(sent)
  })

  it('says nothing more once the session is over', () => {
    const { session, push, append, dropped, clock } = start(0, { eventBytesMax: 1000 })
    for (const name of ['1', '2', '3']) push(name, 300)
    session.ended = true
    session.makeRoom(9)
    push('4')
    append('end of room')
    expect(clock.pending).toBe(0)
    expect(session.sent).toEqual([])
    expect(session.waiters).toBe(0)
    expect(dropped).toEqual([])
  })

  it.each([
    ['slowConsumer', { slowConsumer: 'wait' as never }],
    ['eventBytesMax', { eventBytesMax: 0 }],
    ['eventBytesMax', { eventBytesMax: 1.5 }],
    ['slowConsumerGrace', { slowConsumerGrace: -1 }],
    ['slowConsumerGrace', { slowConsumerGrace: NaN }],
    ['slowConsumerGrace', { slowConsumerGrace: 61 }]
  ])('refuses a bad %s by its name', (name, options) => {
    expect(() => resolveEventQueueOptions(options, rpcError)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) as string })
    )
  })
})
