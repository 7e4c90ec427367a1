/**
 * Which calls a call came from. A container that takes one call at a time lets those in that came, over other
 * containers, from the one that it works on: it would wait for itself otherwise.
 */

/** The header in which a chain travels. */
export const callChainHeader = 'network-call-chain'

/** Calls that a chain names at most: the eldest are left out. */
export const callChainMax = 64

const none: readonly string[] = Object.freeze([])

/** The calls that a request came from, the eldest first. What is malformed names nobody. */
export function readCallChain(headers: Readonly<Record<string, string>>): readonly string[] {
  const text = headers[callChainHeader]
  if (text === undefined || text === '' || text.length > callChainMax * 100) return none
  return text.split(' ').slice(-callChainMax)
}

/** The headers of a call that is made within another one. */
export function withCallChain(
  headers: Readonly<Record<string, string>> | undefined,
  chain: readonly string[]
): Readonly<Record<string, string>> {
  return { ...headers, [callChainHeader]: chain.slice(-callChainMax).join(' ') }
}
