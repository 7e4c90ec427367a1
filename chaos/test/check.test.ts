import { describe, expect, test } from 'vitest'
import { check } from '../src/check.ts'
import type { Asked, ClientGone, Dispatched, Handled, Line, Outcome, Settled } from '../src/history.ts'

function asked(request: string, more: Partial<Asked> = {}): Asked {
  const base = {
    client: 'client',
    uuid: 'room',
    via: 'reference',
    idempotent: false,
    at: 0,
    deadline: 1000
  } as const
  return { kind: 'asked', request, ...base, ...more }
}

function dispatched(request: string, at: number, more: Partial<Dispatched> = {}): Dispatched {
  const base = { uuid: 'room', agent: 'one', instance: 'one#1', token: [1, 1] } as const
  return { kind: 'dispatched', request, at, ...base, ...more }
}

function handled(request: string, at: number, instance = 'one#1'): Handled {
  return { kind: 'handled', request, instance, at }
}

function settled(request: string, at: number, outcome: Partial<Outcome> = {}): Settled {
  const ok = { kind: 'ok', request, agent: 'one', instance: 'one#1' }
  return { kind: 'settled', request, at, outcome: { ...ok, ...outcome } as Outcome }
}

function failed(
  request: string,
  at: number,
  more: { outcomeUnknown?: boolean; retryable?: boolean } = {}
): Settled {
  const outcome = {
    kind: 'error',
    code: 'TIMEOUT',
    message: '',
    outcomeUnknown: false,
    retryable: false
  } as const
  return { kind: 'settled', request, at, outcome: { ...outcome, ...more } }
}

/** A request that was answered. */
function answered(
  request: string,
  at: number,
  instance = 'one#1',
  token: Dispatched['token'] = [1, 1]
): Line[] {
  return [
    asked(request, { at, deadline: at + 1000 }),
    dispatched(request, at + 1, { instance, token }),
    handled(request, at + 5, instance),
    settled(request, at + 6, { instance })
  ]
}

/** What is wrong, in short. */
function found(...history: (Line | Line[])[]): string[] {
  return check(history.flat()).map(({ invariant, what }) => `${invariant}: ${what}`)
}

describe('what is right', () => {
  test('an activation follows another one', () => {
    expect(
      found(answered('a', 0), answered('b', 10, 'two#1', [1, 2]), answered('c', 20, 'one#2', [2, 1]))
    ).toEqual([])
  })

  test('one instance goes on under a new token, and answers what it was handed under the old one', () => {
    const late = [asked('a'), dispatched('a', 1), handled('a', 30), settled('a', 31)]
    expect(found(late, answered('b', 10, 'one#1', [2, 1]))).toEqual([])
  })

  test('an instance ends its work after it was replaced, and nobody gets that answer', () => {
    const late = [asked('a'), dispatched('a', 1), handled('a', 30), failed('a', 11, { outcomeUnknown: true })]
    expect(found(late, answered('b', 10, 'two#1', [1, 2]))).toEqual([])
  })

  test('an idempotent request runs twice, and a client that was killed hears nothing', () => {
    const twice = [dispatched('a', 1), dispatched('a', 10, { instance: 'two#1', token: [1, 2] })]
    const gone: ClientGone = { kind: 'clientGone', client: 'killed', at: 5 }
    expect(
      found(asked('a', { idempotent: true }), ...twice, settled('a', 12, { instance: 'two#1' }), gone, [
        asked('b', { client: 'killed' })
      ])
    ).toEqual([])
  })
})

describe('I1 and I2', () => {
  test('a request under an older token after one under a newer token', () => {
    expect(found(answered('a', 10, 'two#1', [1, 2]), answered('b', 20))).toEqual([
      'I1: room was handed a request under an older token than before'
    ])
    expect(found(answered('a', 10, 'one#1', [1, 2]), answered('b', 20))).toEqual([
      'I2: room was handed a request under an older token than before'
    ])
  })

  test('two instances under one token', () => {
    expect(found(answered('a', 0), answered('b', 10, 'two#1'))).toEqual([
      'I1: room: two instances share a token'
    ])
  })

  test('an answer that left after a later activation was handed a request', () => {
    const late = [asked('a'), dispatched('a', 1), handled('a', 30), settled('a', 31)]
    expect(found(late, answered('b', 10, 'two#1', [1, 2]))).toEqual([
      'I1: an earlier instance of room answered after a later one was handed a request'
    ])
  })

  test('other containers do not matter', () => {
    const other = answered('b', 0).map((line) => ('uuid' in line ? { ...line, uuid: 'hall' } : line))
    expect(found(answered('a', 10, 'two#1', [1, 2]), other)).toEqual([])
  })
})

describe('I7', () => {
  test('a request that never settles, settles twice, or settles late', () => {
    expect(found(asked('a'))).toEqual(['I7: a request never settled'])
    expect(found(asked('a'), failed('a', 5), failed('a', 6))).toEqual([
      'I7: a request settled more than once'
    ])
    expect(found(asked('a'), failed('a', 2500))).toEqual(['I7: a request settled 1500 ms after its deadline'])
  })

  test('a get that never settles', () => {
    expect(found(asked('a', { via: 'get' }))).toEqual(['I7: a request never settled'])
  })
})

describe('I8', () => {
  test('a request that is not idempotent runs twice', () => {
    expect(found(answered('a', 0), dispatched('a', 8))).toEqual(['I8: a request ran 2 times'])
  })

  test('a request of a client that was killed runs twice', () => {
    const gone: ClientGone = { kind: 'clientGone', client: 'client', at: 5 }
    expect(found(asked('a'), dispatched('a', 1), dispatched('a', 8), gone)).toEqual([
      'I8: a request ran 2 times'
    ])
  })

  test('an answer of somebody else, or to something else', () => {
    expect(found(asked('a'), settled('a', 5))).toEqual([
      'I8: an answer came from where the request did not run'
    ])
    expect(found(asked('a'), dispatched('a', 1), settled('a', 5, { request: 'b' }))).toEqual([
      'I8: a request got the answer to another one'
    ])
    expect(found(asked('a', { uuid: 'hall' }), dispatched('a', 1), settled('a', 5))).toEqual([
      'I8: a request ran in another container'
    ])
  })

  test('an error says that the request did not run, and it did', () => {
    expect(found(asked('a'), dispatched('a', 1), failed('a', 5, { retryable: true }))).toEqual([
      'I8: a request ran, though TIMEOUT says that it did not'
    ])
  })
})
