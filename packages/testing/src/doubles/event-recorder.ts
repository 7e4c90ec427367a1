import {
  NetworkEventKind,
  type AgentEvent,
  type ContainerEvent,
  type NetworkEventListener
} from '@hcengineering/network-core'

/** Keeps what {@link eventRecorder} hears. */
export interface EventRecorder {
  /** Hand this to `client.onUpdate`, or set it as an agent's `onUpdate`. */
  readonly listener: NetworkEventListener
  readonly agents: AgentEvent[]
  readonly containers: ContainerEvent[]
  /** Everything in order, as `'added room-1'`. */
  readonly log: string[]
}

const words = {
  [NetworkEventKind.added]: 'added',
  [NetworkEventKind.updated]: 'updated',
  [NetworkEventKind.removed]: 'removed'
} as const

/**
 * Records the events of a network.
 *
 * @example
 * ```ts
 * import { eventRecorder, startTestNetwork } from '@hcengineering/network-testing'
 *
 * await using net = await startTestNetwork()
 * const client = await net.client()
 * const events = eventRecorder()
 * client.onUpdate(events.listener)
 * await net.advance(0)
 * await net.agent({ kinds: ['room'] })
 * await net.advance(0)
 * console.log(events.log) // [ 'added agent-1' ]
 * ```
 */
export function eventRecorder(): EventRecorder {
  const agents: AgentEvent[] = []
  const containers: ContainerEvent[] = []
  const log: string[] = []
  return {
    agents,
    containers,
    log,
    listener: (event) => {
      agents.push(...event.agents)
      containers.push(...event.containers)
      for (const agent of event.agents) log.push(`${words[agent.event]} ${agent.id}`)
      for (const { container, event: kind } of event.containers) log.push(`${words[kind]} ${container.uuid}`)
    }
  }
}
