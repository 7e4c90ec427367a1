/**
 * What the admin API answers, as data. The dashboard and the command line are written against these types; the
 * schemas of the API are checked against them. Times are milliseconds since 1970 unless a name says otherwise.
 */

/** A page of a longer list. */
export interface Page<T> {
  readonly items: readonly T[]
  /** How many there are that match, on all pages. */
  readonly total: number
  readonly offset: number
  readonly limit: number
}

/** Where a container is in its life, as the coordinator knows it. */
export type ContainerState = 'unplaced' | 'starting' | 'serving' | 'ending'

/** An activation's fencing token. */
export interface TokenView {
  readonly epoch: number
  readonly sequence: number
}

/** A container in a list. */
export interface ContainerView {
  readonly uuid: string
  readonly kind: string
  readonly labels: readonly string[]
  readonly state: ContainerState
  /** Where it starts, serves or ends. */
  readonly agentId?: string
  readonly endpoint?: string
  readonly token?: TokenView
  /** Since when it serves. */
  readonly since?: number
  /** Handles that keep it. */
  readonly references: number
  /** Belongs to its agent: not ended for want of references. */
  readonly stateless: boolean
}

/** What the agent of a container says of it. */
export interface ContainerActivity {
  readonly requests: number
  readonly failures: number
  readonly inFlight: number
  readonly streams: number
  /** Clients that are connected to it. */
  readonly connections: number
  readonly lastPing?: { readonly at: number; readonly ok: boolean; readonly failuresInARow: number }
}

/** A container with all that is known of it. */
export interface ContainerDetails extends ContainerView {
  readonly holders: readonly { readonly clientId: string; readonly handles: number }[]
  /** Gets that wait for it. */
  readonly waiting: number
  /** Agents that stand by with an instance of it. */
  readonly standbys: readonly string[]
  /** Failed or short-lived activations in a row. */
  readonly setbacks: number
  /** Asked of its agent; absent when that does not answer in time. */
  readonly activity?: ContainerActivity
}

/** One incarnation of an agent. */
export interface AgentView {
  readonly agentId: string
  readonly incarnation: string
  readonly kinds: readonly string[]
  readonly endpoint?: string
  readonly state: 'active' | 'draining'
  readonly containers: number
  readonly standbys: number
  readonly starts: number
  /** Since it was last heard, and until it is given up. */
  readonly silentMs: number
  readonly leaseMarginMs: number
}

/** A client. */
export interface ClientView {
  readonly clientId: string
  readonly connected: boolean
  readonly references: number
  readonly waitingGets: number
  /** The agents that it has registered. */
  readonly agents: readonly string[]
  readonly subscribed: boolean
  readonly silentMs: number
  readonly aliveTimeoutMs: number
}

/** A kind, and who has it. */
export interface KindView {
  readonly kind: string
  readonly containers: number
  readonly agents: number
  /** Requests to its containers that were routed since the start; direct ones are known to their agents only. */
  readonly requests: number
  readonly requestsFailed: number
  /** Latencies of those of the last minute or half of it, in milliseconds; absent when there were none. */
  readonly requestP50Ms?: number
  readonly requestP99Ms?: number
}

/** What has happened since the start, counted. */
export interface Totals {
  readonly gets: number
  readonly getsFailed: number
  readonly requestsRouted: number
  readonly requestsFailed: number
  /** Events of the network that were published: containers and agents that came, changed or went. */
  readonly events: number
  /** Broadcasts of containers that passed through the coordinator. */
  readonly broadcasts: number
  readonly starts: number
  readonly startsFailed: number
  readonly agentsLost: number
  readonly refusedMessages: number
}

/** The state of the network at one moment: one a second is kept for ten minutes. */
export interface Sample {
  readonly at: number
  readonly agents: number
  readonly clients: number
  readonly sessions: number
  readonly containers: number
  readonly getsPerSecond: number
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  readonly failuresPerSecond: number
  /** Latencies in milliseconds of what was settled in this second; absent when nothing was. */
  readonly getP50Ms?: number
  readonly getP99Ms?: number
  readonly requestP50Ms?: number
  readonly requestP99Ms?: number
  readonly eventLoopLagMs: number
  readonly heapUsedBytes: number
  readonly rssBytes: number
}

/** The coordinator as a whole. */
export interface Overview {
  readonly version: string
  readonly startedAt: number
  readonly now: number
  readonly epoch: number
  readonly incarnation: string
  /** Still waits for what an earlier coordinator may have left: places nothing new. */
  readonly recovering: boolean
  readonly aliveTimeoutMs: number
  readonly pingIntervalMs: number
  readonly containersByState: Readonly<Record<ContainerState, number>>
  readonly kinds: readonly KindView[]
  readonly totals: Totals
  readonly latest?: Sample
}

/** What a server-sent event of type `network` carries: what came, changed or went, in order. */
export interface NetworkEventView {
  readonly at: number
  readonly change: 'added' | 'updated' | 'removed'
  readonly subject: 'agent' | 'container'
  /** The agent's id, or the container's uuid. */
  readonly id: string
  readonly kind?: string
  readonly labels?: readonly string[]
  readonly agentId?: string
}

/** Who asks, and what they may do. */
export interface SessionView {
  readonly mayAct: boolean
  /** Whether there is an admin token at all: without one nobody may act. */
  readonly tokenConfigured: boolean
}

/** The outcome of an action. */
export interface ActionResult {
  readonly done: true
}

/** The body of every answer that is an error. */
export interface ErrorView {
  readonly error: { readonly code: string; readonly message: string }
}
