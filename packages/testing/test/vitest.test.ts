// oxlint-disable vitest/no-standalone-expect -- `test` is made here, and not recognised
import type { ContainerKind } from '@hcengineering/network-core'
import { describe, expect, test as plain } from 'vitest'
import type { TestNetwork } from '../src/index.ts'
import { networkTest } from '../src/vitest.ts'

const test = networkTest({ network: { epoch: 7 } })

describe('a test with a network', () => {
  const seen: TestNetwork[] = []

  test('has one of its own, as it was asked for', async ({ net }) => {
    seen.push(net)
    await net.agent({ kinds: ['room'] })
    const client = await net.client()
    const reference = await client.get('room' as ContainerKind)
    expect(await reference.request('say', 'hello')).toBe('hello')
    expect(net.network.inspection.summary().epoch).toBe(7)
  })

  test('does not have that of the test before', ({ net }) => {
    expect(seen).not.toContain(net)
    seen.push(net)
  })

  plain('leaves it closed', () => {
    expect(seen).toHaveLength(2)
    for (const { pendingTimers } of seen) expect(pendingTimers).toBe(0)
  })
})
