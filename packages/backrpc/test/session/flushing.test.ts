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
