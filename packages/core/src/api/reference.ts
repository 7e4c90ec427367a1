import type { Remote } from './cast.ts'
import type { GetOptions } from './container.ts'
import type { Data } from './data.ts'
import type { ContainerEndpointRef, ContainerKind, ContainerUuid } from './ids.ts'
import type { WaitOptions } from './network.ts'
import type { ServiceGetOptions, ServiceReference } from './service-reference.ts'
import type { Service, ServiceDeclaration } from './service.ts'

/** How a request is to be made. */
export interface RequestOptions extends WaitOptions {
  /** It may run twice: then it is sent again when its outcome is unknown. @default false */
  idempotent?: boolean | undefined
  /** Reaches the container as `context.headers`. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** How a stream is to be opened. */
export interface StreamOptions {
  /** Milliseconds after which it is cancelled. @default never */
  timeoutMs?: number | undefined
  /** Aborting cancels it. */
  signal?: AbortSignal | undefined
  /** Reaches the container as `context.headers`. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** What containers are asked through: a reference, or a connection. */
export interface ContainerRequests {
  /**
   * Sends a request and waits for its result. Bytes of more than 1 MiB are not copied before they leave: do
   * not change them before the request has settled.
   *
   * @throws NetworkError what the container threw, with the same message; `TIMEOUT`, `ABORTED`,
   * `OUTCOME_UNKNOWN` when it may or may not have run, `OVERLOADED`, `MESSAGE_TOO_LARGE`, `NOT_SERIALIZABLE`
   */
  request(operation: string, data?: Data, options?: RequestOptions): Promise<Data>

  /** Sends a request and waits for nothing. Resolves once it is queued. */
  send(operation: string, data?: Data): Promise<void>

  /**
   * Opens a stream that the container's `stream` serves. Reading slowly slows the container down; leaving the
   * loop, or aborting, ends it there, too.
   *
   * @param data a value, or an `AsyncIterable` to stream to the container as well
   * @throws NetworkError while it is read: what the container threw; `MOVED` when the container ended or moved
   * before the stream did; `ABORTED`, `TIMEOUT`, `OUTCOME_UNKNOWN`
   */
  stream(operation: string, data?: Data, options?: StreamOptions): AsyncIterableIterator<Data>

  /** A typed proxy: its method calls become `request('Interface.method', [args])`. */
  cast<T>(interfaceName?: string): Remote<T>
}

/** A reference to a container: keeps it alive, and follows it wherever it runs. */
export interface ContainerReference extends ContainerRequests {
  readonly uuid: ContainerUuid
  /** Where it runs now. */
  readonly endpoint: ContainerEndpointRef
  /** Called when it runs elsewhere. */
  onEndpointUpdate: ((endpoint: ContainerEndpointRef) => void) | undefined

  /** Opens a connection: direct to its agent where that can be reached, and able to receive its events. */
  connect(options?: WaitOptions): Promise<ContainerConnection>

  /** Gives the reference back; open connections keep the container until they are closed, too. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A connection to a container. */
export interface ContainerConnection extends ContainerRequests {
  readonly uuid: ContainerUuid
  /** Called with each event that the container broadcasts, in order. Events that came before are kept for it. */
  on: ((data: Data) => void | Promise<void>) | undefined
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * What a container calls other containers with, while it handles a request: whatever it asks for waits no
 * longer than the request that it handles, and is cancelled with it.
 */
export interface CallerClient {
  /** As the client's own `get`. Close the reference when the request has been handled. */
  get(kind: ContainerKind, options?: GetOptions & WaitOptions): Promise<ContainerReference>
  /** As above, for a declared service: with a method for each thing that it declares. */
  get<D extends ServiceDeclaration>(
    service: Service<D>,
    options?: ServiceGetOptions<D>
  ): Promise<ServiceReference<D>>
  /** As the client's own `request`. */
  request(target: ContainerUuid, operation: string, data?: Data, options?: RequestOptions): Promise<Data>
}
