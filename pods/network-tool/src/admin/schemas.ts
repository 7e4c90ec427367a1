/** What the admin API answers, checked as it comes in: the other side may be of another version, or no pod at all. */
import type {
  AgentView,
  ClientView,
  ContainerDetails,
  KindView,
  NetworkEventView,
  Overview,
  Page,
  Sample,
  SessionView
} from '@hcengineering/network-pod'
import { z } from 'zod'

const text = z.string()
const number = z.number()
const texts = z.array(text)

export const errorView = z.object({ error: z.object({ code: text, message: text }) })

export const sessionView: z.ZodType<SessionView> = z.object({
  mayAct: z.boolean(),
  tokenConfigured: z.boolean()
})

export const kindView: z.ZodType<KindView> = z.looseObject({
  kind: text,
  containers: number,
  agents: number,
  requests: number,
  requestsFailed: number,
  requestP50Ms: number.exactOptional(),
  requestP99Ms: number.exactOptional()
})

export const sample: z.ZodType<Sample> = z.looseObject({
  at: number,
  agents: number,
  clients: number,
  sessions: number,
  containers: number,
  getsPerSecond: number,
  requestsPerSecond: number,
  eventsPerSecond: number,
  failuresPerSecond: number,
  getP50Ms: number.exactOptional(),
  getP99Ms: number.exactOptional(),
  requestP50Ms: number.exactOptional(),
  requestP99Ms: number.exactOptional(),
  eventLoopLagMs: number,
  heapUsedBytes: number,
  rssBytes: number
})

export const overview: z.ZodType<Overview> = z.looseObject({
  version: text,
  startedAt: number,
  now: number,
  epoch: number,
  incarnation: text,
  recovering: z.boolean(),
  aliveTimeoutMs: number,
  pingIntervalMs: number,
  containersByState: z.object({ unplaced: number, starting: number, serving: number, ending: number }),
  kinds: z.array(kindView),
  totals: z.looseObject({
    gets: number,
    getsFailed: number,
    requestsRouted: number,
    requestsFailed: number,
    events: number,
    broadcasts: number,
    starts: number,
    startsFailed: number,
    agentsLost: number,
    refusedMessages: number
  }),
  latest: sample.exactOptional()
})

export const agentView: z.ZodType<AgentView> = z.looseObject({
  agentId: text,
  incarnation: text,
  kinds: texts,
  endpoint: text.exactOptional(),
  state: z.enum(['active', 'draining']),
  containers: number,
  standbys: number,
  starts: number,
  silentMs: number,
  leaseMarginMs: number
})

export const clientView: z.ZodType<ClientView> = z.looseObject({
  clientId: text,
  connected: z.boolean(),
  references: number,
  waitingGets: number,
  agents: texts,
  subscribed: z.boolean(),
  silentMs: number,
  aliveTimeoutMs: number
})

export const containerDetails: z.ZodType<ContainerDetails> = z.looseObject({
  uuid: text,
  kind: text,
  labels: texts,
  state: z.enum(['unplaced', 'starting', 'serving', 'ending']),
  agentId: text.exactOptional(),
  endpoint: text.exactOptional(),
  token: z.object({ epoch: number, sequence: number }).exactOptional(),
  since: number.exactOptional(),
  references: number,
  stateless: z.boolean(),
  holders: z.array(z.object({ clientId: text, handles: number })),
  waiting: number,
  standbys: texts,
  setbacks: number,
  activity: z
    .object({
      requests: number,
      failures: number,
      inFlight: number,
      streams: number,
      connections: number,
      lastPing: z.object({ at: number, ok: z.boolean(), failuresInARow: number }).exactOptional()
    })
    .exactOptional()
})

export const networkEvents: z.ZodType<NetworkEventView[]> = z.array(
  z.looseObject({
    at: number,
    change: z.enum(['added', 'updated', 'removed']),
    subject: z.enum(['agent', 'container']),
    id: text,
    kind: text.exactOptional(),
    labels: texts.exactOptional(),
    agentId: text.exactOptional()
  })
)

export const actionResult = z.looseObject({ done: z.literal(true) })

/** A page of items of one kind. */
export function pageOf<T>(item: z.ZodType<T>): z.ZodType<Page<T>> {
  return z.object({ items: z.array(item), total: number, offset: number, limit: number })
}
