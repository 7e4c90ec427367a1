import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import type { PodConfiguration } from './configuration.ts'

const secrets = ['adminToken', 'authorization']

/**
 * Writes one line of JSON an event to standard output, at once: the last words before an exit are not lost. Admin
 * tokens are hidden, should one ever come this far.
 */
export function createLogger(level: PodConfiguration['logLevel'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.err },
    redact: {
      paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '(hidden)'
    }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
