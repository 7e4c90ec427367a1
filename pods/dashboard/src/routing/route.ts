/** A page of the application. */
export type Route =
  | { readonly page: 'overview' | 'topology' | 'containers' | 'agents' | 'clients' | 'events' | 'unknown' }
  | { readonly page: 'container'; readonly uuid: string }
  | { readonly page: 'agent'; readonly agentId: string }

const listPages = ['topology', 'containers', 'agents', 'clients', 'events'] as const

/** The page that an address means. Names are in the query: they may hold dots, slashes, anything. */
export function parseRoute(url: URL): Route {
  if (url.pathname === '/') return { page: 'overview' }
  const name = url.pathname.slice(1)
  const id = url.searchParams.get('id')
  if (name === 'container' && id !== null) return { page: 'container', uuid: id }
  if (name === 'agent' && id !== null) return { page: 'agent', agentId: id }
  const page = listPages.find((known) => known === name)
  return { page: page ?? 'unknown' }
}

/** The address of a container's page. */
export function containerPath(uuid: string): string {
  return `/container?id=${encodeURIComponent(uuid)}`
}

/** The address of an agent's page. */
export function agentPath(agentId: string): string {
  return `/agent?id=${encodeURIComponent(agentId)}`
}
