import { NetworkError } from '../api/errors.ts'
import type { GetOptions } from '../api/container.ts'
import type { Data } from '../api/data.ts'
import type { AgentEndpointRef } from '../api/ids.ts'
import type { Logger } from '../api/logger.ts'
import type { HostedContainer } from '../contract/ports.ts'
import type { Clock } from '../time/clock.ts'

/** What a factory is to make. */
export interface FactoryOptions extends GetOptions {
  /** What the last activation of this uuid has handed over, if it was drained or terminated just before. */
  snapshot?: Data
  /** The time that the agent lives by. */
  clock?: Clock | undefined
  /** Where the agent logs. */
  logger?: Logger | undefined
}

/**
 * Makes a container of one kind.
 *
 * @param options what the get asked for; `uuid` is undefined when the factory is to choose one
 * @param agentEndpoint where this agent's listener is; undefined when it has none
 */
export type ContainerFactory = (
  options: FactoryOptions,
  agentEndpoint: AgentEndpointRef
) => Promise<HostedContainer> | HostedContainer

/** The factories of an agent by kind. */
export type ContainerFactories = Record<string, ContainerFactory>

/**
 * Looks at what a factory returned.
 *
 * @throws NetworkError `INVALID_CONTAINER` saying what is missing
 */
export function requireHosted(value: HostedContainer, kind: string): HostedContainer {
  const missing = missingPart(value)
  if (missing === undefined) return value
  throw new NetworkError(
    'INVALID_CONTAINER',
    `the factory of '${kind}' must return { uuid, container, endpoint }: ${missing}`
  )
}

function missingPart(value: Partial<HostedContainer> | null | undefined): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it returned no object'
  if (typeof value.uuid !== 'string' || value.uuid === '') return 'uuid is no string'
  if (typeof value.endpoint !== 'string') return 'endpoint is no string'
  const { container } = value
  if (typeof container !== 'object' || container === null) return 'container is no object'
  for (const method of ['request', 'connect', 'disconnect', 'terminate', 'ping'] as const) {
    if (typeof container[method] !== 'function') return `container.${method} is no function`
  }
  return undefined
}
