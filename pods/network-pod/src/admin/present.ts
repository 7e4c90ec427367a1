/** Makes the views of the admin API of what the network tells. What is not there is left out. */

import type {
  AgentSummary,
  ClientSummary,
  ContainerActivity,
  ContainerDescription,
  ContainerSummary,
  EventBatch,
  InspectionPage
} from '@hcengineering/network-core'
import { NetworkEventKind } from '@hcengineering/network-core'
import type { ClientSessionFacts } from '@hcengineering/network-server'
import type {
  AgentView,
  ClientView,
  ContainerActivity as ContainerActivityView,
  ContainerDetails,
  ContainerView,
  NetworkEventView,
  Page
} from './views.ts'

export function pageOf<T, V>(page: InspectionPage<T>, view: (item: T) => V): Page<V> {
  const { items, total, offset, limit } = page
  return { items: items.map(view), total, offset, limit }
}

export function containerViewOf(container: ContainerSummary): ContainerView {
  const { uuid, kind, labels, state, agentId, endpoint, token, since, references, stateless } = container
  return {
    uuid,
    kind,
    labels,
    state,
    ...(agentId !== undefined && { agentId }),
    ...(endpoint !== undefined && { endpoint }),
    ...(token !== undefined && { token: { epoch: token.epoch, sequence: token.sequence } }),
    ...(since !== undefined && { since }),
    references,
    stateless
  }
}

export function containerDetailsOf(
  container: ContainerDescription,
  activity: ContainerActivity | undefined
): ContainerDetails {
  const { holders, waiting, standbys, setbacks } = container
  const details = { ...containerViewOf(container), holders, waiting, standbys, setbacks }
  return activity === undefined ? details : { ...details, activity: activityOf(activity) }
}

function activityOf({ lastPing, ...rest }: ContainerActivity): ContainerActivityView {
  return lastPing === undefined ? rest : { ...rest, lastPing }
}

export function agentViewOf(agent: AgentSummary): AgentView {
  const { endpoint, ...rest } = agent
  return endpoint === undefined ? rest : { ...rest, endpoint }
}

export function clientViewOf(client: ClientSummary, session: ClientSessionFacts | undefined): ClientView {
  return {
    ...client,
    // JSON has no infinity: a client of this very process is never given up.
    aliveTimeoutMs: Math.min(client.aliveTimeoutMs, Number.MAX_SAFE_INTEGER),
    connected: session?.connected ?? false,
    subscribed: session?.subscribed ?? false,
    agents: session?.agents ?? []
  }
}

const changes = {
  [NetworkEventKind.added]: 'added',
  [NetworkEventKind.updated]: 'updated',
  [NetworkEventKind.removed]: 'removed'
} as const

/** What happened in one turn, in the order in which listeners hear of it. */
export function networkEventsOf({ event }: EventBatch, at: number): NetworkEventView[] {
  const agents = event.agents.map(({ id, event: change }) => ({
    at,
    change: changes[change],
    subject: 'agent' as const,
    id
  }))
  const containers = event.containers.map(({ container, event: change }) => ({
    at,
    change: changes[change],
    subject: 'container' as const,
    id: container.uuid,
    kind: container.kind,
    labels: container.labels,
    agentId: container.agentId
  }))
  return [...agents, ...containers]
}
