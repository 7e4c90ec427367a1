import type { AddressInfo } from 'node:net'
import fastifySwagger from '@fastify/swagger'
import { NetworkError, type Clock, type Logger, type NetworkImpl } from '@hcengineering/network-core'
import type { NetworkServer } from '@hcengineering/network-server'
import { fastify, type FastifyInstance } from 'fastify'
import helmet from 'helmet'
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod'
import { version } from '../version.ts'
import { AccessRules, isLoopback, type Access } from './access.ts'
import { findDashboard, serveDashboard } from './dashboard.ts'
import { EventHub } from './event-hub.ts'
import { failureOf } from './failures.ts'
import type { MetricsSource } from './metrics.ts'
import { addActions, addEvents, addProbes, addQueries, type ApiParts } from './routes.ts'
import { Sampler } from './sampler.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** @default read */
    access?: Access
  }
}

/** What every answer says to browsers: nothing but what comes from here, and in no other page's frame. */
const browserRules = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"]
    }
  },
  frameguard: { action: 'deny' },
  // It is plain HTTP; whoever puts TLS before it says so there.
  strictTransportSecurity: false
})

const bodyBytesMax = 16 * 1024
const connectionsMax = 256
/** A name of 512 characters, each of which may take nine in an address. */
const parameterLengthMax = 5000

/** Where the admin server listens, and who may act. */
export interface AdminConfiguration {
  /** `*` for all addresses. One that is not of the loopback needs a token. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Without one nobody may act. */
  readonly token: string | undefined
}

/** What an admin server is made of. */
export interface AdminServerParts {
  readonly network: NetworkImpl
  readonly server: NetworkServer
  readonly clock: Clock
  readonly logger: Logger
  readonly configuration: AdminConfiguration
  /** @default `/metrics` is not found */
  readonly metrics?: MetricsSource | undefined
  /** The folder with the dashboard's files. @default that of the installed dashboard, if it is built */
  readonly dashboard?: string | undefined
}

/** The HTTP server for whoever runs the network: probes, API, metrics, dashboard. */
export interface AdminServer {
  /** The port it listens on. */
  readonly port: number
  /** For tests: answers requests without a socket. */
  readonly app: FastifyInstance
  close(): Promise<void>
}

/**
 * Starts the admin server.
 *
 * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`
 */
export async function startAdminServer(parts: AdminServerParts): Promise<AdminServer> {
  const { network, server, clock, logger, configuration, metrics } = parts
  const { host, port, token } = configuration
  if (!isLoopback(host) && token === undefined) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `an admin server that is reached at ${host} needs an admin token: set ADMIN_TOKEN or ADMIN_TOKEN_FILE`
    )
  }
  const access = new AccessRules(host, token)
  const hub = new EventHub({ gateway: network.gateway, clock, logger })
  const sampler = new Sampler({ network, server, clock, onSample: (sample) => hub.publish(sample) })
  const startedAt = Date.now()
  const app = createApp(access, logger)
  const stop = async (): Promise<void> => {
    sampler.close()
    hub.close()
    await app.close()
  }
  try {
    await describe(app)
    const api: ApiParts = { network, server, sampler, hub, access, logger, startedAt, metrics }
    addProbes(app, api)
    addQueries(app, api)
    addEvents(app, api)
    addActions(app, api)
    await serveDashboard(app, parts.dashboard ?? findDashboard())
    await app.listen({ host: host === '*' ? '::' : host.replace(/^\[(.*)\]$/, '$1'), port })
  } catch (error) {
    await stop()
    throw listenError(error, configuration)
  }
  return { port: (app.server.address() as AddressInfo).port, app, close: stop }
}

function createApp(access: AccessRules, logger: Logger): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: 10_000,
    // Streams of events end with the server, whether or not their pages agree.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: parameterLengthMax }
  })
  app.server.maxConnections = connectionsMax
  app.setValidatorCompiler(validatorCompiler)
  // The compiler has held what is answered against its schema already.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler((error, request, reply) => {
    const { status, view } = failureOf(error)
    const { code, message } = view.error
    const fields = { method: request.method, path: request.url.split('?')[0], remote: request.ip, code }
    if (status === 500) logger.error({ ...fields, error }, 'an admin request failed')
    else if (status === 401 || status === 403)
      logger.warn({ ...fields, reason: message }, 'an admin request was refused')
    if (status === 401) {
      const scheme =
        accessTo(request.routeOptions.config) === 'act' ? 'Bearer' : 'Basic realm="admin token as password"'
      reply.header('www-authenticate', scheme)
    }
    return reply.code(status).send(view)
  })
  app.addHook('onRequest', (request, reply, done) => {
    browserRules(request.raw, reply.raw, (error) => done(error as Error | undefined))
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
    const { host, authorization } = request.headers
    access.check(accessTo(request.routeOptions.config), { host, authorization })
  })
  return app
}

function accessTo(config: { access?: Access }): Access {
  return config.access ?? 'read'
}

/** Adds the description of the API. */
async function describe(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Virtual network: admin API',
        description: 'What a coordinator tells of its network, and what it lets its administrators do.',
        version
      },
      components: { securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } } }
    },
    transform: jsonSchemaTransform
  })
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger())
}

function listenError(error: unknown, { host, port }: AdminConfiguration): unknown {
  const { code } = error as { code?: unknown }
  if (code === 'EADDRINUSE') {
    return new NetworkError('ADDRESS_IN_USE', `Admin port ${port} of ${host} is taken; set ADMIN_PORT`, {
      cause: error
    })
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new NetworkError('ADDRESS_INVALID', `ADMIN_HOST is wrong: ${host} is no address of this machine`, {
      cause: error
    })
  }
  return error
}
