import { expect, test } from 'vitest'
import { echo, SessionPair } from '../support/session-pair.ts'

/** How many messages left at the end of each of these turns. */
function messagesByTurn(pair: SessionPair, turns: number): number[] {
  const { wire } = pair.left
  return Array.from({ length: turns }, () => {
    const before = wire.length
    pair.turns.end()
    return wire.length - before
  })
}

test('a lone request leaves at the end of its turn', () => {
  const pair = new SessionPair()
  pair.left.ask('hello')
  expect(messagesByTurn(pair, 2)).toEqual([1, 0])
})

/** A pair with requests on their way that are not answered. */
function busyPair(): SessionPair {
  const pair = new SessionPair()
  for (let n = 0; n < 10; n++) pair.left.ask(n)
  expect(messagesByTurn(pair, 2)).toEqual([1, 0])
  return pair
}

test('a busy session waits until all that has arrived has been handled', () => {
  const pair = busyPair()
  pair.left.ask('hello')
  expect(messagesByTurn(pair, 3)).toEqual([0, 1, 0])
})

test('a busy session does not wait with what the other side can work on meanwhile', () => {
  const pair = busyPair()
  for (let n = 0; n < 100; n++) pair.left.ask('x'.repeat(40))
  expect(messagesByTurn(pair, 3)).toEqual([1, 0, 0])
})

test('what is written while a busy session waits leaves in the same message', () => {
  const pair = busyPair()
  pair.right.onRequest = echo
  const first = pair.left.ask('first')
  pair.turns.end()
  const second = pair.left.ask('second')
  expect(messagesByTurn(pair, 2)).toEqual([1, 0])
  pair.settle()
  expect([first.outcomes, second.outcomes]).toEqual([[{ value: 'first' }], [{ value: 'second' }]])
})

/** How many requests each message that left within this turn holds, and each that left at its end. */
function requestsByMessage(payloads: readonly string[]): { within: number[]; after: number[] } {
  const pair = new SessionPair()
  for (const payload of payloads) pair.left.ask(payload)
  const messages = pair.left.wire.splice(0)
  pair.turns.end()
  const count = (message: Uint8Array): number => {
    const before = pair.right.calls.length
    pair.right.session.receive(message)
    return pair.right.calls.length - before
  }
  const counts = { within: messages.map(count), after: pair.left.wire.map(count) }
  expect(pair.right.calls.map(({ data }) => data)).toEqual(payloads)
  return counts
}

const kibibyte = (index: number): string => String.fromCodePoint(0x61 + index).repeat(1000)
const payloadsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => kibibyte(index))

test('little more than a full batch leaves in one message', () => {
  expect(requestsByMessage(payloadsOf(16))).toEqual({ within: [], after: [16] })
  expect(requestsByMessage(payloadsOf(19))).toEqual({ within: [], after: [19] })
})

test('a full batch leaves within the turn once the next one is worth a message', () => {
  expect(requestsByMessage(payloadsOf(20))).toEqual({ within: [16], after: [4] })
  expect(requestsByMessage(payloadsOf(26))).toEqual({ within: [16], after: [10] })
  expect(requestsByMessage(payloadsOf(36))).toEqual({ within: [16, 16], after: [4] })
})

test('what does not fit into a full batch is the next one, however long it is', () => {
  const long = 'z'.repeat(15_000)
  expect(requestsByMessage([...payloadsOf(17), long])).toEqual({ within: [16], after: [2] })
  expect(requestsByMessage([...payloadsOf(17), long, ...payloadsOf(4)])).toEqual({ within: [16], after: [6] })
  expect(requestsByMessage([...payloadsOf(15), long, ...payloadsOf(3)])).toEqual({ within: [], after: [19] })
  expect(requestsByMessage([...payloadsOf(15), long, ...payloadsOf(4)])).toEqual({ within: [16], after: [4] })
})

test('requests of a batch that never left are sent again, those of the one before it are not', () => {
  const pair = new SessionPair()
  const asked = payloadsOf(20).map((payload) => pair.left.ask(payload))
  expect(pair.left.wire).toHaveLength(1)
  pair.cut()
  pair.left.session.reset()
  const lost = asked.map(({ outcomes }) => outcomes.map(({ error }) => error?.code))
  expect(lost).toEqual([...Array.from({ length: 16 }, () => ['OUTCOME_UNKNOWN']), [], [], [], []])
  pair.right.onRequest = echo
  pair.connect()
  pair.settle()
  expect(asked.slice(16).map(({ outcomes }) => outcomes)).toEqual(
    payloadsOf(20)
      .slice(16)
      .map((value) => [{ value }])
  )
})
