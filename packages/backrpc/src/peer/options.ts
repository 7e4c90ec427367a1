import type { Clock } from '../clock.ts'
import { rpcError, type ErrorFactory } from '../errors.ts'
import { defaultSessionLimits, messageOverheadBytes, type SessionLimits } from '../protocol/limits.ts'
import type { SessionHandler } from '../session/session.ts'
import { endOfTurn } from '../transport/turns.ts'
import type { Transport, TransportLimits } from '../transport/port.ts'

/** Hears what happens below the level of errors. The network's Logger satisfies it. */
export interface RpcLogger {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** What both ends need. */
export interface PeerOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly handler: SessionHandler
  /** Makes session ids and secrets: unguessable texts. */
  readonly ids: () => string
  readonly errors?: ErrorFactory | undefined
  readonly limits?: Partial<SessionLimits> | undefined
  /**
   * Runs a function at the end of this turn of the event loop; when busy, once all that has arrived has been
   * handled.
   *
   * @default process.nextTick, or setImmediate when busy
   */
  readonly defer?: ((run: () => void, busy: boolean) => void) | undefined
  readonly logger?: RpcLogger | undefined
}

/** {@link PeerOptions} with every default in its place. */
export interface ResolvedPeerOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly handler: SessionHandler
  readonly ids: () => string
  readonly errors: ErrorFactory
  readonly limits: SessionLimits
  readonly transportLimits: TransportLimits
  readonly defer: (run: () => void, busy: boolean) => void
  readonly logger: RpcLogger
}

const silent: RpcLogger = { debug() {}, warn() {} }

/** @throws `INVALID_ARGUMENT` naming the limit that is no positive whole number */
export function resolvePeerOptions(options: PeerOptions): ResolvedPeerOptions {
  const errors = options.errors ?? rpcError
  const limits: SessionLimits = { ...defaultSessionLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0 || value > 0x7fffffff) {
      throw errors('INVALID_ARGUMENT', `limits.${name} must be a positive whole number, got ${String(value)}`)
    }
  }
  return {
    transport: options.transport,
    clock: options.clock,
    handler: options.handler,
    ids: options.ids,
    errors,
    limits,
    transportLimits: { messageBytesMax: limits.payloadBytesMax + messageOverheadBytes },
    defer: options.defer ?? endOfTurn,
    logger: options.logger ?? silent
  }
}
