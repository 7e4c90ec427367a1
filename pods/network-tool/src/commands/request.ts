import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import type { Command } from 'commander'
import type { ToolContext } from '../context.ts'
import type { GlobalOptions } from '../io.ts'
import { readable } from '../output/value.ts'
import { milliseconds, parseJson } from './arguments.ts'

interface RequestOptions extends GlobalOptions {
  readonly uuid?: ContainerUuid
  readonly label?: string[]
  readonly timeout: number
}

const timeoutMsDefault = 10_000

export function addRequest(program: Command, context: ToolContext): void {
  program
    .command('request')
    .summary('send a request to a container and show its answer')
    .description('send a request to a container and show its answer; the container is started if need be')
    .argument('<kind>', 'kind of the container')
    .argument('<operation>', 'what the container is to do')
    .argument('[json]', 'data of the request, as JSON', parseJson)
    .option('--uuid <uuid>', 'the container of this uuid')
    .option('--label <labels...>', 'a container that bears all of these labels')
    .option(
      '--timeout <ms>',
      'how long to wait for the answer, in milliseconds',
      milliseconds,
      timeoutMsDefault
    )
    .addHelpText(
      'after',
      `
Examples:
  network-tool request chat-room history --label lobby
  network-tool request counter add '{"by": 2}' --uuid counter-1 --timeout 2000
  network-tool request counter set -- -1`
    )
    .action(
      async (kind: ContainerKind, operation: string, data: unknown, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<RequestOptions>()
        const answer = await context.withClient(options.network, async (client) => {
          const began = performance.now()
          await using container = await client.get(kind, {
            uuid: options.uuid,
            labels: options.label,
            timeoutMs: options.timeout
          })
          const remainingMs = Math.ceil(options.timeout - (performance.now() - began))
          return (await container.request(operation, data, {
            timeoutMs: Math.max(1, remainingMs)
          })) as unknown
        })
        context.show(options, answer, () => readable(answer))
      }
    )
}
