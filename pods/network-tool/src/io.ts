import type { ClientOptions } from '@hcengineering/network-client'
import type { LogLevel } from './log.ts'
import type { Terminal } from './output/terminal.ts'

/** Where a run reads and writes. */
export interface ToolIo {
  /** Results: standard output. */
  out(text: string): void
  /** Errors, hints and progress: standard error. */
  error(text: string): void
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What shows results, if that is a terminal. Without one there are no colours and no live screen. */
  readonly terminal?: Terminal | undefined
  /** Whether standard error is shown on a terminal: only there long work tells how far it is. */
  readonly progress?: boolean | undefined
  /** Hears that the run is told to end (Ctrl-C), for as long as what it returns is not disposed of. */
  readonly onStop?: ((listener: () => void) => Disposable) | undefined
}

/** What a run's client is made with; tests put a transport and a clock here. */
export type ToolClientOptions = Pick<ClientOptions, 'transport' | 'clock' | 'ids'>

/** The options that every command takes. */
export interface GlobalOptions {
  readonly network: string
  readonly admin: string
  readonly adminTokenFile?: string
  readonly json?: true
  readonly logLevel: LogLevel
}
