import { NetworkError, systemClock } from '@hcengineering/network-core'
import { describe, expect, test } from 'vitest'
import { retryRule, tryAgain } from '../../src/retry.ts'

const unknown = new NetworkError('OUTCOME_UNKNOWN', 'it may have run')
const refused = new NetworkError('NOT_SERVING', 'not here', { retryable: true })

/** Makes an idempotent request whose first try may have run, and whose next tries end as told. */
function again(...ends: (NetworkError | string)[]): Promise<string> {
  return tryAgain({
    clock: systemClock,
    deadline: systemClock.now() + 10_000,
    what: 'it',
    mayTryAgain: retryRule(true),
    error: unknown,
    relocate: async () => {},
    attempt: async () => {
      const end = ends.shift() ?? 'too many tries'
      if (end instanceof NetworkError) throw end
      return end
    }
  })
}

describe('a request that may have run', () => {
  test('gives what a later try gives', async () => {
    expect(await again(refused, 'an answer')).toBe('an answer')
  })

  test.each(['TIMEOUT', 'ABORTED', 'CLOSED', 'NO_AGENT', 'OVERLOADED'])(
    'is not said not to have run because a later try ended with %s',
    async (code) => {
      await expect(again(refused, new NetworkError(code, 'never sent'))).rejects.toBe(unknown)
    }
  )

  test('fails as its later try failed, if that has run', async () => {
    const failure = new NetworkError('APPLICATION_ERROR', 'no')
    await expect(again(failure)).rejects.toBe(failure)
  })
})
