import { describe, expect, it } from 'vitest'
import { defaultSessionLimits } from '../../src/protocol/limits.ts'
import { echo, SessionPair } from '../support/session-pair.ts'

const kilobyte = Buffer.alloc(1024)

describe('batching', () => {
  it('puts all calls of one turn into one message, and their answers too', () => {
    const pair = new SessionPair()
    pair.right.onRequest = echo
    for (let count = 0; count < 100; count++) pair.left.ask(count)
    expect(pair.left.wire).toHaveLength(0)
    pair.turns.end()
    expect(pair.left.wire).toHaveLength(1)
    pair.deliverRight()
    pair.turns.end()
    expect(pair.right.wire).toHaveLength(1)
  })

  it('lets a lone frame leave at the end of its turn', () => {
    const pair = new SessionPair()
    pair.left.ask(1)
    pair.turns.end()
    pair.left.ask(2)
    pair.turns.end()
    expect(pair.left.wire).toHaveLength(2)
  })

  it('closes a long batch at once, and gives a long payload one of its own, in order', () => {
    const pair = new SessionPair()
    for (let count = 0; count < 100; count++) pair.left.tell(Buffer.alloc(1000, count))
    expect(pair.left.wire.length).toBeGreaterThan(0)
    pair.left.tell(Buffer.alloc(100_000, 100))
    pair.left.tell('last')
    pair.settle()
    const firsts = pair.right.told.map((data) => (data === 'last' ? 'last' : (data as Buffer)[0]))
    expect(firsts).toEqual([...Array.from({ length: 101 }, (_, index) => index), 'last'])
  })

  it('delivers what is sent in order', () => {
    const pair = new SessionPair()
    for (let count = 0; count < 5000; count++) {
      pair.left.tell(count)
      if (count % 7 === 0) pair.turns.end()
    }
    pair.settle()
    expect(pair.right.told).toEqual(Array.from({ length: 5000 }, (_, index) => index))
  })
})

describe('the window', () => {
  it('stops a sender whose receiver acknowledges nothing, and lets it go on afterwards', () => {
    const pair = new SessionPair({ windowBytes: 64 * 1024 })
    for (let count = 0; count < 1000; count++) {
      pair.left.tell(kilobyte)
      pair.turns.end()
    }
    const sent = pair.left.wire.reduce((sum, message) => sum + message.length, 0)
    expect(sent).toBeGreaterThanOrEqual(64 * 1024)
    expect(sent).toBeLessThan(72 * 1024)
    expect(pair.left.session.waitingBytes).toBeGreaterThan(900 * 1024)
    pair.settle()
    expect(pair.right.sends).toHaveLength(1000)
    expect(pair.left.session.waitingBytes).toBe(0)
  })

  it.each([
    ['the sender', { windowBytes: 2000 }, {}],
    ['the receiver', {}, { windowBytes: 2000 }]
  ])('is the smaller of the two, and never gets stuck: the one of %s', (_name, left, right) => {
    const pair = new SessionPair(left, right)
    for (let count = 0; count < 300; count++) {
      pair.left.tell(kilobyte)
      pair.right.tell(kilobyte)
      pair.turns.end()
    }
    expect(pair.left.wire.length).toBeLessThanOrEqual(3)
    pair.settle()
    expect(pair.right.sends).toHaveLength(300)
    expect(pair.left.sends).toHaveLength(300)
  })

  it('also counts batches, so that many small ones do not pile up', () => {
    const pair = new SessionPair()
    for (let count = 0; count < 5000; count++) {
      pair.left.tell(1)
      pair.turns.end()
    }
    expect(pair.left.wire).toHaveLength(2048)
    pair.settle()
    expect(pair.right.sends).toHaveLength(5000)
    expect(pair.left.session.unacknowledgedBatches).toBeLessThan(64)
  })

  it('is acknowledged by a ping at the latest', () => {
    const pair = new SessionPair()
    pair.left.tell(1)
    pair.settle()
    expect(pair.left.session.unacknowledgedBatches).toBe(1)
    pair.left.session.ping()
    pair.settle()
    expect(pair.left.session.unacknowledgedBatches).toBe(0)
  })
})

describe('requests', () => {
  it('beyond requestsMax wait here until one of those before them is settled', () => {
    const pair = new SessionPair({}, { requestsMax: 10 })
    const asked = Array.from({ length: 25 }, (_, index) => pair.left.ask(index))
    pair.settle()
    expect(pair.right.calls).toHaveLength(10)
    for (let done = 0; done < 25; done++) {
      pair.right.calls[done]?.respond(done)
      pair.settle()
      expect(pair.right.session.callsHandled).toBeLessThanOrEqual(10)
    }
    expect(asked.map(({ outcomes }) => outcomes[0]?.value)).toEqual(asked.map((_, index) => index))
  })

  it('that wait for a place reach their deadline there, and it goes on with what is left of the others', () => {
    const pair = new SessionPair({}, { requestsMax: 1 })
    pair.left.ask('first', { timeoutMs: 500 })
    const second = pair.left.ask('second', { timeoutMs: 100 })
    const third = pair.left.ask('third', { timeoutMs: 900 })
    pair.settle()
    pair.clock.advance(100)
    expect(second.outcomes[0]?.error).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: false })
    pair.right.calls[0]?.respond('done')
    pair.settle()
    expect(pair.right.calls.map((call) => call.data)).toEqual(['first', 'third'])
    expect(pair.right.calls[1]?.deadline).toBe(900)
    expect(third.outcomes).toEqual([])
    expect(pair.left.session.waitingBytes).toBe(0)
  })

  it('beyond queuedRequestsMax are refused as OVERLOADED', () => {
    const pair = new SessionPair({ queuedRequestsMax: 5 }, { requestsMax: 2 })
    for (let count = 0; count < 7; count++) pair.left.ask(count)
    expect(() => pair.left.ask('too many')).toThrow(
      expect.objectContaining({ code: 'OVERLOADED', overloaded: true, retryable: true })
    )
    pair.right.onRequest = echo
    pair.settle()
    expect(pair.left.session.callsInFlight).toBe(0)
  })

  it.each([
    ['for the window', { windowBytes: 1000 }],
    ['for a place', { requestsMax: 1 }]
  ])('that wait %s with more than queuedBytesMax are refused as OVERLOADED', (_name, receiver) => {
    const pair = new SessionPair({ queuedBytesMax: 100 * 1024 }, receiver)
    let accepted = 0
    const overload = (): void => {
      for (; accepted < 1000; accepted++) {
        pair.left.ask(kilobyte)
        pair.turns.end()
      }
    }
    expect(overload).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
    expect(accepted).toBeGreaterThan(80)
    expect(accepted).toBeLessThan(110)
    pair.right.onRequest = echo
    pair.settle()
    expect(pair.right.calls).toHaveLength(accepted)
    expect(pair.left.session.waitingBytes).toBe(0)
  })

  it('that a peer sends beyond what it may are refused, one by one', () => {
    const pair = new SessionPair({}, { requestsMax: 3 })
    // The left believes in larger limits than the right has.
    pair.left.session.attach((message) => pair.left.wire.push(message), defaultSessionLimits, 0)
    const asked = Array.from({ length: 5 }, (_, index) => pair.left.ask(index))
    pair.settle()
    expect(pair.right.calls).toHaveLength(3)
    expect(asked.map(({ outcomes }) => outcomes[0]?.error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'OVERLOADED',
      'OVERLOADED'
    ])
  })
})

describe('payloads', () => {
  it('longer than the peer takes are refused before they leave', () => {
    const pair = new SessionPair({}, { payloadBytesMax: 2000 })
    const tooLarge = expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }) as Error
    expect(() => pair.left.ask(Buffer.alloc(3000))).toThrow(tooLarge)
    expect(() => pair.left.tell(Buffer.alloc(3000))).toThrow(tooLarge)
    pair.settle()
    expect(pair.right.calls).toHaveLength(0)
  })

  it('of answers longer than the caller takes become MESSAGE_TOO_LARGE there', () => {
    const pair = new SessionPair({ payloadBytesMax: 2000 }, {})
    pair.right.onRequest = (call) => call.respond(Buffer.alloc(3000))
    const { outcomes } = pair.left.ask(1)
    pair.settle()
    expect(outcomes[0]?.error?.code).toBe('MESSAGE_TOO_LARGE')
  })

  it('of answers that the caller does not read are dropped beyond queuedBytesMax, and it is told', () => {
    const pair = new SessionPair({}, { windowBytes: 10 * 1024, queuedBytesMax: 100 * 1024 })
    pair.right.onRequest = (call) => call.respond(kilobyte)
    const asked = Array.from({ length: 1000 }, () => pair.left.ask(1))
    pair.turns.end()
    pair.deliverRight()
    expect(pair.right.session.waitingBytes).toBeLessThan(400 * 1024)
    pair.settle()
    const failed = asked.filter(({ outcomes }) => outcomes[0]?.error !== undefined)
    expect(failed.length).toBeGreaterThan(500)
    expect(failed[0]?.outcomes[0]?.error).toMatchObject({ code: 'OVERLOADED', outcomeUnknown: true })
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
  })
})

describe('memory', () => {
  it('holds nothing any more after 100,000 calls', () => {
    const pair = new SessionPair()
    let answered = 0
    pair.right.onRequest = echo
    for (let turn = 0; turn < 400; turn++) {
      for (let count = 0; count < 250; count++) {
        pair.left.session.call({ operation: 'x', payload: kilobyte.subarray(0, 8), timeoutMs: 1000 }, () => {
          answered++
        })
      }
      pair.settle()
      pair.clock.advance(10)
    }
    pair.left.session.ping()
    pair.settle()
    pair.left.session.ping()
    pair.settle()
    expect(answered).toBe(100_000)
    for (const { session } of [pair.left, pair.right]) {
      expect(session.callsInFlight).toBe(0)
      expect(session.callsHandled).toBe(0)
      expect(session.waitingBytes).toBe(0)
      expect(session.unacknowledgedBatches).toBe(0)
    }
    expect(pair.clock.pending).toBe(0)
  })

  it('does not fill with calls that time out while there is no connection', () => {
    const pair = new SessionPair({ queuedBytesMax: 1024 * 1024 })
    pair.cut()
    for (let count = 0; count < 20_000; count++) {
      pair.left.ask(kilobyte, { timeoutMs: 10 })
      pair.clock.advance(10)
      expect(pair.left.session.waitingBytes).toBeLessThan(200 * 1024)
    }
    expect(pair.left.session.callsInFlight).toBe(0)
    pair.connect()
    pair.settle()
    expect(pair.right.calls).toHaveLength(0)
    expect(pair.left.session.waitingBytes).toBe(0)
  })
})
