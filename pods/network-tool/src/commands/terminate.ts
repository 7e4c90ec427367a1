import type { Command } from 'commander'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'

export function addTerminate(program: Command, context: ToolContext): void {
  program
    .command('terminate')
    .summary('end a container on purpose')
    .description(
      'end a container on purpose; who still refers to it brings it back by the next use. Needs the admin token'
    )
    .argument('<uuid>', 'uuid of the container')
    .action(async (uuid: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const admin = await context.admin(options)
      await admin.act(`/api/containers/${encodeURIComponent(uuid)}/terminate`)
      context.show(options, { uuid, terminated: true }, () => `container ${uuid} is being ended`)
    })
}
