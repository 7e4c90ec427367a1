import type { ContainerKind } from '@hcengineering/network-core'
import type { Command } from 'commander'
import type { GlobalOptions, ToolContext } from '../context.ts'
import { byText } from '../output/order.ts'
import { table } from '../output/table.ts'

interface ContainersOptions extends GlobalOptions {
  readonly kind?: ContainerKind
}

export function addContainers(program: Command, context: ToolContext): void {
  program
    .command('containers')
    .description('list the containers that serve now')
    .option('--kind <kind>', 'only those of one kind')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ContainersOptions>()
      const { kind } = options
      const containers = await context.withClient(options.network, (client) => client.list(kind))
      containers.sort(byText(({ kind, uuid }) => `${kind} ${uuid}`))
      context.show(options, containers, () =>
        containers.length === 0
          ? `no containers${kind === undefined ? '' : ` of kind ${kind}`}`
          : table(
              ['CONTAINER', 'KIND', 'AGENT', 'ENDPOINT', 'LABELS'],
              containers.map((container) => [
                container.uuid,
                container.kind,
                container.agentId,
                container.endpoint,
                container.labels.join(', ')
              ])
            )
      )
    })
}
