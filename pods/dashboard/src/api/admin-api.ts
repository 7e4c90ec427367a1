import type {
  ActionResult,
  AgentView,
  ClientView,
  ContainerDetails,
  ContainerView,
  KindView,
  Overview,
  Page,
  Sample,
  SessionView
} from '@hcengineering/network-pod/admin-views'
import { errorOf, toApiError } from './api-error.ts'

/** Part of a longer list. */
export interface PageQuery {
  readonly search?: string
  readonly offset: number
  readonly limit: number
}

/** Which containers to list. */
export interface ContainerQuery extends PageQuery {
  readonly kind?: string
  readonly labels?: readonly string[]
  readonly agent?: string
  readonly state?: string
}

const timeoutMs = 10_000

/**
 * The admin API of the pod. All methods throw {@link ApiError}.
 *
 * Answers are believed to be what the types say: they come from the server that has served this page.
 */
export class AdminApi {
  readonly #token: () => string | undefined

  /** @param token is asked before each request, for it may be entered or withdrawn at any time */
  constructor(token: () => string | undefined) {
    this.#token = token
  }

  /** What the holder of a token may do; of the one that is kept, if none is given. */
  session(signal?: AbortSignal, token = this.#token()): Promise<SessionView> {
    return this.#call('GET', '/api/session', signal, token)
  }

  overview(signal: AbortSignal): Promise<Overview> {
    return this.#call('GET', '/api/overview', signal)
  }

  history(signal: AbortSignal): Promise<readonly Sample[]> {
    return this.#call('GET', '/api/history', signal)
  }

  kinds(signal: AbortSignal): Promise<readonly KindView[]> {
    return this.#call('GET', '/api/kinds', signal)
  }

  agents(query: PageQuery, signal: AbortSignal): Promise<Page<AgentView>> {
    return this.#call('GET', `/api/agents?${pageParameters(query)}`, signal)
  }

  agent(agentId: string, signal: AbortSignal): Promise<AgentView> {
    return this.#call('GET', `/api/agents/${encodeURIComponent(agentId)}`, signal)
  }

  containers(query: ContainerQuery, signal: AbortSignal): Promise<Page<ContainerView>> {
    const parameters = pageParameters(query)
    if (query.kind !== undefined) parameters.set('kind', query.kind)
    if (query.agent !== undefined) parameters.set('agent', query.agent)
    if (query.state !== undefined) parameters.set('state', query.state)
    for (const label of query.labels ?? []) parameters.append('label', label)
    return this.#call('GET', `/api/containers?${parameters}`, signal)
  }

  container(uuid: string, signal: AbortSignal): Promise<ContainerDetails> {
    return this.#call('GET', `/api/containers/${encodeURIComponent(uuid)}`, signal)
  }

  clients(query: PageQuery, signal: AbortSignal): Promise<Page<ClientView>> {
    return this.#call('GET', `/api/clients?${pageParameters(query)}`, signal)
  }

  drain(agentId: string): Promise<ActionResult> {
    return this.#call('POST', `/api/agents/${encodeURIComponent(agentId)}/drain`)
  }

  terminate(uuid: string): Promise<ActionResult> {
    return this.#call('POST', `/api/containers/${encodeURIComponent(uuid)}/terminate`)
  }

  /** The stream of events, open: its body is read by the caller. */
  async events(signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const response = await reach('/api/events', { headers: headers(this.#token()), signal })
    if (!response.ok) throw errorOf(response.status, await bodyOf(response))
    if (response.body === null) throw errorOf(response.status, undefined)
    return response.body
  }

  async #call<T>(method: string, path: string, signal?: AbortSignal, token = this.#token()): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs)
    const response = await reach(path, {
      method,
      headers: headers(token),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline])
    })
    const body = await bodyOf(response)
    if (!response.ok || body === undefined) throw errorOf(response.status, body)
    return body as T
  }
}

function headers(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request)
  } catch (error) {
    if (request.signal?.reason !== undefined && isAbort(request.signal.reason)) throw request.signal.reason
    throw toApiError(error)
  }
}

function isAbort(reason: unknown): reason is Error {
  return reason instanceof Error && reason.name === 'AbortError'
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

function pageParameters({ search, offset, limit }: PageQuery): URLSearchParams {
  const parameters = new URLSearchParams({ offset: String(offset), limit: String(limit) })
  if (search !== undefined && search !== '') parameters.set('search', search)
  return parameters
}
