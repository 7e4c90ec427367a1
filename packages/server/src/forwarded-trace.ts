import { decodeHeaders } from '@hcengineering/network-backrpc'
import { networkError, type ContainerUuid, type Trace, type Tracing } from '@hcengineering/network-core'

/**
 * The trace of something that passes through here, if it is recorded. Headers that are broken are left as they
 * are: whoever serves it says so.
 */
export function forwardedTrace(
  tracing: Tracing,
  action: 'request' | 'stream',
  rawHeaders: Uint8Array,
  operation: string,
  target: string
): Trace | undefined {
  if (rawHeaders.length === 0) return undefined
  try {
    const headers = decodeHeaders(rawHeaders, networkError)
    return tracing.forward(action, headers, operation, undefined, target as ContainerUuid)
  } catch {
    return undefined
  }
}
