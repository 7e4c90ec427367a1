import type {
  CallerClient,
  Clock,
  ContainerConnection,
  ContainerEndpointRef,
  ContainerKind,
  ContainerReference,
  ContainerRequests,
  ContainerUuid,
  Data,
  GetOptions,
  Remote,
  RequestContext,
  RequestOptions,
  Service,
  ServiceDeclaration,
  ServiceGetOptions,
  ServiceReference,
  StreamOptions,
  WaitOptions
} from '@hcengineering/network-core'
import { castRequests, isService, withCallChain } from '@hcengineering/network-core'
import { TypedReference } from './service-reference.ts'

/** The request within which calls are made: nothing outlives it. */
class Scope {
  private readonly context: RequestContext
  private readonly clock: Clock

  constructor(context: RequestContext, clock: Clock) {
    this.context = context
    this.clock = clock
  }

  /** As {@link limit}; and says from which calls this one comes. */
  within<T extends RequestOptions | StreamOptions>(options: T): T & WaitOptions {
    return { ...this.limit(options), headers: withCallChain(options.headers, this.context.chain) }
  }

  /** The caller's own wishes, within what is left of the deadline, and cancelled with it. */
  limit<T extends WaitOptions>(options: T): T & WaitOptions {
    const left = Math.max(1, this.context.deadline - this.clock.now())
    const { signal } = this.context
    return {
      ...options,
      // An endless request leaves its calls their own deadline.
      timeoutMs: Number.isFinite(left) ? Math.min(options.timeoutMs ?? left, left) : options.timeoutMs,
      signal: options.signal === undefined ? signal : AbortSignal.any([options.signal, signal])
    }
  }
}

/** A client for the time of one request. */
export class ScopedClient implements CallerClient {
  private readonly client: CallerClient
  private readonly scope: Scope

  constructor(client: CallerClient, context: RequestContext, clock: Clock) {
    this.client = client
    this.scope = new Scope(context, clock)
  }

  get(kind: ContainerKind, options?: GetOptions & WaitOptions): Promise<ContainerReference>
  get<D extends ServiceDeclaration>(
    service: Service<D>,
    options?: ServiceGetOptions<D>
  ): Promise<ServiceReference<D>>
  async get(
    what: ContainerKind | Service,
    options: GetOptions & WaitOptions = {}
  ): Promise<ContainerReference | ServiceReference<ServiceDeclaration>> {
    const kind = isService(what) ? what.kind : what
    const reference = new ScopedReference(await this.client.get(kind, this.scope.limit(options)), this.scope)
    return isService(what) ? new TypedReference(what, reference) : reference
  }

  request(
    target: ContainerUuid,
    operation: string,
    data?: Data,
    options: RequestOptions = {}
  ): Promise<Data> {
    return this.client.request(target, operation, data, this.scope.within(options))
  }
}

/** What a reference and a connection have in common. */
abstract class ScopedRequests<
  T extends ContainerRequests & AsyncDisposable & { close(): Promise<void> }
> implements ContainerRequests {
  protected readonly inner: T
  protected readonly scope: Scope

  constructor(inner: T, scope: Scope) {
    this.inner = inner
    this.scope = scope
  }

  request(operation: string, data?: Data, options: RequestOptions = {}): Promise<Data> {
    return this.inner.request(operation, data, this.scope.within(options))
  }

  send(operation: string, data?: Data): Promise<void> {
    return this.inner.send(operation, data)
  }

  stream(operation: string, data?: Data, options: StreamOptions = {}): AsyncIterableIterator<Data> {
    return this.inner.stream(operation, data, this.scope.within(options))
  }

  cast<I>(interfaceName?: string): Remote<I> {
    return castRequests<I>((operation, data) => this.request(operation, data), interfaceName)
  }

  close(): Promise<void> {
    return this.inner.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

class ScopedReference extends ScopedRequests<ContainerReference> implements ContainerReference {
  get uuid(): ContainerUuid {
    return this.inner.uuid
  }

  get endpoint(): ContainerEndpointRef {
    return this.inner.endpoint
  }

  get onEndpointUpdate(): ((endpoint: ContainerEndpointRef) => void) | undefined {
    return this.inner.onEndpointUpdate
  }

  set onEndpointUpdate(listener: ((endpoint: ContainerEndpointRef) => void) | undefined) {
    this.inner.onEndpointUpdate = listener
  }

  async connect(options: WaitOptions = {}): Promise<ContainerConnection> {
    return new ScopedConnection(await this.inner.connect(this.scope.limit(options)), this.scope)
  }
}

class ScopedConnection extends ScopedRequests<ContainerConnection> implements ContainerConnection {
  get uuid(): ContainerUuid {
    return this.inner.uuid
  }

  get on(): ContainerConnection['on'] {
    return this.inner.on
  }

  set on(handler: ContainerConnection['on']) {
    this.inner.on = handler
  }
}
