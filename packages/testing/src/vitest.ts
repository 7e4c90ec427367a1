/** A fixture for Vitest: `@hcengineering/network-testing/vitest`. */

import { test, type TestAPI } from 'vitest'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from './network/test-network.ts'

/** What {@link networkTest} gives to a test. */
export interface NetworkFixture {
  /** A network of the test's own, which is closed when the test has ended. */
  readonly net: TestNetwork
}

/**
 * Vitest's `test` with a network of its own for every test that asks for `net`.
 *
 * @param options of each network
 *
 * @example
 * ```ts fragment
 * const test = networkTest()
 *
 * test('a room outlives its agent', async ({ net }) => {
 *   const agent = await net.agent({ kinds: ['room'] })
 *   // ...
 * })
 * ```
 */
export function networkTest(options: TestNetworkOptions = {}): TestAPI<NetworkFixture> {
  return test.extend<NetworkFixture>({
    // Vitest reads from the pattern what a fixture needs.
    // oxlint-disable-next-line no-empty-pattern
    net: async ({}, use) => {
      const net = await startTestNetwork(options)
      await use(net)
      await net.close()
    }
  })
}
