import type { Command } from 'commander'
import { clientView } from '../admin/schemas.ts'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { count, duration } from '../output/numbers.ts'
import { right, table } from '../output/table.ts'
import { wholeNumber } from './arguments.ts'

interface ClientsOptions extends GlobalOptions {
  readonly search?: string
  readonly limit?: number
}

export function addClients(program: Command, context: ToolContext): void {
  program
    .command('clients')
    .description('list the clients that the coordinator knows; asks the admin API')
    .option('--search <text>', 'only those whose id contains this')
    .option('--limit <n>', 'the first n only', wholeNumber('', 1, 1_000_000))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ClientsOptions>()
      const admin = await context.admin(options)
      using progress = context.progress()
      const clients = await admin.list('/api/clients', clientView, {
        query: { search: options.search },
        ...(options.limit !== undefined && { limit: options.limit }),
        heard: (items, total) => progress.show(`${count(items)} of ${count(total)} clients`)
      })
      progress[Symbol.dispose]()
      context.show(options, clients, () =>
        clients.length === 0
          ? `no clients${options.search === undefined ? '' : ` whose id contains ${options.search}`}`
          : table(
              ['CLIENT', 'STATE', 'REFERENCES', 'WAITING', 'SILENT', 'AGENTS', 'LISTENS'],
              clients.map((client) => [
                client.clientId,
                client.connected ? { text: 'connected', tone: 'good' } : { text: 'away', tone: 'warning' },
                right(count(client.references)),
                right(count(client.waitingGets)),
                right(duration(client.silentMs)),
                client.agents.join(', '),
                client.subscribed ? 'yes' : 'no'
              ]),
              context.paint
            )
      )
    })
}
