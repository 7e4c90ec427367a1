import { NetworkError } from '../api/errors.ts'
import { leaseShare, timeouts } from '../api/timeouts.ts'
import type { RosterEntry, RosterStore } from './roster-store.ts'

/** Options of a coordinator. All times in seconds, as in the defaults of {@link timeouts}. */
export interface CoordinatorOptions {
  /** Silence after which an agent's containers are given to others, in seconds. @default 3 */
  aliveTimeout?: number | undefined
  /** How often agents and clients say that they are alive, in seconds. @default 1 */
  pingInterval?: number | undefined
  /** How long a container that nobody refers to stays, in seconds. @default 3 */
  unusedContainerTimeout?: number | undefined
  /**
   * How long a coordinator that has just started waits for agents of its predecessor before it places what
   * they may still own, in seconds. Whatever it is, the wait begins anew (for one alive timeout) as soon as an
   * agent reports that it has obeyed an earlier coordinator that the roster does not tell of. With a roster from
   * the last start the wait is one alive timeout at most, and ends when all its agents have registered or are
   * proven dead. @default 0; one alive timeout with a `roster` store that remembers nothing
   */
  recoveryGrace?: number | undefined
  /** Must be higher with every start. @default the wall clock in milliseconds */
  epoch?: number | undefined
  /** Containers at once, running or wanted. Beyond: `OVERLOADED`. @default 2000000 */
  containersMax?: number | undefined
  /** Gets that wait at once. Beyond: `OVERLOADED`. @default 200000 */
  pendingGetsMax?: number | undefined
  /** Agents at once. @default 10000 */
  agentsMax?: number | undefined
  /** Clients at once. @default 100000 */
  clientsMax?: number | undefined
  /** What containers have handed over and nobody has taken, at most; the eldest goes first. @default 10000 */
  snapshotsMax?: number | undefined
  /** Their bytes, all together. @default 67108864 */
  snapshotBytesMax?: number | undefined
  /** How long each is kept, in seconds. @default 60 */
  snapshotTimeout?: number | undefined
}

/** {@link CoordinatorOptions} with every default in its place, in milliseconds. */
export interface ResolvedCoordinatorOptions {
  readonly aliveTimeoutMs: number
  readonly pingIntervalMs: number
  readonly leaseMs: number
  readonly unusedTimeoutMs: number
  readonly recoveryGraceMs: number
  readonly epoch: number
  readonly incarnation: string
  readonly containersMax: number
  readonly pendingGetsMax: number
  readonly agentsMax: number
  readonly clientsMax: number
  readonly snapshotsMax: number
  readonly snapshotBytesMax: number
  readonly snapshotTimeoutMs: number
  /** The agents of the last coordinator; undefined when they are not known. */
  readonly remembered: readonly RosterEntry[] | undefined
}

/**
 * @param wallTime where the epoch comes from when the options name none
 * @throws NetworkError `INVALID_ARGUMENT` naming the option
 */
export function resolveCoordinatorOptions(
  options: CoordinatorOptions,
  wallTime: number,
  incarnation: string,
  store?: RosterStore
): ResolvedCoordinatorOptions {
  const aliveTimeoutMs = milliseconds(options.aliveTimeout ?? timeouts.aliveTimeout, 'aliveTimeout', 0.01)
  const pingIntervalMs = milliseconds(options.pingInterval ?? timeouts.pingInterval, 'pingInterval', 0.001)
  const leaseMs = Math.round(aliveTimeoutMs * leaseShare)
  if (pingIntervalMs >= leaseMs) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `pingInterval must be shorter than ${leaseShare} of aliveTimeout, got ${pingIntervalMs} and ${aliveTimeoutMs} ms`
    )
  }
  return {
    aliveTimeoutMs,
    pingIntervalMs,
    leaseMs,
    unusedTimeoutMs: milliseconds(
      options.unusedContainerTimeout ?? timeouts.unusedContainerTimeout,
      'unusedContainerTimeout',
      0
    ),
    recoveryGraceMs: milliseconds(
      // A store without a roster has lost it, for all that is known: its agents may be on their way.
      options.recoveryGrace ?? (store === undefined ? 0 : aliveTimeoutMs / 1000),
      'recoveryGrace',
      0
    ),
    epoch: Math.max(
      whole(options.epoch ?? Math.trunc(wallTime), 'epoch'),
      (store?.remembered?.epoch ?? 0) + 1
    ),
    incarnation,
    containersMax: whole(options.containersMax ?? 2_000_000, 'containersMax'),
    pendingGetsMax: whole(options.pendingGetsMax ?? 200_000, 'pendingGetsMax'),
    agentsMax: whole(options.agentsMax ?? 10_000, 'agentsMax'),
    clientsMax: whole(options.clientsMax ?? 100_000, 'clientsMax'),
    snapshotsMax: whole(options.snapshotsMax ?? 10_000, 'snapshotsMax'),
    snapshotBytesMax: whole(options.snapshotBytesMax ?? 67_108_864, 'snapshotBytesMax'),
    snapshotTimeoutMs: milliseconds(options.snapshotTimeout ?? 60, 'snapshotTimeout', 0),
    remembered: store?.remembered?.complete === true ? store.remembered.agents : undefined
  }
}

function milliseconds(seconds: number, name: string, least: number): number {
  if (typeof seconds !== 'number' || !(seconds >= least) || seconds > 86_400) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `${name} must be a number of seconds from ${least} to 86400, got ${String(seconds)}`
    )
  }
  return seconds * 1000
}

function whole(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `${name} must be a positive whole number, got ${String(value)}`
    )
  }
  return value
}
