/**
 * What a coordinator and an agent say to each other, as types. In one process these are plain calls; over a
 * session the client and server packages carry them. Everything here is idempotent: saying it again after a
 * lost answer changes nothing.
 */

import type { Container, RequestContext } from '../api/container.ts'
import type {
  AgentEndpointRef,
  AgentUuid,
  ClientUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from '../api/ids.ts'
import type { CallerClient } from '../api/reference.ts'
import type { ActivationToken } from '../api/tokens.ts'

/** One incarnation of a coordinator. */
export interface CoordinatorIdentity {
  /** Higher with every incarnation. */
  readonly epoch: number
  /** Tells two incarnations apart that by a fault have the same epoch. */
  readonly incarnation: string
}

/** A container as its agent reports it when it registers. */
export interface InventoryEntry {
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  readonly endpoint: ContainerEndpointRef
  readonly labels: readonly string[]
  readonly extra: unknown
  /** Whether it belongs to its agent and can stand by elsewhere (HA), or was started by a get. */
  readonly stateless: boolean
  /** The one that gets without uuid and labels share on this agent. */
  readonly shared: boolean
  /** The token under which it served, or serves; undefined for one that stands by, or waits for its grant. */
  readonly token: ActivationToken | undefined
  /** Whether it has been without a lease since it served: it may have been given to somebody else. */
  readonly lapsed: boolean
  /** Its `terminate()` runs: it takes nothing, and nobody else may have it before that is over. */
  readonly ending: boolean
  /** The start that made it, while it waits for its grant. */
  readonly startId?: number | undefined
}

/** An agent asks to be taken in, or to be taken back. */
export interface Registration {
  readonly agentId: AgentUuid
  /** Another process, or the same one restarted, is another incarnation. */
  readonly incarnation: string
  readonly kinds: readonly ContainerKind[]
  readonly endpoint: AgentEndpointRef | undefined
  /** The newest coordinator that this incarnation has obeyed. */
  readonly seen: CoordinatorIdentity | undefined
  /** Whether it is about to leave: it takes nothing new, and what it has is to go elsewhere. */
  readonly draining: boolean
  readonly containers: readonly InventoryEntry[]
}

/** What becomes of the containers that an agent reported. What is not named here is to be ended. */
export interface RegistrationReply {
  readonly coordinator: CoordinatorIdentity
  /** How long the lease lasts, counted from when the registration was sent. */
  readonly leaseMs: number
  readonly pingIntervalMs: number
  /** These serve, from now on under these tokens; or go on ending. */
  readonly resume: readonly { readonly uuid: ContainerUuid; readonly token: ActivationToken }[]
  /** These stand by. */
  readonly standby: readonly ContainerUuid[]
  /** These stay as they are and serve nothing, until a grant or an end decides: the network is recovering. */
  readonly held: readonly ContainerUuid[]
}

/** An agent asks for its lease to be renewed. */
export interface Renewal {
  readonly agentId: AgentUuid
  readonly incarnation: string
  readonly coordinator: CoordinatorIdentity
}

/** Renewed, counted from when the renewal was sent; or the agent has to register again. */
export type RenewalReply = 'renewed' | 'register'

/**
 * Why a container is no longer there. `outranked`: another activation of it has a higher token; what belongs to
 * its agent stands by from then on, the rest ends. `drained`: it is to go elsewhere once it has answered what it
 * was asked.
 */
export type EndReason =
  | 'unused'
  | 'terminated'
  | 'health'
  | 'self'
  | 'fenced'
  | 'outranked'
  | 'drained'
  | 'withdrawn'
  | 'agent-closed'

/**
 * What an activation hands over to the next, packed by its agent: whoever passes it on does not look into it. A value
 * instead of bytes stays within one process.
 */
export type Snapshot =
  { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'value'; readonly value: unknown }

/** Turns what containers hand over into bytes and back. */
export interface SnapshotCodec {
  /** @throws `NOT_SERIALIZABLE` */
  encode(value: unknown): Uint8Array
  /** @throws `INVALID_MESSAGE` */
  decode(bytes: Uint8Array): unknown
}

/** An agent says that an activation has ended. */
export interface EndedReport {
  readonly agentId: AgentUuid
  readonly incarnation: string
  readonly uuid: ContainerUuid
  /** Which activation; undefined for one that stood by. */
  readonly token: ActivationToken | undefined
  readonly reason: EndReason
  /** What it has handed over. */
  readonly snapshot?: Snapshot | undefined
}

/** What an agent has added or changed since it registered: kinds, endpoint, containers that stand by. */
export interface AgentUpdate {
  readonly agentId: AgentUuid
  readonly incarnation: string
  readonly kinds: readonly ContainerKind[]
  readonly endpoint: AgentEndpointRef | undefined
  readonly standbys: readonly InventoryEntry[]
}

/** Hears how a registration ended: refused, or answered. */
export type SettleRegistration = (error: Error | undefined, reply: RegistrationReply | undefined) => void

/** The coordinator, as an agent sees it. */
export interface CoordinatorLink {
  /** What a container calls others with while it handles a request; absent where there is no client. */
  callerFor?(context: RequestContext): CallerClient
  /** How snapshots are packed for the way; absent within one process. */
  readonly snapshots?: SnapshotCodec | undefined
  /**
   * `settle` is called once, in the turn in which the answer is known: commands that follow from it may come
   * right behind it, and need its lease.
   */
  register(registration: Registration, agent: AgentLink, settle: SettleRegistration): void
  renew(renewal: Renewal): Promise<RenewalReply>
  ended(report: EndedReport): Promise<void>
  update(update: AgentUpdate): Promise<void>
  /** The agent is about to leave: everything that it has is to go elsewhere. Answered before that has happened. */
  drain(agentId: AgentUuid, incarnation: string): Promise<void>
  /** The agent has stopped serving for good. */
  unregister(agentId: AgentUuid, incarnation: string): Promise<void>
}

/** Start a container. */
export interface StartCommand {
  readonly coordinator: CoordinatorIdentity
  /** Names this start, also when it is withdrawn. */
  readonly startId: number
  readonly kind: ContainerKind
  /** Undefined when the factory is to name it: then it serves only once granted. */
  readonly uuid: ContainerUuid | undefined
  readonly labels: readonly string[]
  readonly extra: unknown
  /** See {@link InventoryEntry.shared}. */
  readonly shared: boolean
  /** The grant, when the uuid is known from the start. */
  readonly token: ActivationToken | undefined
  /** What the last activation has handed over. */
  readonly snapshot?: Snapshot | undefined
}

/** What a start came to. */
export interface StartResult {
  readonly uuid: ContainerUuid
  readonly endpoint: ContainerEndpointRef
}

/** Let a container serve: one that was started without a token, or stood by. */
export interface GrantCommand {
  readonly coordinator: CoordinatorIdentity
  readonly uuid: ContainerUuid
  /** The start that made it; undefined for one that stood by. */
  readonly startId: number | undefined
  readonly token: ActivationToken
  /** What the last activation has handed over. */
  readonly snapshot?: Snapshot | undefined
}

/** End a container; answered once it has ended. */
export interface EndCommand {
  readonly coordinator: CoordinatorIdentity
  /** A start to withdraw, with whatever came of it. */
  readonly startId: number | undefined
  readonly uuid: ContainerUuid | undefined
  readonly token: ActivationToken | undefined
  readonly reason: EndReason
}

/** What the end of a container came to. */
export interface EndResult {
  /** What it has handed over to its next activation. */
  readonly snapshot: Snapshot | undefined
}

/** A client has gone: its connections to this agent's containers end. */
export interface ClientGoneCommand {
  readonly clientId: ClientUuid
  readonly uuids: readonly ContainerUuid[]
}

/** The headers of a call that has none: whoever looks only for some of them need not look further. */
export const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/** A request for a container, on its way to it. */
export interface ContainerCall {
  readonly uuid: ContainerUuid
  readonly operation: string
  readonly data: unknown
  readonly clientId: ClientUuid | undefined
  /** By the agent's clock. */
  readonly deadline: number
  readonly headers: Readonly<Record<string, string>>
  /** Made only for handlers that look. */
  signal(): AbortSignal
}

/** How a container fares, as its agent sees it. */
export interface ContainerActivity {
  /** Requests and sends that it was handed. */
  readonly requests: number
  /** Of these, the ones that it answered with an error. */
  readonly failures: number
  /** Requests that it is handling. */
  readonly inFlight: number
  /** Streams that are open. */
  readonly streams: number
  /** Clients that are connected to it. */
  readonly connections: number
  readonly lastPing:
    | {
        /** Milliseconds since 1970, by the agent's clock. */
        readonly at: number
        readonly ok: boolean
        readonly failuresInARow: number
      }
    | undefined
}

/** Where the items of a stream go. */
export interface StreamSink {
  /** Whether an item may be written now. */
  readonly ready: boolean
  /** Whether nothing can be written any more. */
  readonly closed: boolean
  /** Resolves when an item may be written, or nothing can be any more. */
  whenReady(): Promise<void>
  /** @throws `NOT_SERIALIZABLE`, `MESSAGE_TOO_LARGE` */
  write(value: unknown): void
  /** Ends the stream; with an error, abruptly. Ending an ended one does nothing. */
  end(error?: Error): void
}

/** A stream that is wanted of a container. */
export interface StreamCall extends ContainerCall {
  readonly sink: StreamSink
  /** Called once when whoever reads wants no more. */
  onClosed: (() => void) | undefined
}

/** Where a container's events for one client go. */
export interface Subscriber {
  readonly clientId: ClientUuid
  /** Tells two ways to the same client apart: the one that comes last is used. */
  readonly session: object
  /** Queues one event. @throws `OVERLOADED` when the client does not read */
  deliver(uuid: ContainerUuid, data: unknown): void
  /** The container has ended or moved; no more events come this way. */
  ended(uuid: ContainerUuid): void
}

/** An agent, as the coordinator, or whoever carries requests to it, sees it. */
export interface AgentLink {
  readonly agentId: AgentUuid
  readonly incarnation: string

  // From the coordinator
  /** @param headers those of the get for which it is started */
  start(command: StartCommand, headers?: Readonly<Record<string, string>>): Promise<StartResult>
  grant(command: GrantCommand): Promise<void>
  end(command: EndCommand): Promise<EndResult>
  clientGone(command: ClientGoneCommand): void

  // From clients, through the coordinator or directly
  /** @throws `NOT_SERVING` before anything was dispatched, or what the container throws */
  dispatch(call: ContainerCall): Promise<unknown>
  /** Fire and forget. @throws `NOT_SERVING` */
  dispatchSend(call: ContainerCall): void
  /** Serves a stream; whatever goes wrong ends its sink with the error. */
  dispatchStream(call: StreamCall): void
  connect(uuid: ContainerUuid, subscriber: Subscriber): Promise<void>
  disconnect(uuid: ContainerUuid, clientId: ClientUuid, session: object): void
  /** All ways to clients that lead over this session have closed. */
  sessionEnded(session: object): void
  /** @throws `NOT_SERVING` when this container is not here */
  inspect(uuid: ContainerUuid): Promise<ContainerActivity>
  /** The coordinator counts on this incarnation no more: what was asked of it will not be answered. */
  gone(): void

  /** Registers with a coordinator and keeps the lease, until the result is closed. */
  bind(coordinator: CoordinatorLink): AgentBinding
}

/** An agent's standing with one coordinator. */
export interface AgentBinding {
  /** Resolves when registered for the first time; rejects when refused or closed before. */
  readonly registered: Promise<void>
  /** The way to the coordinator is new, or the coordinator is: register again, now. */
  refresh(): void
  /** Stops serving, then unregisters. */
  close(): Promise<void>
}

/** A live container and what the network knows of it: what factories return. */
export interface HostedContainer {
  readonly uuid: ContainerUuid
  readonly endpoint: ContainerEndpointRef
  readonly container: Container
}
