import type { Logger } from '@hcengineering/network-core'
import { pino, stdSerializers, stdTimeFunctions } from 'pino'

/** What may be given as `--log-level`, from nothing to everything. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const

export type LogLevel = (typeof logLevels)[number]

/** What the tool's client says of its connection: one line of JSON an event. Tokens are hidden. */
export function createLogger(level: LogLevel, write: (line: string) => void): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.err },
    redact: { paths: ['authorization', '*.authorization'], censor: '(hidden)' }
  }
  return pino(options, { write })
}
