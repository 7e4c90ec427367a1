import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { toolVersion } from '../version.ts'
import { checkAdmin, type AdminCheckParts } from './admin-checks.ts'
import { checkAgents } from './agent-checks.ts'
import type { Finding } from './finding.ts'
import { checkLatency, checkPort, checkSession } from './network-checks.ts'

/** Looks at one thing after the other, and tells each as it is found. A fault does not end it: others may be seen. */
export async function* examine(context: ToolContext, options: GlobalOptions): AsyncGenerator<Finding> {
  const admin = await context.admin(options)
  const port = await checkPort(options.network)
  yield port
  const parts: AdminCheckParts = {
    context,
    admin,
    tokenGiven: options.adminTokenFile !== undefined || Boolean(context.io.environment['ADMIN_TOKEN']),
    version: toolVersion()
  }
  if (port.severity === 'problem') {
    yield* checkAdmin(parts)
    return
  }
  await using client = context.openClient(options.network)
  const agents = yield* checkSession(context, client, options.network)
  if (agents === undefined) {
    yield* checkAdmin(parts)
    return
  }
  yield await checkLatency(context, client)
  yield* checkAgents(options.network, agents)
  yield* checkAdmin({ ...parts, member: { uuid: client.uuid, network: options.network } })
}
