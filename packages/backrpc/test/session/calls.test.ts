import { describe, expect, it } from 'vitest'
import { RpcError } from '../../src/errors.ts'
import { echo, SessionPair, type Outcome } from '../support/session-pair.ts'

const code = (outcomes: Outcome[]): string | undefined => outcomes[0]?.error?.code

describe('a call', () => {
  it('is answered, once', () => {
    const { left, right, ...pair } = newPair()
    right.onRequest = echo
    const { outcomes } = left.ask({ hello: new Date(5) })
    expect(outcomes).toEqual([])
    pair.settle()
    expect(outcomes).toEqual([{ value: { hello: new Date(5) } }])
    expect(left.session.callsInFlight).toBe(0)
    expect(right.session.callsHandled).toBe(0)
  })

  it('carries target, operation, origin, channel, headers and deadline', () => {
    const { left, right, clock, settle } = newPair()
    clock.advance(1000)
    left.ask('x', {
      channel: 7,
      target: 'container',
      operation: 'open',
      origin: 'client',
      headers: { trace: 'abc' },
      timeoutMs: 500
    })
    settle()
    const [call] = right.calls
    expect(call).toMatchObject({
      channel: 7,
      target: 'container',
      operation: 'open',
      origin: 'client',
      headers: { trace: 'abc' },
      data: 'x',
      deadline: 1500
    })
  })

  it('may be asked by both sides at once', () => {
    const { left, right, settle } = newPair()
    left.onRequest = echo
    right.onRequest = echo
    const [one, two] = [left.ask(1), right.ask(2)]
    settle()
    expect([...one.outcomes, ...two.outcomes]).toEqual([{ value: 1 }, { value: 2 }])
  })

  it('fails with the error as it was thrown: message, code, details and flags, and no stack of the other side', () => {
    const { left, right, settle } = newPair()
    const thrown = new RpcError('TEAPOT', 'I am "exactly" this', { details: [1, 2n], retryable: true })
    right.onRequest = (call) => call.fail(thrown)
    const { outcomes } = left.ask(1)
    settle()
    const { error } = outcomes[0] as { error: RpcError }
    expect(error).toMatchObject({
      code: 'TEAPOT',
      message: 'I am "exactly" this',
      details: [1, 2n],
      retryable: true
    })
    expect(error.overloaded).toBe(false)
    expect(error.stack).not.toContain('onRequest')
  })

  it('whose answer cannot travel fails with NOT_SERIALIZABLE', () => {
    const { left, right, settle } = newPair()
    right.onRequest = (call) => call.respond({ callback: () => {} })
    const { outcomes } = left.ask(1)
    settle()
    expect(code(outcomes)).toBe('NOT_SERIALIZABLE')
  })

  it('that is answered twice settles with the first answer', () => {
    const { left, right, settle } = newPair()
    right.onRequest = (call) => {
      call.respond('first')
      call.respond('second')
      call.fail(new Error('third'))
    }
    const { outcomes } = left.ask(1)
    settle()
    expect(outcomes).toEqual([{ value: 'first' }])
  })

  it('does not wait for 60 others that hang', () => {
    const { left, right, settle } = newPair()
    right.onRequest = (call) => {
      if (call.data !== 'hang') echo(call)
    }
    for (let count = 0; count < 60; count++) left.ask('hang')
    const { outcomes } = left.ask('through')
    settle()
    expect(outcomes).toEqual([{ value: 'through' }])
    expect(left.session.callsInFlight).toBe(60)
  })

  it('that cannot be put on the wire is refused at once', () => {
    const { left } = newPair()
    const refused = (options: object): void => {
      expect(() => left.ask(1, options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
    for (const name of ['operation', 'target', 'origin']) {
      refused({ [name]: 'x'.repeat(2049) })
      refused({ [name]: '漢'.repeat(700) })
      refused({ [name]: 7 })
    }
    refused({ timeoutMs: NaN })
    refused({ timeoutMs: -1 })
    refused({ rawHeaders: new Uint8Array(20_000) })
    expect(left.session.callsInFlight).toBe(0)
  })
})

describe('a deadline', () => {
  it('settles the call with TIMEOUT of unknown outcome once it has been sent, and aborts the handler', () => {
    const { left, right, clock, settle } = newPair()
    const { outcomes } = left.ask(1, { timeoutMs: 100 })
    settle()
    const signal = right.calls[0]?.signal
    clock.advance(99)
    expect(outcomes).toEqual([])
    clock.advance(1)
    expect(outcomes[0]?.error).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true, retryable: false })
    settle()
    expect(signal?.aborted).toBe(true)
  })

  it('says that nothing has run if the call never left', () => {
    const { left, right, clock, settle, cut, connect } = newPair()
    cut()
    const { outcomes } = left.ask(1, { timeoutMs: 100 })
    clock.advance(100)
    expect(outcomes[0]?.error).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: false, retryable: true })
    connect()
    settle()
    expect(right.calls).toEqual([])
  })

  it('says that it may yet run if it will still leave with a batch that is already closed', () => {
    const { left, right, clock, settle, turns, cut, connect } = newPair()
    const { outcomes } = left.ask(1, { timeoutMs: 100 })
    cut()
    turns.end()
    clock.advance(100)
    expect(outcomes[0]?.error).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true })
    connect()
    settle()
    expect(right.calls[0]?.isCancelled).toBe(true)
  })

  it('reaches the handler as what is left of it when the call had to wait', () => {
    const { left, right, clock, settle, cut, connect } = newPair()
    cut()
    left.ask(1, { timeoutMs: 1000 })
    clock.advance(400)
    connect()
    settle()
    expect(right.calls[0]?.deadline).toBe(1000)
  })

  it('makes a late answer mean nothing', () => {
    const { left, right, clock, settle } = newPair()
    const { outcomes } = left.ask(1, { timeoutMs: 100 })
    settle()
    clock.advance(100)
    // The answer crosses the cancellation.
    right.calls[0]?.respond('late')
    settle()
    expect(outcomes).toHaveLength(1)
    expect(code(outcomes)).toBe('TIMEOUT')
    expect(right.session.callsHandled).toBe(0)
  })
})

describe('cancelling', () => {
  it('settles the call with the reason and aborts the signal of its handler', () => {
    const { left, right, settle } = newPair()
    const { outcomes, cancel } = left.ask(1)
    settle()
    const [call] = right.calls
    const { signal } = call as { signal: AbortSignal }
    cancel(new RpcError('ABORTED', 'enough'))
    expect(outcomes[0]?.error).toMatchObject({ message: 'enough' })
    expect(signal.aborted).toBe(false)
    settle()
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ code: 'ABORTED' })
  })

  it('is seen by a handler that asks for the signal only afterwards', () => {
    const { left, right, settle } = newPair()
    const { cancel } = left.ask(1)
    settle()
    cancel(new Error('enough'))
    settle()
    expect(right.calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED' })
  })

  it('tells whether the call may have run', () => {
    const { left, settle, cut } = newPair()
    const told: boolean[] = []
    const reason = (outcomeUnknown: boolean): Error => {
      told.push(outcomeUnknown)
      return new Error('enough')
    }
    const sent = left.ask(1)
    settle()
    sent.cancel(reason)
    sent.cancel(reason)
    cut()
    left.ask(2).cancel(reason)
    expect(told).toEqual([true, false])
  })

  it('after the answer does nothing', () => {
    const { left, right, settle } = newPair()
    right.onRequest = echo
    const { outcomes, cancel } = left.ask(1)
    settle()
    cancel(new Error('too late'))
    settle()
    expect(outcomes).toEqual([{ value: 1 }])
  })

  it('others from within a settled call settles each of them once', () => {
    const { left, cut, settle } = newPair()
    const asked = [1, 2, 3].map((data) => left.ask(data))
    settle()
    const settled: number[] = []
    left.session.call({ operation: 'x', payload: new Uint8Array(0), timeoutMs: 1000 }, () => {
      settled.push(0)
      for (const { cancel } of asked) cancel(new Error('with the others'))
    })
    settle()
    cut()
    left.session.reset()
    left.session.end(new Error('over'))
    expect(asked.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 1])
    expect(settled).toEqual([0])
  })

  it('leaves the place of a handler that goes on taken until it ends', () => {
    const { left, right, settle } = newPair({}, { requestsMax: 2 })
    const asked = [left.ask(1), left.ask(2)]
    settle()
    for (const { cancel } of asked) cancel(new Error('enough'))
    const refused = left.ask(3)
    settle()
    expect(refused.outcomes[0]?.error).toMatchObject({
      code: 'OVERLOADED',
      overloaded: true,
      retryable: true
    })
    expect(right.calls).toHaveLength(2)
    for (const call of right.calls) {
      call.respond('at last')
      call.respond('again')
    }
    expect(right.session.callsHandled).toBe(0)
    left.ask(4)
    settle()
    expect(right.calls).toHaveLength(3)
  })
})

/** A pair whose methods can be taken apart. */
function newPair(...limits: ConstructorParameters<typeof SessionPair>) {
  const pair = new SessionPair(...limits)
  return {
    left: pair.left,
    right: pair.right,
    clock: pair.clock,
    turns: pair.turns,
    settle: () => pair.settle(),
    cut: () => pair.cut(),
    connect: () => pair.connect()
  }
}
