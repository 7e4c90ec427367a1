import {
  resolveEventQueueOptions,
  zeromqTransport,
  type EventQueueOptions,
  type ResolvedEventQueueOptions,
  type SessionLimits,
  type Transport
} from '@hcengineering/network-backrpc'
import {
  networkError,
  NetworkError,
  randomIds,
  silentLogger,
  type IdSource,
  type Logger,
  type Tracing
} from '@hcengineering/network-core'

/**
 * When a refusal proves that an agent is dead. `loopback`: if its address is one of this machine alone.
 * `direct`: always; say so only where nothing stands between coordinator and agents (no NAT, proxy or service
 * address) that could refuse in their stead. `never`: an agent is given up for its silence only.
 */
export type ProofOfDeath = 'loopback' | 'direct' | 'never'

/** Options of a {@link NetworkServer}. How events for slow clients are treated holds for those that pass through it. */
export interface NetworkServerOptions extends EventQueueOptions {
  /** What carries the messages. @default zeromq */
  transport?: Transport | undefined
  /** @default says nothing */
  logger?: Logger | undefined
  /** What this server accepts of each session. */
  limits?: Partial<SessionLimits> | undefined
  /** Sessions at once. Beyond: newcomers are refused with `OVERLOADED`. @default 65536 */
  sessionsMax?: number | undefined
  /** Makes session ids and secrets; must be unguessable. @default random uuids */
  ids?: IdSource | undefined
  /** When a refusing address proves that an agent is dead, so that its containers move at once. @default loopback */
  proofOfDeath?: ProofOfDeath | undefined
  /** Records what passes through here and belongs to a trace. @default records nothing */
  tracing?: Tracing | undefined
}

/** {@link NetworkServerOptions} with every default in its place. */
export interface ResolvedNetworkServerOptions {
  readonly transport: Transport
  readonly logger: Logger
  readonly limits: Partial<SessionLimits>
  readonly sessionsMax: number
  readonly ids: IdSource
  readonly proofOfDeath: ProofOfDeath
  readonly tracing: Tracing | undefined
  readonly events: ResolvedEventQueueOptions
}

/** @throws NetworkError `INVALID_ARGUMENT` naming the option */
export function resolveNetworkServerOptions(options: NetworkServerOptions): ResolvedNetworkServerOptions {
  const proofOfDeath = options.proofOfDeath ?? 'loopback'
  if (!['loopback', 'direct', 'never'].includes(proofOfDeath)) {
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `proofOfDeath must be 'loopback', 'direct' or 'never', got ${JSON.stringify(proofOfDeath)}`
    )
  }
  return {
    transport: options.transport ?? zeromqTransport,
    logger: options.logger ?? silentLogger,
    limits: options.limits ?? {},
    sessionsMax: options.sessionsMax ?? 65_536,
    ids: options.ids ?? randomIds,
    proofOfDeath,
    tracing: options.tracing,
    events: resolveEventQueueOptions(options, networkError)
  }
}
