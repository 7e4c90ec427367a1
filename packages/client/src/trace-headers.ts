import type { Trace } from '@hcengineering/network-core'

/** The caller's options, with the headers that tell the trace. */
export function withTrace<T extends { readonly headers?: Readonly<Record<string, string>> | undefined }>(
  options: T,
  trace: Trace
): T {
  const { headers } = options
  return { ...options, headers: headers === undefined ? trace.headers : { ...headers, ...trace.headers } }
}
