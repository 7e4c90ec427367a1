import type { AgentUuid, ContainerKind } from '@hcengineering/network-core'
import type { Command } from 'commander'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { byText } from '../output/order.ts'
import { table } from '../output/table.ts'

interface ContainersOptions extends GlobalOptions {
  readonly kind?: ContainerKind
  readonly label?: readonly string[]
  readonly agent?: AgentUuid
}

export function addContainers(program: Command, context: ToolContext): void {
  program
    .command('containers')
    .description('list the containers that serve now')
    .option('--kind <kind>', 'only those of one kind')
    .option('--label <labels...>', 'only those that bear all of these labels')
    .option('--agent <agent>', 'only those of one agent')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ContainersOptions>()
      const { kind, label = [], agent } = options
      const all = await context.withClient(options.network, (client) => client.list(kind))
      const containers = all.filter(
        ({ labels, agentId }) =>
          label.every((wanted) => labels.includes(wanted)) && (agent === undefined || agentId === agent)
      )
      containers.sort(byText(({ kind, uuid }) => `${kind} ${uuid}`))
      context.show(options, containers, () =>
        containers.length === 0
          ? `no containers${describeFilter(options)}`
          : table(
              ['CONTAINER', 'KIND', 'AGENT', 'ENDPOINT', 'LABELS'],
              containers.map((container) => [
                container.uuid,
                container.kind,
                container.agentId,
                container.endpoint,
                container.labels.join(', ')
              ]),
              context.paint
            )
      )
    })
}

function describeFilter({ kind, label = [], agent }: ContainersOptions): string {
  return [
    kind === undefined ? '' : ` of kind ${kind}`,
    label.length === 0 ? '' : ` with ${label.join(', ')}`,
    agent === undefined ? '' : ` on agent ${agent}`
  ].join('')
}
