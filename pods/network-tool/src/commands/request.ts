import type { ContainerKind, ContainerUuid } from '@hcengineering/network-core'
import { InvalidArgumentError, type Command } from 'commander'
import type { GlobalOptions, ToolContext } from '../context.ts'
import { readable } from '../output/value.ts'

interface RequestOptions extends GlobalOptions {
  readonly uuid?: ContainerUuid
  readonly label?: string[]
  readonly timeout: number
}

const timeoutMsDefault = 10_000
const timeoutMsMax = 86_400_000

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
      parseTimeout,
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(
      `It is not JSON: ${(error as Error).message}. Text needs its quotes: '"text"'.`
    )
  }
}

function parseTimeout(text: string): number {
  const timeoutMs = Number(text)
  if (/^\d+$/.test(text) && timeoutMs >= 1 && timeoutMs <= timeoutMsMax) return timeoutMs
  throw new InvalidArgumentError(`It must be a whole number of milliseconds from 1 to ${timeoutMsMax}.`)
}
