import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { root } from './files.ts'

const main = resolve(root, 'pods/network-pod/src/main.ts')

const timeoutMs = 50_000

function runPod(argv: readonly string[], environment: Readonly<Record<string, string>>): string {
  return execFileSync(process.execPath, ['--conditions=source', main, ...argv], {
    env: environment,
    encoding: 'utf8',
    timeout: timeoutMs
  })
}

/** The environment variables that the pod knows, as its own help names them. */
export function podVariables(): Set<string> {
  const help = runPod(['--help'], {})
  return new Set(Array.from(help.matchAll(/\(([A-Z][A-Z_]+)[,)]/g), ([, name = '']) => name))
}

/** What the pod makes of an environment; throws if it would not start with it. */
export function podConfiguration(environment: Readonly<Record<string, string>>): unknown {
  return JSON.parse(runPod(['--print-config'], environment))
}
