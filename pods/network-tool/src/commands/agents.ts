import type { Command } from 'commander'
import { agentView } from '../admin/schemas.ts'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { count, duration } from '../output/numbers.ts'
import { byText } from '../output/order.ts'
import { right, table } from '../output/table.ts'

interface AgentsOptions extends GlobalOptions {
  readonly details?: true
}

export function addAgents(program: Command, context: ToolContext): void {
  program
    .command('agents')
    .description('list the agents that are alive')
    .option('--details', 'with their containers and leases; asks the admin API')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AgentsOptions>()
      await (options.details === true ? showDetails(context, options) : showAgents(context, options))
    })
}

async function showAgents(context: ToolContext, options: AgentsOptions): Promise<void> {
  const agents = await context.withClient(options.network, (client) => client.agents())
  agents.sort(byText((agent) => agent.agentId))
  context.show(options, agents, () =>
    agents.length === 0
      ? 'no agents'
      : table(
          ['AGENT', 'ENDPOINT', 'KINDS'],
          agents.map(({ agentId, endpoint, kinds }) => [agentId, endpoint ?? '', kinds.join(', ')]),
          context.paint
        )
  )
}

async function showDetails(context: ToolContext, options: AgentsOptions): Promise<void> {
  const admin = await context.admin(options)
  const agents = await admin.list('/api/agents', agentView)
  agents.sort(byText((agent) => agent.agentId))
  context.show(options, agents, () =>
    agents.length === 0
      ? 'no agents'
      : table(
          ['AGENT', 'STATE', 'CONTAINERS', 'STANDBYS', 'STARTS', 'SILENT', 'LEASE', 'ENDPOINT', 'KINDS'],
          agents.map((agent) => [
            agent.agentId,
            { text: agent.state, tone: agent.state === 'active' ? 'good' : 'warning' },
            right(count(agent.containers)),
            right(count(agent.standbys)),
            right(count(agent.starts)),
            right(duration(agent.silentMs)),
            right(duration(agent.leaseMarginMs)),
            agent.endpoint ?? '',
            agent.kinds.join(', ')
          ]),
          context.paint
        )
  )
}
