import { hasCode, NetworkError, NetworkImpl, TickManagerImpl, type Logger } from '@hcengineering/network-core'
import { NetworkServer, type NetworkServerOptions } from '@hcengineering/network-server'
import type { PodConfiguration } from './configuration.ts'
import { openDataDirectory } from './data-directory.ts'

const ticksPerSecond = 100

/** A coordinator that listens. */
export interface Pod {
  /** The port it listens on. */
  readonly port: number
  /** Says goodbye to all agents and clients, and stops listening. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a coordinator and its server.
 *
 * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`, `DATA_IN_USE`, `STORE_FAILED`
 */
export async function startPod(
  configuration: PodConfiguration,
  logger: Logger,
  options: Pick<NetworkServerOptions, 'transport'> = {}
): Promise<Pod> {
  const { host, port, aliveTimeout, pingInterval, unusedContainerTimeout, recoveryGrace } = configuration
  const { dataDir, proofOfDeath } = configuration
  const data = dataDir === undefined ? undefined : await openDataDirectory(dataDir, logger)
  const ticks = new TickManagerImpl(ticksPerSecond, { logger })
  const network = new NetworkImpl(ticks, {
    aliveTimeout,
    pingInterval,
    unusedContainerTimeout,
    recoveryGrace,
    roster: data?.roster,
    logger
  })
  let server: NetworkServer
  try {
    server = new NetworkServer(network, ticks, host, port, { logger, proofOfDeath, ...options })
  } catch (error) {
    await network.close()
    await data?.close()
    if (hasCode(error, 'ADDRESS_INVALID')) {
      throw new NetworkError('ADDRESS_INVALID', `HOST is wrong: ${error.message}`, { cause: error })
    }
    throw error
  }
  ticks.start()
  const close = async (): Promise<void> => {
    await server.close()
    await network.close()
    ticks.stop()
    await data?.close()
  }
  return { port: server.getPort(), close, [Symbol.asyncDispose]: close }
}
