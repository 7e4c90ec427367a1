import { pino, stdSerializers, stdTimeFunctions, type Logger } from 'pino'
import type { PodConfiguration } from './configuration.ts'

/** Writes one line of JSON an event to standard output, at once: the last words before an exit are not lost. */
export function createLogger(level: PodConfiguration['logLevel']): Logger {
  return pino({
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: stdSerializers.err }
  })
}
