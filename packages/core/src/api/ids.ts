/**
 * Branded identifiers. At run time each is a plain string; the brand keeps a kind from being passed where
 * a uuid belongs. The casts to brands live in this file.
 */

import { NetworkError } from './errors.ts'

/** Names an agent: a process (or part of one) that hosts containers. */
export type AgentUuid = string & { readonly __brand: 'AgentUuid' }

/** Names a container, unique in the network whatever its kind. */
export type ContainerUuid = string & { readonly __brand: 'ContainerUuid' }

/** Names a client: one `createNetworkClient` call, for as long as it is open. */
export type ClientUuid = string & { readonly __brand: 'ClientUuid' }

/** Names a kind of container, such as `'chat-room'`. An agent offers kinds by its factories. */
export type ContainerKind = string & { readonly __brand: 'ContainerKind' }

/** Where an agent's listener is reached, `host:port`. */
export type AgentEndpointRef = string & { readonly __brand: 'AgentEndpointRef' }

/**
 * Where a container is reached. Free text is allowed: such a container is reached through its agent.
 * {@link containerOnAgentEndpointRef} and {@link containerListenerEndpointRef} make the forms that carry
 * an address.
 */
export type ContainerEndpointRef = string & { readonly __brand: 'ContainerEndpointRef' }

/** Something that makes identifiers; injected, so that a simulation can make the same ones again. */
export type IdSource = () => string

/** The identifiers of production: random version 4 UUIDs. */
export const randomIds: IdSource = () => crypto.randomUUID()

/** A new random container uuid. */
export function containerUuid(ids: IdSource = randomIds): ContainerUuid {
  return ids() as ContainerUuid
}

/** A new random client uuid. */
export function clientUuid(ids: IdSource = randomIds): ClientUuid {
  return ids() as ClientUuid
}

/** A new random agent uuid. */
export function agentUuid(ids: IdSource = randomIds): AgentUuid {
  return ids() as AgentUuid
}

/** `host:port` as an agent's endpoint. */
export function agentEndpointRef(address: string): AgentEndpointRef {
  return address as AgentEndpointRef
}

const onAgent = 'agent://'
const ownListener = 'container://'

/**
 * The endpoint of a container that is reached through its agent's listener.
 *
 * @param agentEndpoint `host:port`, as a factory receives it in its second argument
 */
export function containerOnAgentEndpointRef(
  agentEndpoint: AgentEndpointRef | string,
  uuid: ContainerUuid
): ContainerEndpointRef {
  return `${onAgent}${agentEndpoint}/${encodeURIComponent(uuid)}` as ContainerEndpointRef
}

/**
 * The endpoint of a container that has a listener of its own, beside its agent's.
 *
 * @param address `host:port` of that listener
 */
export function containerListenerEndpointRef(address: string, uuid: ContainerUuid): ContainerEndpointRef {
  return `${ownListener}${address}/${encodeURIComponent(uuid)}` as ContainerEndpointRef
}

/** The endpoint of a container that is reached through its agent, wherever that is: free text. */
export function opaqueEndpointRef(text: string): ContainerEndpointRef {
  return text as ContainerEndpointRef
}

/** The parts of a container's endpoint. `opaque` is free text: reached through its agent. */
export type ParsedContainerEndpoint =
  | { readonly kind: 'on-agent' | 'own-listener'; readonly address: string; readonly uuid: ContainerUuid }
  | { readonly kind: 'opaque' }

/** Takes a container's endpoint apart. Never throws: what is not of our form is `opaque`. */
export function parseContainerEndpoint(endpoint: string): ParsedContainerEndpoint {
  const kind = endpoint.startsWith(onAgent)
    ? 'on-agent'
    : endpoint.startsWith(ownListener)
      ? 'own-listener'
      : undefined
  if (kind === undefined) return { kind: 'opaque' }
  const rest = endpoint.slice(kind === 'on-agent' ? onAgent.length : ownListener.length)
  const slash = rest.lastIndexOf('/')
  if (slash <= 0) return { kind: 'opaque' }
  try {
    const uuid = decodeURIComponent(rest.slice(slash + 1)) as ContainerUuid
    return { kind, address: rest.slice(0, slash), uuid }
  } catch {
    return { kind: 'opaque' }
  }
}

/** The longest identifier, kind or label that is accepted, in UTF-16 units. */
export const nameLengthMax = 512

/**
 * Checks a name that a caller passed in.
 *
 * @throws NetworkError `INVALID_ARGUMENT` when it is no string, empty, or longer than {@link nameLengthMax}
 */
export function requireName<T extends string>(value: T, what: string): T {
  if (typeof value !== 'string' || value.length === 0 || value.length > nameLengthMax) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `${what} must be a string of 1 to ${nameLengthMax} characters, got ${describeValue(value)}`
    )
  }
  return value
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return value.length === 0 ? 'an empty one' : `${value.length} characters`
  return value === null ? 'null' : typeof value
}
