/** What callers have of a service: references and connections with a method for each thing that it declares. */

import type { ContainerEndpointRef, ContainerUuid } from './ids.ts'
import type { WaitOptions } from './network.ts'
import type { ContainerConnection, ContainerReference, RequestOptions, StreamOptions } from './reference.ts'
import type {
  EventData,
  EventName,
  ExtraInput,
  OperationInput,
  OperationName,
  OperationOutput,
  ServiceDeclaration,
  StreamInput,
  StreamItem,
  StreamName
} from './service.ts'

/** Calls an operation. What takes no input is called without. */
export type Call<Input, Output> = undefined extends Input
  ? (data?: Input, options?: RequestOptions) => Promise<Output>
  : (data: Input, options?: RequestOptions) => Promise<Output>

/** Sends a request and waits for nothing. */
export type Send<Input> = undefined extends Input
  ? (data?: Input) => Promise<void>
  : (data: Input) => Promise<void>

/** Opens a stream. */
export type OpenStream<Input, Item> = undefined extends Input
  ? (data?: Input, options?: StreamOptions) => AsyncIterableIterator<Item>
  : (data: Input, options?: StreamOptions) => AsyncIterableIterator<Item>

/** A method for each operation of a service. */
export type ServiceApi<D extends ServiceDeclaration> = {
  readonly [K in OperationName<D>]: Call<OperationInput<D, K>, OperationOutput<D, K>>
}

/** A method for each operation of a service that waits for no answer. */
export type ServiceSends<D extends ServiceDeclaration> = {
  readonly [K in OperationName<D>]: Send<OperationInput<D, K>>
}

/** A method for each stream of a service. */
export type ServiceStreams<D extends ServiceDeclaration> = {
  readonly [K in StreamName<D>]: OpenStream<StreamInput<D, K>, StreamItem<D, K>>
}

/** What is asked for when a service's container is wanted. */
export interface ServiceGetOptions<D extends ServiceDeclaration> extends WaitOptions {
  /** The one container of this name. Without it the labels, or the service alone, decide. */
  uuid?: string | undefined
  /** A container that bears all of these. Applied to a new one. */
  labels?: readonly string[] | undefined
  /** Reaches a new container as its `extra`. */
  extra?: ExtraInput<D> | undefined
}

/** What a service's containers are asked through: a reference, or a connection. */
export interface ServiceRequests<D extends ServiceDeclaration> {
  readonly uuid: ContainerUuid
  /**
   * The operations: `api.name(data, options)`.
   *
   * @throws NetworkError what the container threw, with its code; `INVALID_ARGUMENT` when its schema refuses the data;
   * `UNKNOWN_OPERATION` when the container is of an older version; and what every request can end with
   */
  readonly api: ServiceApi<D>
  /** The operations again, as messages that nobody answers. */
  readonly send: ServiceSends<D>
  /** The streams: `streams.name(data, options)` is an `AsyncIterable`. */
  readonly streams: ServiceStreams<D>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A reference to a service's container: keeps it alive, and follows it wherever it runs. */
export interface ServiceReference<D extends ServiceDeclaration> extends ServiceRequests<D> {
  /** Where it runs now. */
  readonly endpoint: ContainerEndpointRef
  /** Called when it runs elsewhere. */
  onEndpointUpdate: ((endpoint: ContainerEndpointRef) => void) | undefined
  /** The same reference, for what the service does not declare. */
  readonly untyped: ContainerReference
  /** Opens a connection: direct to the container's agent where that can be reached, and able to receive its events. */
  connect(options?: WaitOptions): Promise<ServiceConnection<D>>
}

/** A connection to a service's container. */
export interface ServiceConnection<D extends ServiceDeclaration> extends ServiceRequests<D> {
  /** The same connection, for what the service does not declare. Its `on` belongs to this one. */
  readonly untyped: ContainerConnection
  /**
   * Hears of every event of this name, in order, also of those that came before the first listener of all: set all
   * listeners in one turn.
   *
   * @returns what ends that
   */
  on<K extends EventName<D>>(event: K, listener: (data: EventData<D, K>) => void | Promise<void>): () => void
}
