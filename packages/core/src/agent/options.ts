import { NetworkError } from '../api/errors.ts'
import { randomIds, type IdSource } from '../api/ids.ts'
import { silentLogger, type Logger } from '../api/logger.ts'
import type { Clock } from '../time/clock.ts'
import { systemClock } from '../time/system-clock.ts'

/** Options of an agent. */
export interface AgentOptions {
  /** @default the system's */
  clock?: Clock | undefined
  /** @default says nothing */
  logger?: Logger | undefined
  /** Makes the incarnation's name. @default random uuids */
  ids?: IdSource | undefined
  /** How often containers are pinged, in seconds. @default 5 */
  healthInterval?: number | undefined
  /** How long a ping may take, in seconds. @default 5 */
  healthTimeout?: number | undefined
  /** Pings that may fail in a row before a container is ended. @default 2 */
  healthFailuresMax?: number | undefined
  /** How long `terminate()` may take before the container is abandoned, in seconds. @default 10 */
  terminateTimeout?: number | undefined
  /** Replies and events that are held back for one container without a lease. @default 10000 */
  heldMax?: number | undefined
}

/** {@link AgentOptions} with every default in its place, in milliseconds. */
export interface ResolvedAgentOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly ids: IdSource
  readonly healthIntervalMs: number
  readonly healthTimeoutMs: number
  readonly healthFailuresMax: number
  readonly terminateTimeoutMs: number
  readonly heldMax: number
}

/** @throws NetworkError `INVALID_ARGUMENT` naming the option */
export function resolveAgentOptions(options: AgentOptions): ResolvedAgentOptions {
  return {
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
    ids: options.ids ?? randomIds,
    healthIntervalMs: seconds(options.healthInterval ?? 5, 'healthInterval'),
    healthTimeoutMs: seconds(options.healthTimeout ?? 5, 'healthTimeout'),
    healthFailuresMax: whole(options.healthFailuresMax ?? 2, 'healthFailuresMax'),
    terminateTimeoutMs: seconds(options.terminateTimeout ?? 10, 'terminateTimeout'),
    heldMax: whole(options.heldMax ?? 10_000, 'heldMax')
  }
}

function seconds(value: number, name: string): number {
  if (typeof value !== 'number' || !(value > 0) || value > 86_400) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `${name} must be a number of seconds above 0 and up to 86400, got ${String(value)}`
    )
  }
  return value * 1000
}

function whole(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `${name} must be a whole number of 0 or more, got ${String(value)}`
    )
  }
  return value
}
