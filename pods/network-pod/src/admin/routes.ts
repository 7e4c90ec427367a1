import {
  NetworkError,
  type AgentUuid,
  type ContainerKind,
  type ContainerUuid,
  type Logger,
  type NetworkImpl
} from '@hcengineering/network-core'
import type { NetworkServer } from '@hcengineering/network-server'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { version } from '../version.ts'
import type { AccessRules } from './access.ts'
import type { EventHub } from './event-hub.ts'
import type { MetricsSource } from './metrics.ts'
import { agentViewOf, clientViewOf, containerDetailsOf, containerViewOf, pageOf } from './present.ts'
import type { Sampler } from './sampler.ts'
import * as schemas from './schemas.ts'
import type { ActionResult } from './views.ts'

/** What the API is made of. */
export interface ApiParts {
  readonly network: NetworkImpl
  readonly server: NetworkServer
  readonly sampler: Sampler
  readonly hub: EventHub
  readonly access: AccessRules
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly metrics: MetricsSource | undefined
}

const done: ActionResult = { done: true }

/** For whoever keeps the pod running: is it alive, is it ready, how is it. */
export function addProbes(app: FastifyInstance, { network, metrics }: ApiParts): void {
  const open = { config: { access: 'open' as const } }
  app.get('/livez', { ...open, schema: { summary: 'Whether the process lives' } }, () => ({
    status: 'alive'
  }))
  app.get(
    '/readyz',
    { ...open, schema: { summary: 'Whether the coordinator places containers, or still recovers' } },
    (_request, reply) => {
      const { recovering, awaitedAgents } = network.inspection.summary()
      if (!recovering) return { status: 'ready' }
      return reply.code(503).send({ status: 'recovering', awaitedAgents })
    }
  )
  app.get(
    '/metrics',
    { schema: { summary: 'Metrics in the text format of Prometheus' } },
    async (_, reply) => {
      if (metrics === undefined) throw new NetworkError('NOT_FOUND', 'this pod has no metrics')
      return reply.type(metrics.contentType).send(await metrics.read())
    }
  )
}

/** What there is, for the dashboard and for programs. */
export function addQueries(app: FastifyInstance, parts: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const { network, server, sampler, access } = parts
  const { inspection } = network

  api.get(
    '/api/session',
    { schema: { summary: 'Who asks, and what they may do', ...answers(schemas.sessionView) } },
    ({ headers }) => ({
      mayAct: access.mayAct({ host: headers.host, authorization: headers.authorization }),
      tokenConfigured: access.tokenConfigured
    })
  )
  api.get(
    '/api/overview',
    { schema: { summary: 'The coordinator as a whole', ...answers(schemas.overview) } },
    () => {
      const { awaitedAgents: _, ...summary } = inspection.summary()
      const { latest } = sampler
      return {
        version,
        startedAt: parts.startedAt,
        now: Date.now(),
        ...summary,
        kinds: sampler.kinds(),
        totals: sampler.totals(),
        ...(latest !== undefined && { latest })
      }
    }
  )
  api.get(
    '/api/history',
    { schema: { summary: 'The last ten minutes, second by second', ...answers(schemas.history) } },
    () => sampler.history
  )
  api.get('/api/kinds', { schema: { summary: 'Kinds, and who has them', ...answers(schemas.kinds) } }, () =>
    sampler.kinds()
  )
  api.get(
    '/api/agents',
    { schema: { summary: 'Agents', querystring: schemas.searchQuery, ...answers(schemas.agentPage) } },
    async ({ query }) => pageOf(await inspection.agents(query.search, query), agentViewOf)
  )
  api.get(
    '/api/agents/:agentId',
    {
      schema: {
        summary: 'The newest incarnation of an agent',
        params: schemas.agentParams,
        ...answers(schemas.agentView)
      }
    },
    ({ params }) => {
      const agent = inspection.agent(params.agentId as AgentUuid)
      if (agent === undefined)
        throw new NetworkError('AGENT_NOT_FOUND', `there is no agent ${params.agentId}`)
      return agentViewOf(agent)
    }
  )
  api.get(
    '/api/containers',
    {
      schema: {
        summary: 'Containers, in the order in which they came',
        querystring: schemas.containerQuery,
        ...answers(schemas.containerPage)
      }
    },
    async ({ query }) => {
      const filter = {
        kind: query.kind as ContainerKind | undefined,
        labels: query.label,
        agentId: query.agent as AgentUuid | undefined,
        state: query.state,
        search: query.search
      }
      return pageOf(await inspection.containers(filter, query), containerViewOf)
    }
  )
  api.get(
    '/api/containers/:uuid',
    {
      schema: {
        summary: 'One container, and what its agent says of it',
        params: schemas.containerParams,
        ...answers(schemas.containerDetails)
      }
    },
    async ({ params }) => {
      const uuid = params.uuid as ContainerUuid
      const activity = await inspection.activity(uuid)
      const container = inspection.container(uuid)
      if (container === undefined)
        throw new NetworkError('CONTAINER_NOT_FOUND', `there is no container ${uuid}`)
      return containerDetailsOf(container, activity)
    }
  )
  api.get(
    '/api/clients',
    { schema: { summary: 'Clients', querystring: schemas.searchQuery, ...answers(schemas.clientPage) } },
    async ({ query }) =>
      pageOf(await inspection.clients(query.search, query), (client) =>
        clientViewOf(client, server.clientSession(client.clientId))
      )
  )
}

/** What happens, as it happens. */
export function addEvents(app: FastifyInstance, { hub }: ApiParts): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Server-sent events: network (NetworkEventView[]), sample (Sample), missed ({ count })',
        querystring: schemas.eventQuery
      }
    },
    ({ query }, reply) => reply.type('text/event-stream').send(hub.subscribe(query))
  )
}

/** What changes something: for who has the admin token. */
export function addActions(app: FastifyInstance, { network, logger }: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const acting = { config: { access: 'act' as const } }
  const security = [{ adminToken: [] }]
  api.post(
    '/api/agents/:agentId/drain',
    {
      ...acting,
      schema: {
        summary: 'Lets an agent take nothing new, and what it has go elsewhere',
        security,
        params: schemas.agentParams,
        ...answers(schemas.actionResult)
      }
    },
    ({ params, ip }) => {
      network.drainAgent(params.agentId as AgentUuid)
      logger.info({ action: 'drain', agentId: params.agentId, remote: ip }, 'told to by an administrator')
      return done
    }
  )
  api.post(
    '/api/containers/:uuid/terminate',
    {
      ...acting,
      schema: {
        summary: 'Ends a container on purpose; its next use starts it again',
        security,
        params: schemas.containerParams,
        ...answers(schemas.actionResult)
      }
    },
    ({ params, ip }) => {
      network.terminateContainer(params.uuid as ContainerUuid)
      logger.info({ action: 'terminate', uuid: params.uuid, remote: ip }, 'told to by an administrator')
      return done
    }
  )
}

function answers<T extends z.ZodType>(schema: T) {
  return { response: { 200: schema, default: schemas.errorView } }
}
