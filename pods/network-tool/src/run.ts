import { toNetworkError } from '@hcengineering/network-core'
import { Command, CommanderError } from 'commander'
import { addAgents } from './commands/agents.ts'
import { addContainers } from './commands/containers.ts'
import { addKinds } from './commands/kinds.ts'
import { addRequest } from './commands/request.ts'
import { ToolContext, type ToolClientOptions, type ToolIo } from './context.ts'
import { printable } from './output/printable.ts'
import { UsageError } from './usage-error.ts'

/** How a run ends. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const

const defaultNetwork = 'localhost:3737'

/**
 * Runs the tool once. Nothing is thrown: what goes wrong becomes one line on `io.error` and the exit code.
 *
 * @param argv the arguments, without the program's own name
 * @returns one of {@link exitCodes}
 */
export async function run(
  argv: readonly string[],
  io: ToolIo,
  clientOptions: ToolClientOptions = {}
): Promise<number> {
  try {
    await createProgram(io, new ToolContext(io, clientOptions)).parseAsync(argv, { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    // Commander has written what it has to say by now: help, the version, or what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    if (error instanceof UsageError) {
      io.error(`error: ${printable(error.message)}\n`)
      return exitCodes.usage
    }
    const { code, message } = toNetworkError(error, 'INTERNAL')
    io.error(`error ${printable(code)}: ${printable(message)}\n`)
    return exitCodes.failed
  }
}

function createProgram(io: ToolIo, context: ToolContext): Command {
  const fromEnvironment = io.environment['NETWORK']
  const network = fromEnvironment === undefined || fromEnvironment === '' ? defaultNetwork : fromEnvironment
  // What is set here before the commands are added, they take over.
  const program = new Command('network-tool')
    .description('Looks into a running virtual network, and talks to its containers.')
    .option('--network <host:port>', 'address of the coordinator (environment: NETWORK)', network)
    .option('--json', 'write JSON, for programs')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.error(text) })
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      `
Exit codes:
  0  done
  1  failed; the reason is on standard error, as one line: error CODE: message
  2  the command line is wrong`
    )
  addAgents(program, context)
  addContainers(program, context)
  addKinds(program, context)
  addRequest(program, context)
  return program
}
