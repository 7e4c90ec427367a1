import { toNetworkError } from '@hcengineering/network-core'
import { Command, CommanderError, Option } from 'commander'
import { defaultAdmin } from './admin/admin-address.ts'
import { addAgents } from './commands/agents.ts'
import { addBench } from './commands/bench.ts'
import { addClients } from './commands/clients.ts'
import { addContainers } from './commands/containers.ts'
import { addDescribe } from './commands/describe.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrain } from './commands/drain.ts'
import { addKinds } from './commands/kinds.ts'
import { addRequest } from './commands/request.ts'
import { addTerminate } from './commands/terminate.ts'
import { addTop } from './commands/top.ts'
import { addWatch } from './commands/watch.ts'
import { ToolContext } from './context.ts'
import type { GlobalOptions, ToolClientOptions, ToolIo } from './io.ts'
import { logLevels } from './log.ts'
import { printable } from './output/printable.ts'
import { ProblemsFound, UsageError } from './usage-error.ts'
import { toolVersion } from './version.ts'

/** How a run ends. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, problems: 3 } as const

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
    if (error instanceof ProblemsFound) return exitCodes.problems
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
  const given = (name: string, otherwise: string): string => io.environment[name] || otherwise
  // What is set here before the commands are added, they take over.
  const program = new Command('network-tool')
    .description('Looks into a running virtual network, and acts on it.')
    .version(toolVersion())
    .option(
      '--network <host:port>',
      'address of the coordinator (environment: NETWORK)',
      given('NETWORK', defaultNetwork)
    )
    .option(
      '--admin <url>',
      "address of the coordinator's admin API (environment: ADMIN)",
      given('ADMIN', defaultAdmin)
    )
    .option(
      '--admin-token-file <path>',
      'file with the admin token (environment: ADMIN_TOKEN, the token itself)'
    )
    .option('--json', 'write JSON, for programs')
    .addOption(
      new Option('--log-level <level>', 'log to standard error how the connection fares')
        .choices(logLevels)
        .default('silent')
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.error(text) })
    .exitOverride()
    .hook('preAction', (_, command) => context.logAt(command.optsWithGlobals<GlobalOptions>().logLevel))
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      `
clients, describe, top, drain and terminate ask the admin API; the other commands are clients of the network.

Exit codes:
  0  done
  1  failed; the reason is on standard error, as one line: error CODE: message
  2  the command line is wrong
  3  doctor has found a problem`
    )
  for (const add of [
    addAgents,
    addContainers,
    addKinds,
    addClients,
    addDescribe,
    addRequest,
    addWatch,
    addTop,
    addDrain,
    addTerminate,
    addBench,
    addDoctor
  ]) {
    add(program, context)
  }
  return program
}
