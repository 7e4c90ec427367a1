import type { RequestContext } from '../api/container.ts'
import { NetworkError } from '../api/errors.ts'
import type { ClientUuid } from '../api/ids.ts'
import type { CallerClient } from '../api/reference.ts'

let calls = 0

/** The context of a call that no agent has made: a test's own, say. It has no deadline, and can call nobody. */
export function detachedContext(clientId: ClientUuid | undefined): RequestContext {
  calls++
  const controller = new AbortController()
  return {
    signal: controller.signal,
    deadline: Infinity,
    clientId,
    headers: {},
    token: { epoch: 0, sequence: 0 },
    chain: [`detached.${calls}`],
    get client(): CallerClient {
      throw new NetworkError('INVALID_ARGUMENT', 'no agent hosts this container: it can call nobody')
    }
  }
}
