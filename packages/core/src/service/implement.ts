import type { ContainerFactories } from '../agent/factory.ts'
import type { FinishReason, RequestContext } from '../api/container.ts'
import {
  containerOnAgentEndpointRef,
  containerUuid,
  opaqueEndpointRef,
  randomIds,
  requireName,
  type AgentEndpointRef,
  type ClientUuid,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid,
  type IdSource
} from '../api/ids.ts'
import type { EventNotice } from '../api/event-notice.ts'
import { methodProxy } from '../api/method-proxy.ts'
import type {
  EventData,
  EventName,
  ExtraReceived,
  OperationName,
  OperationOutput,
  OperationReceived,
  Service,
  ServiceDeclaration,
  SnapshotOf,
  SnapshotReceived,
  StreamItem,
  StreamName,
  StreamReceived
} from '../api/service.ts'
import { checkWith } from '../api/standard-schema.ts'
import type { HostedContainer } from '../contract/ports.ts'
import { ContainerBase, type ContainerBaseOptions } from './container-base.ts'
import { readSnapshot, serviceLogic } from './service-logic.ts'

/** A method for each event of a service: sends it, and resolves once it is queued. */
export type ServiceEvents<D extends ServiceDeclaration> = {
  readonly [K in EventName<D>]: undefined extends EventData<D, K>
    ? (data?: EventData<D, K>) => Promise<void>
    : (data: EventData<D, K>) => Promise<void>
}

/** What a container of a service knows of itself, and does. */
export interface ServiceContext<D extends ServiceDeclaration> {
  readonly uuid: ContainerUuid
  /** What the `get` that made it asked for. */
  readonly labels: readonly string[]
  /** What the `get` that made it brought along. */
  readonly extra: ExtraReceived<D> | undefined
  /** What the activation before this one has handed over. */
  readonly snapshot: SnapshotReceived<D> | undefined
  /** Sends an event to everybody who is connected. */
  readonly publish: ServiceEvents<D>
  /** Sends an event to one of them. */
  readonly publishTo: (clientId: ClientUuid) => ServiceEvents<D>
  /** Who is connected. */
  readonly clients: () => ClientUuid[]
  /** Ends this container. */
  readonly end: () => void
}

/** Answers an operation. What it throws reaches the caller with the same message and code. */
export type OperationHandler<Received, Output> = (
  data: Received,
  context: RequestContext
) => Output | Promise<Output>

/** Serves a stream: mostly an asynchronous generator. */
export type StreamHandler<Received, Item> = (data: Received, context: RequestContext) => AsyncIterable<Item>

/** A handler for each operation of a service. */
export type OperationHandlers<D extends ServiceDeclaration> = {
  readonly [K in OperationName<D>]: OperationHandler<OperationReceived<D, K>, OperationOutput<D, K>>
}

/** A handler for each stream of a service. */
export type StreamHandlers<D extends ServiceDeclaration> = {
  readonly [K in StreamName<D>]: StreamHandler<StreamReceived<D, K>, StreamItem<D, K>>
}

/** What every container may do besides its operations and streams. */
export interface ServiceHooks<D extends ServiceDeclaration> {
  /** A client has opened its first connection, and hears events from now on, also those that are sent in here. */
  connected?(clientId: ClientUuid): void | Promise<void>
  /** The client has closed its last connection, or has gone. */
  disconnected?(clientId: ClientUuid): void | Promise<void>
  /** Throws, or rejects, when it is not well: then its agent ends it. */
  health?(): void | Promise<void>
  /** Nothing runs in it and nobody is connected, for `idleAfterMs` by now. */
  idle?(): void | Promise<void>
  /** It is to end, and does not before this has settled and what it was asked is answered. */
  finish?(reason: FinishReason): void | Promise<void>
  /** What the next activation is to have, when this one is drained or terminated. */
  snapshot?(): SnapshotOf<D> | Promise<SnapshotOf<D>>
  /** For one that stood by: what the last activation has handed over. */
  restore?(snapshot: SnapshotReceived<D>): void
  /** It ends. Events that are sent in here still arrive. */
  terminate?(): void | Promise<void>
}

/** What a container of a service is: a handler for all that is declared, and hooks. */
export type ServiceHandlers<D extends ServiceDeclaration> = ServiceHooks<D> &
  ([OperationName<D>] extends [never]
    ? { readonly operations?: undefined }
    : { readonly operations: OperationHandlers<D> }) &
  ([StreamName<D>] extends [never]
    ? { readonly streams?: undefined }
    : { readonly streams: StreamHandlers<D> })

/** Options of the containers of a service. */
export interface ImplementOptions extends ContainerBaseOptions {
  /** Names containers for which nobody has asked by name. @default random uuids */
  ids?: IdSource | undefined
}

/**
 * The factory of a service's containers, as `createAgent` and `serveAgent` take it: beside those of other services,
 * and plain ones.
 *
 * @param make called for each new container; returns its handlers
 *
 * @example
 * ```ts
 * import { createNetworkClient } from '@hcengineering/network-client'
 * import { defineService, event, implement, operation } from '@hcengineering/network-core'
 *
 * const Counter = defineService('counter', {
 *   operations: { add: operation<{ by: number }, number>() },
 *   events: { changed: event<number>() }
 * })
 *
 * const counters = implement(Counter, ({ publish }) => {
 *   let count = 0
 *   return {
 *     operations: {
 *       add: async ({ by }) => {
 *         count += by
 *         await publish.changed(count)
 *         return count
 *       }
 *     }
 *   }
 * })
 * await using agent = await createNetworkClient('localhost:3737').serveAgent('localhost:0', { ...counters })
 * ```
 */
export function implement<D extends ServiceDeclaration>(
  service: Service<D>,
  make: (self: ServiceContext<D>) => ServiceHandlers<D> | Promise<ServiceHandlers<D>>,
  options: ImplementOptions = {}
): ContainerFactories {
  const { kind, declaration } = service
  return {
    [kind]: async ({ uuid: asked, labels, extra, snapshot, clock, logger }, agentEndpoint) => {
      const uuid = asked ?? containerUuid(options.ids ?? randomIds)
      const { self, hold } = contextOf<D>(uuid, {
        labels: labels ?? [],
        extra: await checkedExtra(service, extra),
        snapshot: await readSnapshot(declaration, snapshot)
      })
      const logic = serviceLogic(declaration, await make(self))
      const container = hold(new ContainerBase(logic, { clock, logger, ...options }))
      return { uuid, container, endpoint: endpointOf(kind, uuid, agentEndpoint) }
    }
  }
}

/** A container that its agent brings along: what `serveAgent` and `addStatelessContainer` take. */
export interface ImplementedStandby extends HostedContainer {
  readonly kind: ContainerKind
}

/**
 * A container of a service that its agent brings along for high availability: several agents may bring one of the
 * same name; one serves, the others stand by.
 *
 * @param uuid its name
 * @param agentEndpoint where its agent listens; undefined for one without a listener
 *
 * @example
 * ```ts
 * import { createNetworkClient } from '@hcengineering/network-client'
 * import { defineService, operation, standby } from '@hcengineering/network-core'
 *
 * const Leader = defineService('leader', { operations: { term: operation<void, number>() } })
 *
 * const client = createNetworkClient('localhost:3737')
 * await using agent = await client.serveAgent('localhost:0', {}, (endpoint) => [
 *   standby(Leader, 'leader-1', endpoint, () => ({ operations: { term: (_, { token }) => token.sequence } }))
 * ])
 * ```
 */
export function standby<D extends ServiceDeclaration>(
  service: Service<D>,
  uuid: string,
  agentEndpoint: AgentEndpointRef | undefined,
  make: (self: ServiceContext<D>) => ServiceHandlers<D>,
  options: ContainerBaseOptions = {}
): ImplementedStandby {
  const { kind, declaration } = service
  const name = requireName(uuid, 'a uuid') as ContainerUuid
  const { self, hold } = contextOf<D>(name, { labels: [], extra: undefined, snapshot: undefined })
  const container = hold(new ContainerBase(serviceLogic(declaration, make(self)), options))
  return { uuid: name, kind, container, endpoint: endpointOf(kind, name, agentEndpoint) }
}

/** What a container knows of itself; `hold` tells it the container, once there is one. */
function contextOf<D extends ServiceDeclaration>(
  uuid: ContainerUuid,
  made: { readonly labels: readonly string[]; readonly extra: unknown; readonly snapshot: unknown }
): { self: ServiceContext<D>; hold: (container: ContainerBase) => ContainerBase } {
  // While it is being made nobody is connected, and there is nothing to end.
  let held: ContainerBase | undefined
  const events = (send: (notice: EventNotice) => Promise<void> | undefined): ServiceEvents<D> =>
    methodProxy((event) => async (data: unknown) => {
      await send({ event, data })
    }) as ServiceEvents<D>
  const self: ServiceContext<D> = {
    uuid,
    labels: made.labels,
    extra: made.extra as ExtraReceived<D> | undefined,
    snapshot: made.snapshot as SnapshotReceived<D> | undefined,
    publish: events((notice) => held?.listeners.publish(notice)),
    publishTo: (clientId) => events((notice) => held?.listeners.send(clientId, notice)),
    clients: () => held?.listeners.clients() ?? [],
    end: () => held?.end()
  }
  const hold = (container: ContainerBase): ContainerBase => {
    held = container
    return container
  }
  return { self, hold }
}

async function checkedExtra({ kind, declaration }: Service, extra: unknown): Promise<unknown> {
  if (extra === undefined || declaration.extra === undefined) return undefined
  return await checkWith(declaration.extra, extra, `the extra of '${kind}'`)
}

function endpointOf(
  kind: ContainerKind,
  uuid: ContainerUuid,
  agentEndpoint: AgentEndpointRef | undefined
): ContainerEndpointRef {
  // Without a listener the agent has no address: its containers are reached through the coordinator.
  return agentEndpoint === undefined
    ? opaqueEndpointRef(`${kind}://${uuid}`)
    : containerOnAgentEndpointRef(agentEndpoint, uuid)
}
