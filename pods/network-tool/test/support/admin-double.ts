import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type {
  AgentView,
  ClientView,
  ContainerDetails,
  KindView,
  NetworkEventView,
  Overview,
  Sample,
  SessionView
} from '@hcengineering/network-pod'

const at = Date.UTC(2026, 0, 2, 3, 4, 5)

export function sampleView(more: Partial<Sample> = {}): Sample {
  return {
    at,
    agents: 2,
    clients: 3,
    sessions: 3,
    containers: 4,
    getsPerSecond: 2,
    requestsPerSecond: 1500,
    eventsPerSecond: 0,
    failuresPerSecond: 0,
    getP50Ms: 1.5,
    getP99Ms: 4,
    requestP50Ms: 0.4,
    requestP99Ms: 2.25,
    eventLoopLagMs: 3,
    heapUsedBytes: 20_000_000,
    rssBytes: 64 * 1024 * 1024,
    ...more
  }
}

export function agentViewOf(agentId: string, more: Partial<AgentView> = {}): AgentView {
  return {
    agentId,
    incarnation: 'incarnation-1',
    kinds: ['room'],
    endpoint: 'localhost:3801',
    state: 'active',
    containers: 2,
    standbys: 0,
    starts: 0,
    silentMs: 250,
    leaseMarginMs: 2750,
    ...more
  }
}

export function clientViewOf(clientId: string, more: Partial<ClientView> = {}): ClientView {
  return {
    clientId,
    connected: true,
    references: 1,
    waitingGets: 0,
    agents: [],
    subscribed: false,
    silentMs: 400,
    aliveTimeoutMs: 3000,
    ...more
  }
}

export function overviewOf(more: Partial<Overview> = {}): Overview {
  return {
    version: '0.1.0',
    startedAt: at - 7_200_000,
    now: at,
    epoch: 7,
    incarnation: 'coordinator-1',
    recovering: false,
    aliveTimeoutMs: 3000,
    pingIntervalMs: 1000,
    containersByState: { unplaced: 0, starting: 1, serving: 3, ending: 0 },
    kinds: [{ kind: 'room', containers: 4, agents: 2, requests: 12, requestsFailed: 1 }],
    totals: {
      gets: 10,
      getsFailed: 0,
      requestsRouted: 100,
      requestsFailed: 0,
      events: 5,
      broadcasts: 0,
      starts: 4,
      startsFailed: 0,
      agentsLost: 0,
      refusedMessages: 0
    },
    ...more
  }
}

/** An admin API that answers what a test has put into it, over real HTTP. */
export class AdminDouble implements AsyncDisposable {
  overview: () => Overview = () => overviewOf()
  session: SessionView = { mayAct: false, tokenConfigured: true }
  history: Sample[] = []
  kinds: KindView[] = [{ kind: 'room', containers: 4, agents: 2, requests: 12, requestsFailed: 1 }]
  agents: AgentView[] = []
  clients: ClientView[] | ((search: string) => ClientView[]) = []
  containers: ContainerDetails[] = []
  /** Answered instead of anything else. */
  failure: { status: number; code: string; message: string } | undefined
  /** Called after an action was taken. */
  acted: (path: string) => void = () => {}
  readonly actions: { readonly path: string; readonly authorization: string | undefined }[] = []
  readonly queries: string[] = []
  readonly port: number
  readonly #server: Server
  readonly #streams = new Set<ServerResponse>()

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response)
    )
  }

  static async start(port = 0): Promise<AdminDouble> {
    const server = createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new AdminDouble(server)
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** How many listen to events. */
  get listeners(): number {
    return this.#streams.size
  }

  /** Sends to all who listen to events. */
  send(event: 'network' | 'sample', data: NetworkEventView[] | Sample): void {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** Ends all streams of events. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.address)
    const parts = url.pathname.split('/').map(decodeURIComponent)
    const path = parts.join('/')
    this.queries.push(url.pathname + url.search)
    const { failure } = this
    if (failure !== undefined) {
      send(response, failure.status, { error: { code: failure.code, message: failure.message } })
    } else if (request.method === 'POST') {
      this.actions.push({ path, authorization: request.headers.authorization })
      this.acted(path)
      send(response, 200, { done: true })
    } else if (path === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': welcome\n\n')
      this.#streams.add(response)
      response.on('close', () => this.#streams.delete(response))
    } else {
      const body = this.#read(parts, url)
      if (body === undefined) send(response, 404, { error: { code: 'NOT_FOUND', message: 'there is none' } })
      else send(response, 200, body)
    }
  }

  #read(parts: readonly string[], url: URL): unknown {
    const search = url.searchParams.get('search') ?? ''
    const [, , list, id] = parts
    if (id !== undefined) {
      if (list === 'agents') return this.agents.find(({ agentId }) => agentId === id)
      return this.containers.find(({ uuid }) => uuid === id)
    }
    switch (url.pathname) {
      case '/api/overview':
        return this.overview()
      case '/api/session':
        return this.session
      case '/api/history':
        return this.history
      case '/api/kinds':
        return this.kinds
      case '/api/agents':
        return page(this.agents, url)
      case '/api/clients':
        return page(
          typeof this.clients === 'function'
            ? this.clients(search)
            : this.clients.filter(({ clientId }) => clientId.includes(search)),
          url
        )
      default:
        return undefined
    }
  }
}

function page<T>(all: readonly T[], url: URL): unknown {
  const offset = Number(url.searchParams.get('offset') ?? 0)
  const limit = Number(url.searchParams.get('limit') ?? 50)
  return { items: all.slice(offset, offset + limit), total: all.length, offset, limit }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
