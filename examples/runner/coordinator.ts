import { resolve } from 'node:path'
import { Program, type ProgramOptions } from './program.ts'

const startTimeoutMs = 20_000

/** The coordinator as it is deployed, run from its source. */
const networkPod = resolve(import.meta.dirname, '../../pods/network-pod/src/main.ts')

/** A coordinator in a process of its own. */
export interface StartingCoordinator {
  readonly coordinator: Program
  /** Where clients reach it, `host:port`, once it listens. */
  readonly address: Promise<string>
}

/** Starts a coordinator on a free port of this machine. */
export function startCoordinator(onLine?: ProgramOptions['onLine']): StartingCoordinator {
  const coordinator = new Program({
    name: 'coordinator',
    file: networkPod,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      // There was no coordinator before this one, so there is nothing to wait for.
      RECOVERY_GRACE: '0',
      // Several may run at once, and nobody looks at them.
      ADMIN_PORT: 'off',
      LOG_LEVEL: 'info'
    },
    ...(onLine === undefined ? {} : { onLine })
  })
  const listening = coordinator.waitForLine(/"port":(\d+).*"msg":"listening"/, startTimeoutMs)
  return { coordinator, address: listening.then(([, port]) => `127.0.0.1:${port}`) }
}

/** A line of the coordinator's log, which is JSON, for people to read. */
export function readableLog(line: string): string {
  let entry: { level?: string; msg?: string; port?: number; signal?: string }
  try {
    entry = JSON.parse(line) as typeof entry
  } catch {
    return line
  }
  const { level = 'info', msg = line, port, signal } = entry
  const where = port === undefined ? '' : ` on port ${port}`
  const why = signal === undefined ? '' : ` (${signal})`
  return `${level === 'info' ? '' : `${level}: `}${msg}${where}${why}`
}
