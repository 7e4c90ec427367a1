import {
  methodProxy,
  readEventNotice,
  type ContainerConnection,
  type ContainerEndpointRef,
  type ContainerReference,
  type ContainerRequests,
  type ContainerUuid,
  type EventData,
  type EventName,
  type RequestOptions,
  type Service,
  type ServiceApi,
  type ServiceConnection,
  type ServiceDeclaration,
  type ServiceReference,
  type ServiceRequests,
  type ServiceSends,
  type ServiceStreams,
  type StreamOptions,
  type WaitOptions
} from '@hcengineering/network-core'

type Requests = ContainerRequests & { readonly uuid: ContainerUuid; close(): Promise<void> }

function declares(group: object | undefined, name: string): boolean {
  return group !== undefined && Object.hasOwn(group, name)
}

/** What a typed reference and a typed connection have in common: methods in place of names. */
class TypedRequests<D extends ServiceDeclaration, T extends Requests> implements ServiceRequests<D> {
  readonly api: ServiceApi<D>
  readonly send: ServiceSends<D>
  readonly streams: ServiceStreams<D>
  readonly untyped: T

  constructor({ declaration }: Service<D>, untyped: T) {
    this.untyped = untyped
    const { operations, streams } = declaration
    this.api = methodProxy((name) =>
      declares(operations, name)
        ? (data: unknown, options?: RequestOptions) => untyped.request(name, data, options)
        : undefined
    ) as ServiceApi<D>
    this.send = methodProxy((name) =>
      declares(operations, name) ? (data: unknown) => untyped.send(name, data) : undefined
    ) as ServiceSends<D>
    this.streams = methodProxy((name) =>
      declares(streams, name)
        ? (data: unknown, options?: StreamOptions) => untyped.stream(name, data, options)
        : undefined
    ) as ServiceStreams<D>
  }

  get uuid(): ContainerUuid {
    return this.untyped.uuid
  }

  close(): Promise<void> {
    return this.untyped.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A reference with a method for each thing that a service declares, on top of an untyped one. */
export class TypedReference<D extends ServiceDeclaration>
  extends TypedRequests<D, ContainerReference>
  implements ServiceReference<D>
{
  private readonly service: Service<D>

  constructor(service: Service<D>, untyped: ContainerReference) {
    super(service, untyped)
    this.service = service
  }

  get endpoint(): ContainerEndpointRef {
    return this.untyped.endpoint
  }

  get onEndpointUpdate(): ((endpoint: ContainerEndpointRef) => void) | undefined {
    return this.untyped.onEndpointUpdate
  }

  set onEndpointUpdate(listener: ((endpoint: ContainerEndpointRef) => void) | undefined) {
    this.untyped.onEndpointUpdate = listener
  }

  async connect(options: WaitOptions = {}): Promise<ServiceConnection<D>> {
    return new TypedConnection(this.service, await this.untyped.connect(options))
  }
}

type Listener = (data: never) => void | Promise<void>

/** A connection with a method for each thing that a service declares, on top of an untyped one. */
class TypedConnection<D extends ServiceDeclaration>
  extends TypedRequests<D, ContainerConnection>
  implements ServiceConnection<D>
{
  private readonly listeners = new Map<PropertyKey, Set<Listener>>()
  private listening = false

  on<K extends EventName<D>>(
    event: K,
    listener: (data: EventData<D, K>) => void | Promise<void>
  ): () => void {
    const listeners = this.listeners.get(event) ?? new Set<Listener>()
    this.listeners.set(event, listeners)
    // One of its own for each call: the same function may listen twice.
    const own: Listener = (data) => listener(data)
    listeners.add(own)
    this.listen()
    return () => {
      listeners.delete(own)
    }
  }

  /** Takes events from the end of this turn on: what has been kept until then is for all who listen by then. */
  private listen(): void {
    if (this.listening) return
    this.listening = true
    queueMicrotask(() => {
      this.untyped.on = (value: unknown) => this.hear(value)
    })
  }

  private async hear(value: unknown): Promise<void> {
    const notice = readEventNotice(value)
    const listeners = notice === undefined ? undefined : this.listeners.get(notice.event)
    if (notice === undefined || listeners === undefined) return
    const outcomes = await Promise.allSettled([...listeners].map((listener) => tell(listener, notice.data)))
    // Each has heard it; whoever failed is reported by the connection.
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}

/** What a listener makes of an event; asynchronous, so that what it throws at once is rejected, too. */
async function tell(listener: Listener, data: unknown): Promise<void> {
  await listener(data as never)
}
