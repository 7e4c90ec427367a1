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
  randomIds,
  silentLogger,
  type IdSource,
  type Logger
} from '@hcengineering/network-core'

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
}

/** {@link NetworkServerOptions} with every default in its place. */
export interface ResolvedNetworkServerOptions {
  readonly transport: Transport
  readonly logger: Logger
  readonly limits: Partial<SessionLimits>
  readonly sessionsMax: number
  readonly ids: IdSource
  readonly events: ResolvedEventQueueOptions
}

/** @throws NetworkError `INVALID_ARGUMENT` naming the option */
export function resolveNetworkServerOptions(options: NetworkServerOptions): ResolvedNetworkServerOptions {
  return {
    transport: options.transport ?? zeromqTransport,
    logger: options.logger ?? silentLogger,
    limits: options.limits ?? {},
    sessionsMax: options.sessionsMax ?? 65_536,
    ids: options.ids ?? randomIds,
    events: resolveEventQueueOptions(options, networkError)
  }
}
