import { execFile } from 'node:child_process'

/** How a command ended, and what it printed. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** How a command is to be run. */
export interface CommandOptions {
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** It is killed after this time, and {@link runCommand} rejects. @default never */
  readonly timeoutMs?: number
}

/** Runs a command to its end. Rejects only when it could not be run, or was killed. */
export function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
  { env, timeoutMs = 0 }: CommandOptions = {}
): Promise<CommandResult> {
  const options = { cwd, maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs, env: { ...process.env, ...env } }
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr })
      else
        reject(new Error(`${command} ${args.join(' ')} could not be run, or took too long`, { cause: error }))
    })
  })
}
