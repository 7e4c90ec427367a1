/** Structured logging, one line an event. pino and console-like loggers fit it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Says nothing: the default of every library here. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {}
}
