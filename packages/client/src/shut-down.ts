import { constants } from 'node:os'
import { silentLogger, type Logger } from '@hcengineering/network-core'

/** What is drained and closed when the process is told to end. */
export interface ShutDownParts {
  /** Drained first, all at once. */
  readonly servers: readonly { drain(): Promise<void> }[]
  /** Closed after that, all at once. */
  readonly clients?: readonly { close(): Promise<void> }[] | undefined
  /** @default SIGTERM and SIGINT */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** @default says nothing */
  readonly logger?: Logger | undefined
}

/**
 * Drains agents when the process is told to end, so that no call fails: their containers go elsewhere once they
 * have answered what they were asked. The process then ends by itself, as nothing of the network keeps it. A
 * second signal does not wait for that.
 *
 * @returns what takes the handlers off again
 *
 * @example
 * ```ts
 * import type { ContainerFactories } from '@hcengineering/network-core'
 * import { createNetworkClient, shutDownOnSignals } from '@hcengineering/network-client'
 *
 * declare const factories: ContainerFactories
 * const client = createNetworkClient('localhost:3737')
 * const { server } = await client.serveAgent('localhost:0', factories)
 * shutDownOnSignals({ servers: [server], clients: [client] })
 * ```
 */
export function shutDownOnSignals({ servers, clients, signals, logger }: ShutDownParts): () => void {
  const log = logger ?? silentLogger
  const names = signals ?? ['SIGTERM', 'SIGINT']
  let leaving = false
  const shutDown = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.drain()))
    await Promise.all((clients ?? []).map((client) => client.close()))
  }
  const remove = (): void => {
    for (const name of names) process.off(name, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (leaving) process.exit(128 + constants.signals[signal])
    leaving = true
    log.info({ signal }, 'told to end: draining')
    shutDown().then(remove, (error: unknown) => {
      log.error({ error }, 'could not end cleanly')
      process.exitCode = 1
      remove()
    })
  }
  for (const name of names) process.on(name, onSignal)
  return remove
}
