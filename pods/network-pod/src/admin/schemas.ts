/**
 * The answers of the admin API as schemas, for its OpenAPI document and the tests of its answers. The compiler holds
 * them against the types in `views.ts`.
 */

import { z } from 'zod'
import type {
  ActionResult,
  AgentView,
  ClientView,
  ContainerDetails,
  ContainerView,
  ErrorView,
  KindView,
  NetworkEventView,
  Overview,
  Page,
  Sample,
  SessionView
} from './views.ts'

const count = z.int().min(0)
const states = ['unplaced', 'starting', 'serving', 'ending'] as const

const token = z.object({ epoch: count, sequence: count })

const container = {
  uuid: z.string(),
  kind: z.string(),
  labels: z.array(z.string()),
  state: z.enum(states),
  agentId: z.string().exactOptional(),
  endpoint: z.string().exactOptional(),
  token: token.exactOptional(),
  since: z.number().exactOptional(),
  references: count,
  stateless: z.boolean()
}

const activity = z.object({
  requests: count,
  failures: count,
  inFlight: count,
  streams: count,
  connections: count,
  lastPing: z.object({ at: z.number(), ok: z.boolean(), failuresInARow: count }).exactOptional()
})

export const containerView: z.ZodType<ContainerView> = z.object(container)

export const containerDetails: z.ZodType<ContainerDetails> = z.object({
  ...container,
  holders: z.array(z.object({ clientId: z.string(), handles: count })),
  waiting: count,
  standbys: z.array(z.string()),
  setbacks: count,
  activity: activity.exactOptional()
})

export const agentView: z.ZodType<AgentView> = z.object({
  agentId: z.string(),
  incarnation: z.string(),
  kinds: z.array(z.string()),
  endpoint: z.string().exactOptional(),
  state: z.enum(['active', 'draining']),
  containers: count,
  standbys: count,
  starts: count,
  silentMs: z.number(),
  leaseMarginMs: z.number()
})

export const clientView: z.ZodType<ClientView> = z.object({
  clientId: z.string(),
  connected: z.boolean(),
  references: count,
  waitingGets: count,
  agents: z.array(z.string()),
  subscribed: z.boolean(),
  silentMs: z.number(),
  aliveTimeoutMs: z.number()
})

export const kindView: z.ZodType<KindView> = z.object({
  kind: z.string(),
  containers: count,
  agents: count,
  requests: count,
  requestsFailed: count,
  requestP50Ms: z.number().exactOptional(),
  requestP99Ms: z.number().exactOptional()
})

export const sample: z.ZodType<Sample> = z.object({
  at: z.number(),
  agents: count,
  clients: count,
  sessions: count,
  containers: count,
  getsPerSecond: z.number(),
  requestsPerSecond: z.number(),
  eventsPerSecond: z.number(),
  failuresPerSecond: z.number(),
  getP50Ms: z.number().exactOptional(),
  getP99Ms: z.number().exactOptional(),
  requestP50Ms: z.number().exactOptional(),
  requestP99Ms: z.number().exactOptional(),
  eventLoopLagMs: z.number(),
  heapUsedBytes: z.number(),
  rssBytes: z.number()
})

const totals = z.object({
  gets: count,
  getsFailed: count,
  requestsRouted: count,
  requestsFailed: count,
  events: count,
  broadcasts: count,
  starts: count,
  startsFailed: count,
  agentsLost: count,
  refusedMessages: count
})

export const overview: z.ZodType<Overview> = z.object({
  version: z.string(),
  startedAt: z.number(),
  now: z.number(),
  epoch: count,
  incarnation: z.string(),
  recovering: z.boolean(),
  aliveTimeoutMs: z.number(),
  pingIntervalMs: z.number(),
  containersByState: z.object({ unplaced: count, starting: count, serving: count, ending: count }),
  kinds: z.array(kindView),
  totals,
  latest: sample.exactOptional()
})

export const networkEventView: z.ZodType<NetworkEventView> = z.object({
  at: z.number(),
  change: z.enum(['added', 'updated', 'removed']),
  subject: z.enum(['agent', 'container']),
  id: z.string(),
  kind: z.string().exactOptional(),
  labels: z.array(z.string()).exactOptional(),
  agentId: z.string().exactOptional()
})

export const sessionView: z.ZodType<SessionView> = z.object({
  mayAct: z.boolean(),
  tokenConfigured: z.boolean()
})

export const actionResult: z.ZodType<ActionResult> = z.object({ done: z.literal(true) })

export const errorView: z.ZodType<ErrorView> = z.object({
  error: z.object({ code: z.string(), message: z.string() })
})

export const containerPage: z.ZodType<Page<ContainerView>> = pageOf(containerView)
export const agentPage: z.ZodType<Page<AgentView>> = pageOf(agentView)
export const clientPage: z.ZodType<Page<ClientView>> = pageOf(clientView)

function pageOf<T>(item: z.ZodType<T>): z.ZodType<Page<T>> {
  return z.object({ items: z.array(item), total: count, offset: count, limit: count })
}

export const history: z.ZodType<readonly Sample[]> = z.array(sample)
export const kinds: z.ZodType<readonly KindView[]> = z.array(kindView)

// What may be asked

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`)

const name = z.string().min(1).max(512)
const search = name.describe('Part of the uuid').optional()
const part = {
  offset: whole(0, 9_999_999_999).optional(),
  limit: whole(1, 500).optional().describe('500 at most; 50 if it is not given')
}

export const searchQuery = z.object({ search, ...part })

export const containerQuery = z.object({
  kind: name.optional(),
  label: z
    .union([name.transform((label) => [label]), z.array(name).max(64)])
    .optional()
    .describe('May be given several times: all of them are wanted'),
  agent: name.optional(),
  state: z.enum(states, `must be one of ${states.join(', ')}`).optional(),
  search,
  ...part
})

export const eventQuery = z.object({ kind: name.optional(), agent: name.optional(), uuid: name.optional() })

export const agentParams = z.object({ agentId: name })
export const containerParams = z.object({ uuid: name })
