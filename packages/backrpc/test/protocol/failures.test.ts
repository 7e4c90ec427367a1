import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rpcError, RpcError } from '../../src/errors.ts'
import { decodeFailure, encodeFailure } from '../../src/protocol/failures.ts'

const arrived = (error: unknown): RpcError => decodeFailure(encodeFailure(error), rpcError) as RpcError

describe('failures', () => {
  it('arrive with code, message, details and flags as they were, and without the stack', () => {
    const error = new RpcError('NO_AGENT', 'nobody offers "cat"', {
      details: { kinds: new Set(['dog']) },
      retryable: true,
      overloaded: true,
      outcomeUnknown: true
    })
    expect(arrived(error)).toMatchObject({
      code: 'NO_AGENT',
      message: 'nobody offers "cat"',
      details: { kinds: new Set(['dog']) },
      retryable: true,
      overloaded: true,
      outcomeUnknown: true
    })
    const bytes = Buffer.from(encodeFailure(error))
    expect(bytes.toString('latin1')).not.toContain('failures.test')
    expect(bytes.toString('latin1')).not.toContain('stack')
  })

  it.each([
    ['a plain error', new TypeError('exactly this'), 'exactly this'],
    ['an error of another realm', { message: 'elsewhere' }, 'elsewhere'],
    ['a text', 'just a text', 'just a text'],
    ['nothing', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object without a text', Object.create(null), 'something without a text was thrown'],
    ['an error whose message is no text', Object.assign(new Error('x'), { message: 7 }), 'Error: 7']
  ])('are made of whatever is thrown: %s', (_name, thrown, message) => {
    expect(arrived(thrown)).toMatchObject({ code: 'APPLICATION_ERROR', message })
  })

  it.each([
    ['cannot travel', { callback: () => {} }],
    ['are too long', 'x'.repeat(100_000)]
  ])('keep code and message when their details %s', (_name, details) => {
    const error = arrived(new RpcError('CODE', 'message', { details }))
    expect(error).toMatchObject({ code: 'CODE', message: 'message', details: undefined })
  })

  it('fit into a message however long the code and the message are', () => {
    const error = new RpcError('C'.repeat(1_000_000), '漢'.repeat(1_000_000), { details: 'd'.repeat(60_000) })
    expect(encodeFailure(error).length).toBeLessThan(100_000)
    expect(arrived(error).code).toBe('APPLICATION_ERROR')
  })

  it('that are garbage become errors all the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(decodeFailure(bytes, rpcError)).toBeInstanceOf(Error)
      }),
      { numRuns: 3000 }
    )
  })
})
