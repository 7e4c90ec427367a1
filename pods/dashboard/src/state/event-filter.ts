import type { NetworkEventView } from '@hcengineering/network-pod/admin-views'

/** Which events to show; what is undefined or empty leaves nothing out. */
export interface EventFilter {
  readonly change?: NetworkEventView['change']
  readonly subject?: NetworkEventView['subject']
  readonly kind?: string
  readonly agent?: string
  /** Found in the id or a label. */
  readonly search?: string
}

/** The filter as one question, made once for many events. */
export function eventMatcher(filter: EventFilter): (event: NetworkEventView) => boolean {
  const { change, subject, kind, agent } = filter
  const search = filter.search?.trim().toLowerCase() ?? ''
  return (event) =>
    (change === undefined || event.change === change) &&
    (subject === undefined || event.subject === subject) &&
    (kind === undefined || event.kind === kind) &&
    (agent === undefined || isOfAgent(event, agent)) &&
    (search === '' ||
      event.id.toLowerCase().includes(search) ||
      event.labels?.some((label) => label.toLowerCase().includes(search)) === true)
}

function isOfAgent(event: NetworkEventView, agentId: string): boolean {
  return event.agentId === agentId || (event.subject === 'agent' && event.id === agentId)
}
