import { NetworkError } from '../api/errors.ts'
import { randomIds, type IdSource } from '../api/ids.ts'
import { silentLogger, type Logger } from '../api/logger.ts'
import type { Tracing } from '../api/tracing.ts'
import type { Clock } from '../time/clock.ts'
import { systemClock } from '../time/system-clock.ts'

/** Whether containers of a kind may serve without a lease: see {@link AgentOptions.activation}. */
export type Activation = 'strict' | 'available'

/** Options of an agent. */
export interface AgentOptions {
  /** @default the system's */
  clock?: Clock | undefined
  /** @default says nothing */
  logger?: Logger | undefined
  /** Makes the incarnation's name. @default random uuids */
  ids?: IdSource | undefined
  /** Records requests, streams and starts that belong to a trace. @default records nothing */
  tracing?: Tracing | undefined
  /** How often containers are pinged, in seconds. @default 5 */
  healthInterval?: number | undefined
  /** How long a ping may take, in seconds. @default 5 */
  healthTimeout?: number | undefined
  /** Pings that may fail in a row before a container is ended. @default 2 */
  healthFailuresMax?: number | undefined
  /** How long `terminate()` may take before the container is abandoned, in seconds. @default 10 */
  terminateTimeout?: number | undefined
  /**
   * How long a container that is unused or terminated may take to finish (see `Container.finish`), in seconds. Then
   * calls settle as `OUTCOME_UNKNOWN`, and it is ended. @default 10
   */
  finishTimeout?: number | undefined
  /** What a container may hand over at most, in bytes; beyond, it hands over nothing. @default 1048576 */
  snapshotBytesMax?: number | undefined
  /**
   * How long a draining agent lets what runs go on, in seconds. Then calls settle as `OUTCOME_UNKNOWN`, and streams
   * end with `MOVED`. @default 10
   */
  drainTimeout?: number | undefined
  /**
   * By kind, what a container does while its agent is cut off from the coordinator. `strict`: nothing, as it may have
   * been given to another agent. `available`: it goes on serving who still reaches it, so for a time two may serve;
   * when the cut is mended, the one with the higher token stays and the other is ended. @default strict
   */
  activation?: Readonly<Record<string, Activation>> | undefined
  /** Replies and events that are held back for one container without a lease. @default 10000 */
  heldMax?: number | undefined
}

/** {@link AgentOptions} with every default in its place, in milliseconds. */
export interface ResolvedAgentOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly ids: IdSource
  readonly tracing: Tracing | undefined
  readonly healthIntervalMs: number
  readonly healthTimeoutMs: number
  readonly healthFailuresMax: number
  readonly terminateTimeoutMs: number
  readonly finishTimeoutMs: number
  readonly snapshotBytesMax: number
  readonly drainTimeoutMs: number
  readonly activation: Readonly<Record<string, Activation>>
  readonly heldMax: number
}

/** @throws NetworkError `INVALID_ARGUMENT` naming the option */
export function resolveAgentOptions(options: AgentOptions): ResolvedAgentOptions {
  return {
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
    ids: options.ids ?? randomIds,
    tracing: options.tracing,
    healthIntervalMs: seconds(options.healthInterval ?? 5, 'healthInterval'),
    healthTimeoutMs: seconds(options.healthTimeout ?? 5, 'healthTimeout'),
    healthFailuresMax: whole(options.healthFailuresMax ?? 2, 'healthFailuresMax'),
    terminateTimeoutMs: seconds(options.terminateTimeout ?? 10, 'terminateTimeout'),
    finishTimeoutMs: seconds(options.finishTimeout ?? 10, 'finishTimeout'),
    snapshotBytesMax: whole(options.snapshotBytesMax ?? 1_048_576, 'snapshotBytesMax'),
    drainTimeoutMs: seconds(options.drainTimeout ?? 10, 'drainTimeout'),
    activation: activations(options.activation ?? {}),
    heldMax: whole(options.heldMax ?? 10_000, 'heldMax')
  }
}

function activations(byKind: Readonly<Record<string, Activation>>): Readonly<Record<string, Activation>> {
  for (const [kind, activation] of Object.entries(byKind)) {
    if (activation === 'strict' || activation === 'available') continue
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `activation of '${kind}' must be 'strict' or 'available', got ${JSON.stringify(activation)}`
    )
  }
  return { ...byKind }
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
