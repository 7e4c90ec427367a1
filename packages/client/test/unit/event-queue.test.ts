import type { SendOptions, Session } from '@hcengineering/network-backrpc'
import { SharedEvent } from '@hcengineering/network-core'
import { describe, expect, test } from 'vitest'
import { encodeEvent, EventQueue, resolveEventQueueOptions } from '../../src/event-queue.ts'
import type { EventQueueOptions } from '../../src/event-queue.ts'
import { errorWith } from '../support/settings.ts'

/** As much of a session as a queue looks at: it takes what it has room for. */
class FakeSession {
  ended = false
  readonly sent: string[] = []
  private room: number
  private listeners: (() => void)[] = []

  constructor(room: number) {
    this.room = room
  }

  get writable(): boolean {
    return this.room > 0
  }

  send({ operation }: SendOptions): void {
    this.room--
    this.sent.push(operation)
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

function start(room: number, options: EventQueueOptions = {}) {
  const session = new FakeSession(room)
  const queue = new EventQueue(session as unknown as Session, resolveEventQueueOptions(options))
  const push = (name: string, bytes = 0): void => {
    queue.push({ target: 'room', operation: name, payload: new Uint8Array(bytes) })
  }
  return { session, push }
}

describe('a queue of events', () => {
  test('passes events on at once while the session takes them', () => {
    const { session, push } = start(2)
    push('1')
    push('2')
    expect(session.sent).toEqual(['1', '2'])
    expect(session.waiters).toBe(0)
  })

  test('keeps their order while some wait', () => {
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

  test('refuses what goes beyond the bound, and keeps what waits', () => {
    const { session, push } = start(0, { eventBytesMax: 1000 })
    push('1', 300)
    push('2', 300)
    expect(() => push('3', 300)).toThrow(errorWith('OVERLOADED'))
    session.makeRoom(9)
    expect(session.sent).toEqual(['1', '2'])
    push('4', 300)
    expect(session.sent).toEqual(['1', '2', '4'])
  })

  test('counts down what has left', () => {
    const { session, push } = start(0, { eventBytesMax: 1000 })
    for (let i = 0; i < 10; i++) {
      push('a', 300)
      push('b', 300)
      session.makeRoom(2)
    }
    expect(session.sent).toHaveLength(20)
  })

  test('drops the oldest instead where it is told to', () => {
    const { session, push } = start(0, { eventBytesMax: 1000, slowConsumer: 'drop-oldest' })
    for (const name of ['1', '2', '3', '4', '5']) push(name, 300)
    session.makeRoom(9)
    expect(session.sent).toEqual(['4', '5'])
  })

  test('keeps the newest event, however long it is, when it drops the oldest', () => {
    const { session, push } = start(0, { eventBytesMax: 1000, slowConsumer: 'drop-oldest' })
    push('1', 10)
    push('huge', 5000)
    session.makeRoom(9)
    expect(session.sent).toEqual(['huge'])
  })

  test('says nothing more once the session is over', () => {
    const { session, push } = start(0)
    push('1')
    session.ended = true
    session.makeRoom(9)
    push('2')
    expect(session.sent).toEqual([])
    expect(session.waiters).toBe(0)
  })

  test('encodes an event for many once, to the same bytes as an event for one', () => {
    const shared = new SharedEvent({ text: 'hello' })
    const encoded = encodeEvent(shared)
    expect(encodeEvent(shared)).toBe(encoded)
    expect([...encoded]).toEqual([...encodeEvent({ text: 'hello' })])
    expect(() => encodeEvent(() => {})).toThrow(errorWith('NOT_SERIALIZABLE'))
  })

  test.each([
    ['slowConsumer', { slowConsumer: 'wait' as never }],
    ['eventBytesMax', { eventBytesMax: 0 }],
    ['eventBytesMax', { eventBytesMax: 1.5 }]
  ])('refuses a bad %s by its name', (name, options) => {
    expect(() => resolveEventQueueOptions(options)).toThrow(errorWith('INVALID_ARGUMENT'))
    expect(() => resolveEventQueueOptions(options)).toThrow(name)
  })
})
