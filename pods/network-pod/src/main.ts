#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { toNetworkError } from '@hcengineering/network-core'
import type { Logger } from 'pino'
import { readCommandLine } from './command-line.ts'
import { readConfiguration } from './configuration.ts'
import { createLogger } from './logger.ts'
import type { Pod } from './pod.ts'
import { printedConfiguration } from './printed-configuration.ts'

/** The first signal closes the pod, after which nothing keeps the process; a second one does not wait for that. */
function closeOnSignals(pod: Pod, logger: Logger): void {
  let closing = false
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (closing) {
      logger.warn({ signal }, 'told to stop again: not waiting any longer')
      process.exit(128 + constants.signals[signal])
    }
    closing = true
    logger.info({ signal }, 'stopping')
    pod.close().then(
      () => logger.info({}, 'stopped'),
      (error: unknown) => {
        logger.error({ error }, 'could not stop cleanly')
        process.exitCode = 1
      }
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

async function main(): Promise<void> {
  const asked = readCommandLine(process.argv.slice(2))
  if ('exitCode' in asked) {
    process.exitCode = asked.exitCode
    return
  }
  const { flags, file, generateAdminToken, printConfig } = asked
  const generatedToken = generateAdminToken ? randomBytes(24).toString('base64url') : undefined
  const configuration = readConfiguration(process.env, { flags, file, generatedToken })
  if (printConfig) {
    process.stdout.write(printedConfiguration(configuration))
    return
  }
  const { logLevel, admin, ...settings } = configuration
  const logger = createLogger(logLevel)
  const { startPod } = await import('./pod.ts')
  const pod = await startPod(configuration, logger)
  closeOnSignals(pod, logger)
  process.on('uncaughtException', (error) => {
    logger.fatal({ error }, 'a fault in the pod itself')
    process.exit(1)
  })
  // Not in the log, which is kept, and read by many.
  if (generatedToken !== undefined) process.stderr.write(`admin token: ${generatedToken}\n`)
  logger.info(
    { ...settings, port: pod.port, adminHost: admin?.host, adminPort: pod.adminPort, pid: process.pid },
    'listening'
  )
}

try {
  await main()
} catch (error) {
  const { code, message } = toNetworkError(error, 'INTERNAL')
  console.error(`error ${code}: ${message}`)
  process.exitCode = 1
}
