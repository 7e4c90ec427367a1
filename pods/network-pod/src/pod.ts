import { tcpTransport, zeromqTransport } from '@hcengineering/network-backrpc'
import { hasCode, NetworkError, NetworkImpl, TickManagerImpl, type Logger } from '@hcengineering/network-core'
import { NetworkServer, type NetworkServerOptions } from '@hcengineering/network-server'
import type { MetricsSource } from './admin/metrics.ts'
import type { AdminServer } from './admin/server.ts'
import type { PodConfiguration } from './configuration.ts'
import { openDataDirectory } from './data-directory.ts'
import { limitRepeats } from './repeat-limit.ts'

const ticksPerSecond = 100

/** A coordinator that listens. */
export interface Pod {
  /** The port it listens on. */
  readonly port: number
  /** The port of its admin server; undefined when there is none. */
  readonly adminPort: number | undefined
  /** Says goodbye to all agents and clients, and stops listening. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What a pod is made of besides its configuration. */
export interface PodOptions extends Pick<NetworkServerOptions, 'transport'> {
  /** Makes what the admin server answers at `/metrics`. @default there is nothing */
  createMetrics?: ((network: NetworkImpl, server: NetworkServer) => MetricsSource) | undefined
}

/**
 * Starts a coordinator, its server, and its admin server.
 *
 * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`, `DATA_IN_USE`, `STORE_FAILED`
 */
export async function startPod(
  configuration: PodConfiguration,
  given: Logger,
  options: PodOptions = {}
): Promise<Pod> {
  const { host, port, aliveTimeout, pingInterval, unusedContainerTimeout, recoveryGrace } = configuration
  const { dataDir, proofOfDeath } = configuration
  const transport = options.transport ?? (configuration.transport === 'tcp' ? tcpTransport : zeromqTransport)
  const data = dataDir === undefined ? undefined : await openDataDirectory(dataDir, given)
  const ticks = new TickManagerImpl(ticksPerSecond, { logger: given })
  const logger = limitRepeats(given, ticks)
  const network = new NetworkImpl(ticks, {
    aliveTimeout,
    pingInterval,
    unusedContainerTimeout,
    recoveryGrace,
    roster: data?.roster,
    logger
  })
  let server: NetworkServer | undefined
  let admin: AdminServer | undefined
  const close = async (): Promise<void> => {
    await admin?.close()
    await server?.close()
    await network.close()
    ticks.stop()
    logger.close()
    await data?.close()
  }
  try {
    server = new NetworkServer(network, ticks, host, port, { logger, proofOfDeath, transport })
    if (configuration.admin !== undefined) {
      const metrics = options.createMetrics?.(network, server)
      // A pod that has none need not load what it is made of.
      const { startAdminServer } = await import('./admin/server.ts')
      admin = await startAdminServer({
        network,
        server,
        clock: ticks,
        logger,
        configuration: configuration.admin,
        metrics
      })
    }
  } catch (error) {
    await close()
    if (server === undefined && hasCode(error, 'ADDRESS_INVALID')) {
      throw new NetworkError('ADDRESS_INVALID', `HOST is wrong: ${error.message}`, { cause: error })
    }
    throw error
  }
  ticks.start()
  return { port: server.getPort(), adminPort: admin?.port, close, [Symbol.asyncDispose]: close }
}
