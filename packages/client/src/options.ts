import {
  defaultSessionLimits,
  zeromqTransport,
  type SessionLimits,
  type Transport
} from '@hcengineering/network-backrpc'
import {
  NetworkError,
  randomIds,
  silentLogger,
  systemClock,
  timeouts,
  type Clock,
  type IdSource,
  type Logger,
  type Tracing
} from '@hcengineering/network-core'
import { agentsOfThisProcess, type LocalAgents } from './local-sessions.ts'

/** Options of a client. */
export interface ClientOptions {
  /** How long this client's silence keeps its references, in seconds. @default 3 */
  aliveTimeout?: number | undefined
  /** The deadline of requests and gets that name none, in milliseconds. @default 30000 */
  timeoutMs?: number | undefined
  /** What carries the messages. @default zeromq */
  transport?: Transport | undefined
  /** @default says nothing */
  logger?: Logger | undefined
  /** What this client accepts of each session. */
  limits?: Partial<SessionLimits> | undefined
  /** Events of a connection that are kept before its `on` is set. @default 1000 */
  heldEventsMax?: number | undefined
  /**
   * Agents that are reached without a socket, because they run in this process; false for none.
   *
   * @default those that clients of this process have registered
   */
  localAgents?: LocalAgents | false | undefined
  /** Records gets, requests and streams as traces; agents that are served here, too. @default records nothing */
  tracing?: Tracing | undefined
  /** @default the system's */
  clock?: Clock | undefined
  /** Makes the client's uuid. @default random uuids */
  ids?: IdSource | undefined
}

/** {@link ClientOptions} with every default in its place, in milliseconds. */
export interface ResolvedClientOptions {
  readonly aliveTimeoutMs: number
  readonly timeoutMs: number
  readonly transport: Transport
  readonly logger: Logger
  readonly limits: SessionLimits
  readonly heldEventsMax: number
  readonly localAgents: LocalAgents | undefined
  readonly tracing: Tracing | undefined
  readonly clock: Clock
  readonly ids: IdSource
}

const dayMs = 86_400_000

/** @throws NetworkError `INVALID_ARGUMENT` naming the option */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  return {
    aliveTimeoutMs: between(
      (options.aliveTimeout ?? timeouts.aliveTimeout) * 1000,
      'aliveTimeout',
      10,
      dayMs
    ),
    timeoutMs: between(options.timeoutMs ?? 30_000, 'timeoutMs', 1, dayMs),
    transport: options.transport ?? zeromqTransport,
    logger: options.logger ?? silentLogger,
    limits: { ...defaultSessionLimits, ...options.limits },
    heldEventsMax: between(options.heldEventsMax ?? 1000, 'heldEventsMax', 0, 1_000_000),
    localAgents: options.localAgents === false ? undefined : (options.localAgents ?? agentsOfThisProcess),
    tracing: options.tracing,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? randomIds
  }
}

function between(value: number, name: string, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return Math.ceil(value)
  throw new NetworkError(
    'INVALID_ARGUMENT',
    `${name} must be a number from ${least} to ${most} (in milliseconds), got ${String(value)}`
  )
}
