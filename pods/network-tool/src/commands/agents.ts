import type { Command } from 'commander'
import type { GlobalOptions, ToolContext } from '../context.ts'
import { byText } from '../output/order.ts'
import { table } from '../output/table.ts'

export function addAgents(program: Command, context: ToolContext): void {
  program
    .command('agents')
    .description('list the agents that are alive')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const agents = await context.withClient(options.network, (client) => client.agents())
      agents.sort(byText((agent) => agent.agentId))
      context.show(options, agents, () =>
        agents.length === 0
          ? 'no agents'
          : table(
              ['AGENT', 'ENDPOINT', 'KINDS'],
              agents.map(({ agentId, endpoint, kinds }) => [agentId, endpoint ?? '', kinds.join(', ')])
            )
      )
    })
}
