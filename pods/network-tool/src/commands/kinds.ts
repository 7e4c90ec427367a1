import type { Command } from 'commander'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { table } from '../output/table.ts'

export function addKinds(program: Command, context: ToolContext): void {
  program
    .command('kinds')
    .description('list the kinds of container that can be had now')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const kinds = await context.withClient(options.network, (client) => client.kinds())
      kinds.sort()
      context.show(options, kinds, () =>
        kinds.length === 0
          ? 'no kinds: there is no agent that offers any'
          : table(
              ['KIND'],
              kinds.map((kind) => [kind]),
              context.paint
            )
      )
    })
}
