import type { ContainerState, NetworkEventView } from '@hcengineering/network-pod/admin-views'
import type { EventFilter } from '../state/event-filter.ts'

/** What the table of containers shows, as its address says. */
export interface ContainerFilter {
  readonly search: string
  readonly kind: string
  readonly state: ContainerState | ''
  readonly labels: readonly string[]
  readonly agent: string
  /** From 1. */
  readonly page: number
}

/** All states of a container, in the order of its life. */
export const containerStates = [
  'unplaced',
  'starting',
  'serving',
  'ending'
] as const satisfies ContainerState[]
/** All that can happen to what the network has. */
export const changes = ['added', 'updated', 'removed'] as const satisfies NetworkEventView['change'][]
/** All that events are about. */
export const subjects = ['agent', 'container'] as const satisfies NetworkEventView['subject'][]

/** Reads a filter from an address; what makes no sense there counts as not said. */
export function parseContainerFilter(query: URLSearchParams): ContainerFilter {
  return {
    search: query.get('search') ?? '',
    kind: query.get('kind') ?? '',
    state: oneOf(containerStates, query.get('state')) ?? '',
    labels: [...new Set(query.getAll('label').filter((label) => label !== ''))],
    agent: query.get('agent') ?? '',
    page: parsePage(query)
  }
}

/** The filter as part of an address, without what is as usual. */
export function containerFilterQuery(filter: Partial<ContainerFilter>): URLSearchParams {
  const query = new URLSearchParams()
  setUnlessEmpty(query, 'search', filter.search)
  setUnlessEmpty(query, 'kind', filter.kind)
  setUnlessEmpty(query, 'state', filter.state)
  for (const label of filter.labels ?? []) query.append('label', label)
  setUnlessEmpty(query, 'agent', filter.agent)
  setPage(query, filter.page)
  return query
}

/** A search and a page: all that the shorter tables have. */
export interface ListFilter {
  readonly search: string
  /** From 1. */
  readonly page: number
}

export function parseListFilter(query: URLSearchParams): ListFilter {
  return { search: query.get('search') ?? '', page: parsePage(query) }
}

export function listFilterQuery({ search, page }: Partial<ListFilter>): URLSearchParams {
  const query = new URLSearchParams()
  setUnlessEmpty(query, 'search', search)
  setPage(query, page)
  return query
}

export function parseEventFilter(query: URLSearchParams): EventFilter {
  const change = oneOf(changes, query.get('change'))
  const subject = oneOf(subjects, query.get('subject'))
  const kind = query.get('kind') ?? ''
  const agent = query.get('agent') ?? ''
  const search = query.get('search') ?? ''
  return {
    ...(change !== undefined && { change }),
    ...(subject !== undefined && { subject }),
    ...(kind !== '' && { kind }),
    ...(agent !== '' && { agent }),
    ...(search !== '' && { search })
  }
}

export function eventFilterQuery(filter: EventFilter): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of ['change', 'subject', 'kind', 'agent', 'search'] as const) {
    setUnlessEmpty(query, name, filter[name])
  }
  return query
}

function parsePage(query: URLSearchParams): number {
  const page = Number(query.get('page') ?? '1')
  return Number.isSafeInteger(page) && page >= 1 ? page : 1
}

function setPage(query: URLSearchParams, page = 1): void {
  if (page > 1) query.set('page', String(page))
}

function setUnlessEmpty(query: URLSearchParams, name: string, value: string | undefined): void {
  if (value !== undefined && value !== '') query.set(name, value)
}

/** The one of the known words that this is, if any. */
export function oneOf<T extends string>(known: readonly T[], value: string | null): T | undefined {
  return known.find((word) => word === value)
}
