import { silentLogger, type Logger } from '@hcengineering/network-core'
import type { TestNetwork } from '@hcengineering/network-testing'
import { startAdminServer, type AdminServer, type AdminServerParts } from '../../src/admin/server.ts'

export const token = 'a-token-of-24-characters'
export const bearer = { authorization: `Bearer ${token}` }

/** An admin server for the coordinator of a test network, on a free port. */
export async function startAdmin(
  net: TestNetwork,
  parts: Partial<Pick<AdminServerParts, 'metrics' | 'dashboard'>> & {
    readonly host?: string
    readonly token?: string | undefined
    readonly logger?: Logger
  } = {}
): Promise<AdminServer & AsyncDisposable> {
  const { host = '127.0.0.1', logger = silentLogger, metrics, dashboard } = parts
  const admin = await startAdminServer({
    network: net.network,
    server: net.server,
    clock: net.clock,
    logger,
    configuration: { host, port: 0, token: 'token' in parts ? parts.token : token },
    metrics,
    dashboard
  })
  return Object.assign(admin, { [Symbol.asyncDispose]: () => admin.close() })
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
}

/** What the API answers to a GET from this machine; virtual time goes on meanwhile. */
export function ask(
  net: TestNetwork,
  admin: AdminServer,
  url: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<Answer> {
  return net.until(read(admin, url, headers))
}

/** As {@link ask}, for what is read from the disk: that takes real time, and virtual time would run away from it. */
export async function read(
  admin: AdminServer,
  url: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<Answer> {
  const answer = await admin.app.inject({ url, headers: { host: 'localhost', ...headers } })
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  return {
    status: answer.statusCode,
    body: isJson ? answer.json<unknown>() : answer.body,
    headers: answer.headers
  }
}

/** What the API answers to a POST without a body. */
export async function act(
  net: TestNetwork,
  admin: AdminServer,
  url: string,
  headers: Readonly<Record<string, string>> = bearer
): Promise<{ status: number; body: unknown }> {
  const request = { method: 'POST' as const, url, headers: { host: 'localhost', ...headers } }
  const answer = await net.until(admin.app.inject(request))
  return { status: answer.statusCode, body: answer.json<unknown>() }
}
