import type { AgentView } from '@hcengineering/network-pod'
import { NetworkError } from '@hcengineering/network-core'
import type { Command } from 'commander'
import type { AdminClient } from '../admin/admin-client.ts'
import { agentView } from '../admin/schemas.ts'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { plural } from '../output/numbers.ts'
import { milliseconds } from './arguments.ts'

interface DrainOptions extends GlobalOptions {
  readonly wait: boolean
  readonly timeout: number
}

const timeoutMsDefault = 60_000
const pollMs = 250

export function addDrain(program: Command, context: ToolContext): void {
  program
    .command('drain')
    .summary('have an agent hand its containers over')
    .description(
      'have an agent hand its containers over: each goes elsewhere once it has answered what it was asked, and ' +
        'the agent takes nothing new. Needs the admin token'
    )
    .argument('<agent>', 'id of the agent')
    .option('--no-wait', 'do not wait until it has none left')
    .option('--timeout <ms>', 'how long to wait, in milliseconds', milliseconds, timeoutMsDefault)
    .action(async (agentId: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DrainOptions>()
      const admin = await context.admin(options)
      await admin.act(`${pathOf(agentId)}/drain`)
      const drained = options.wait && (await untilEmpty(context, admin, agentId, options.timeout))
      context.show(options, { agentId, drained }, () =>
        drained ? `agent ${agentId} has handed everything over` : `agent ${agentId} hands its containers over`
      )
    })
}

const pathOf = (agentId: string): string => `/api/agents/${encodeURIComponent(agentId)}`

async function untilEmpty(
  context: ToolContext,
  admin: AdminClient,
  agentId: string,
  timeoutMs: number
): Promise<true> {
  using progress = context.progress()
  const began = context.clock.now()
  for (;;) {
    const agent = await findAgent(admin, agentId)
    // An incarnation that is active is a new one: the one that was drained has gone.
    if (agent === undefined || agent.state === 'active' || agent.containers + agent.starts === 0) return true
    progress.show(`agent ${agentId}: ${plural(agent.containers + agent.starts, 'container')} left`)
    if (context.clock.now() - began >= timeoutMs) {
      throw new NetworkError(
        'TIMEOUT',
        `agent ${agentId} still has ${plural(agent.containers + agent.starts, 'container')} after ` +
          `${timeoutMs} ms; it goes on handing them over`
      )
    }
    await context.sleep(pollMs)
  }
}

async function findAgent(admin: AdminClient, agentId: string): Promise<AgentView | undefined> {
  try {
    return await admin.get(pathOf(agentId), agentView)
  } catch (error) {
    if (error instanceof NetworkError && error.code.endsWith('NOT_FOUND')) return undefined
    throw error
  }
}
