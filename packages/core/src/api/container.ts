import type { Data } from './data.ts'
import type { ClientUuid, ContainerKind, ContainerUuid } from './ids.ts'
import type { CallerClient } from './reference.ts'
import type { ActivationToken } from './tokens.ts'

/** What a container learns about a request besides its operation and data. */
export interface RequestContext {
  /** Aborted when the caller cancels, its deadline passes, or the container loses its right to serve. */
  readonly signal: AbortSignal
  /** When the caller stops waiting, in milliseconds of the hosting agent's clock. */
  readonly deadline: number
  /** Who asks; undefined for a request made by the hosting process itself. */
  readonly clientId: ClientUuid | undefined
  /** What the caller passed as `headers`. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * For calls to other containers: they wait no longer than this request, and are cancelled with it.
   *
   * @throws NetworkError `INVALID_ARGUMENT` when read in an agent that no client has registered
   */
  readonly client: CallerClient
  /** This activation's fencing token: it grows with every activation of the same uuid. */
  readonly token: ActivationToken
  /**
   * The calls that this one came from, through the `client` of other requests, the eldest first; itself is the last.
   * Names without a meaning, unique in the network.
   */
  readonly chain: readonly string[]
}

/** Why a container that may finish first is to end: nobody needs it, it is to go elsewhere, or somebody said so. */
export type FinishReason = 'unused' | 'drained' | 'terminated'

/** Sends an event to one connected client. Resolves once the event is queued. */
export type Broadcast = (data: any) => Promise<void>

/**
 * A live service object, hosted by an agent and reached by its kind and uuid, or by its labels.
 *
 * Requests run in parallel, in the order in which they arrive, each started before the next is looked at.
 */
export interface Container {
  /**
   * Answers a request. What it throws reaches the caller with the same message.
   *
   * @param operation the caller's name for what to do
   * @param data whatever the caller sent: plain data, bytes, Date, Map, Set, bigint
   * @param clientId who asks
   * @param context deadline, cancellation, headers and fencing token
   */
  request(operation: string, data?: any, clientId?: ClientUuid, context?: RequestContext): Promise<any>

  /**
   * Serves a stream: what it yields reaches the caller as fast as the caller reads. Leaving early, on either
   * side, ends it on the other: `context.signal` is aborted and the generator's `finally` runs.
   *
   * @param data what the caller sent; an `AsyncIterable` when the caller streams, too
   */
  stream?(operation: string, data: any, context: RequestContext): AsyncIterable<any>

  /** A client has opened its first connection. A broadcast made in here reaches it. */
  connect(clientId: ClientUuid, broadcast: Broadcast): void | Promise<void>

  /** The client has closed its last connection, or has gone. */
  disconnect(clientId: ClientUuid): void | Promise<void>

  /**
   * Says "not yet": called before {@link terminate}, and the container does not end before the promise has settled
   * and what it was asked is answered. Meanwhile it is handed no new call, and what it says still arrives. Bounded by
   * `finishTimeout` of its agent, or `drainTimeout`. Not called when it is not well, or its agent just closes.
   */
  finish?(reason: FinishReason): void | Promise<void>

  /**
   * What the next activation of this uuid is to have, or a promise of it: called when the container is drained or terminated, after it has
   * answered what it was asked and before {@link terminate}. The next factory finds it in its options, a standby in
   * {@link restore}. A hand-over and no store: it is lost with the agent, with the coordinator, and after a while.
   */
  snapshot?(): unknown

  /** For one that stood by: what the last activation has handed over, before the first request. */
  restore?(snapshot: Data): void

  /** Ends the container. Broadcasts made in here still arrive. */
  terminate(): Promise<void>

  /** Health check: called by the agent at intervals; a rejection counts as a failure. */
  ping(): Promise<void>

  /**
   * Set by the agent when it takes the container in: a container that has ended by itself calls it. A
   * callback that the container brings along is kept, and called once the container has ended.
   */
  onTerminated?: (() => void) | undefined
}

/** What a caller of `get` asks for. */
export interface GetOptions {
  /** The one container of this uuid. Without it the labels, or the kind alone, decide. */
  uuid?: ContainerUuid | undefined
  /** A container that bears all of these. Applied to a new one. */
  labels?: string[] | undefined
  /** Reaches the factory unchanged and selects nothing. */
  extra?: any
}

/** A {@link GetOptions} with its kind: what a network or agent is asked for. */
export interface ContainerRequest extends GetOptions {
  kind: ContainerKind
}
