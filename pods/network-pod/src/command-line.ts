import { Command, CommanderError } from 'commander'
import { flagOf, settingNames, settings, type SettingName } from './settings.ts'
import { version } from './version.ts'

/** What the command line asks for. */
export interface CommandLine {
  readonly flags: Readonly<Partial<Record<SettingName, string>>>
  readonly file: string | undefined
  readonly generateAdminToken: boolean
  readonly printConfig: boolean
}

/** How the command line ended without a pod to start: the exit code. */
export interface CommandLineEnd {
  readonly exitCode: number
}

/**
 * Reads the command line. Help, the version, and what is wrong are written by then.
 *
 * @param argv the arguments, without the program's own name
 */
export function readCommandLine(argv: readonly string[]): CommandLine | CommandLineEnd {
  const program = createProgram()
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 1 }
    throw error
  }
  const options = program.opts<Record<string, string | boolean | undefined>>()
  const flags: Partial<Record<SettingName, string>> = {}
  for (const name of settingNames) {
    const value = options[name]
    if (typeof value === 'string') flags[name] = value
  }
  const { config, generateAdminToken, printConfig } = options
  return {
    flags,
    file: typeof config === 'string' ? config : undefined,
    generateAdminToken: generateAdminToken === true,
    printConfig: printConfig === true
  }
}

function createProgram(): Command {
  const program = new Command('network-pod')
    .description('The coordinator of the virtual network.')
    .version(version)
    .exitOverride()
    .configureHelp({ sortOptions: false, helpWidth: 100 })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'error INVALID_ARGUMENT: '))
    })
  let group = ''
  for (const name of settingNames) {
    const { env, placeholder, help, group: itsGroup, default: unset } = settings[name]
    if (itsGroup !== group) program.optionsGroup(itsGroup)
    group = itsGroup
    const otherwise = unset === undefined ? '' : `, default ${String(unset)}`
    program.option(`${flagOf(name)} <${placeholder}>`, `${help} (${env}${otherwise})`)
    if (name === 'adminTokenFile') {
      program.option('--generate-admin-token', 'make an admin token and print it, once, on standard error')
    }
  }
  return program
    .optionsGroup('Other:')
    .option('--config <file>', 'a file of settings: a JSON object with the names of the flags, as adminPort')
    .option('--print-config', 'print the configuration that would be used, secrets hidden, and end')
    .addHelpText(
      'after',
      `
A flag wins over the environment variable in brackets, that over the file, and that over the default.

Exit codes:
  0         told to stop, and stopped cleanly
  1         could not start, and says why on standard error: error CODE: message; or failed, as its log says
  130, 143  told to stop twice, by SIGINT or SIGTERM`
    )
}
