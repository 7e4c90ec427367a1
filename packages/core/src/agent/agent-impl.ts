import { assertNever } from '../api/assert.ts'
import type { Container, ContainerRequest, RequestContext } from '../api/container.ts'
import type { Data } from '../api/data.ts'
import { NetworkError, toNetworkError } from '../api/errors.ts'
import {
  requireName,
  type AgentEndpointRef,
  type AgentUuid,
  type ContainerEndpointRef,
  type ContainerKind,
  type ContainerUuid
} from '../api/ids.ts'
import type { NetworkAgent } from '../api/network.ts'
import type { CallerClient } from '../api/reference.ts'
import { NetworkEventKind, type ContainerRecord, type NetworkEventListener } from '../api/records.ts'
import type {
  AgentBinding,
  AgentLink,
  ClientGoneCommand,
  ContainerActivity,
  ContainerCall,
  CoordinatorLink,
  EndCommand,
  EndReason,
  GrantCommand,
  HostedContainer,
  StartCommand,
  StartResult,
  StreamCall,
  Subscriber
} from '../contract/ports.ts'
import { Binding } from './binding.ts'
import { requireHosted, type ContainerFactories } from './factory.ts'
import { HealthChecks } from './health.ts'
import { ContainerHost, type HostEnvironment } from './host.ts'
import type { Moment } from './lease.ts'
import { AgentMachine, type AgentEffect, type Instance, type InstanceId } from './machine.ts'
import { resolveAgentOptions, type AgentOptions, type ResolvedAgentOptions } from './options.ts'
import { hostContainer } from './hosts.ts'

/** What handing over takes besides the containers' own time. */
const drainMarginMs = 2000

interface Pending<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

/**
 * An agent: hosts containers, made by its factories or brought along, and serves them under a lease.
 *
 * The shell around the agent machine: it calls factories and containers, and tells the machine what came of
 * it.
 *
 * @example
 * ```ts
 * import { AgentImpl, type AgentUuid, type ContainerFactory } from '@hcengineering/network-core'
 *
 * declare const chatRoom: ContainerFactory
 * export const agent = new AgentImpl('agent-1' as AgentUuid, { 'chat-room': chatRoom })
 * ```
 */
export class AgentImpl implements NetworkAgent {
  readonly uuid: AgentUuid
  readonly link: AgentLink
  onUpdate: NetworkEventListener | undefined
  onAgentUpdate: (() => void | Promise<void>) | undefined

  private readonly factories: ContainerFactories
  private readonly options: ResolvedAgentOptions
  private readonly machine: AgentMachine
  private readonly environment: HostEnvironment
  private readonly hosts = new Map<InstanceId, ContainerHost>()
  /** What factories have made and the machine has not yet taken in. */
  private readonly starts = new Map<number, Pending<StartResult>>()
  private readonly ends = new Map<InstanceId, (() => void)[]>()
  private listenerEndpoint: AgentEndpointRef | undefined
  private binding: Binding | undefined
  private readonly health: HealthChecks
  /** Set while draining: nothing is served here any more. */
  private emptied: (() => void) | undefined

  constructor(uuid: AgentUuid, factories: ContainerFactories, options: AgentOptions = {}) {
    this.uuid = requireName(uuid, 'the uuid of an agent')
    for (const [kind, factory] of Object.entries(factories)) {
      requireName(kind, 'a kind')
      if (typeof factory !== 'function') {
        throw new NetworkError('INVALID_ARGUMENT', `the factory of '${kind}' must be a function`)
      }
    }
    this.factories = { ...factories }
    this.options = resolveAgentOptions(options)
    const incarnation = this.options.ids()
    const { activation } = this.options
    this.machine = new AgentMachine(uuid, incarnation, (kind) => activation[kind] === 'available')
    this.environment = {
      logger: this.options.logger,
      heldMax: this.options.heldMax,
      callerFor: (context) => this.callerFor(context),
      fate: (instance) => this.machine.fate(instance.id, this.moment())
    }
    this.health = new HealthChecks(this.options, this.hosts, (host) => this.unhealthy(host))
    this.link = this.createLink(incarnation)
  }

  get kinds(): readonly ContainerKind[] {
    return Object.keys(this.factories) as ContainerKind[]
  }

  get endpoint(): AgentEndpointRef | undefined {
    return this.listenerEndpoint
  }

  set endpoint(endpoint: AgentEndpointRef | undefined) {
    if (endpoint === this.listenerEndpoint) return
    this.listenerEndpoint = endpoint
    this.announce()
  }

  /**
   * Brings along a container that several agents offer under one uuid: the first to register it serves, the
   * others stand by.
   *
   * @throws NetworkError `UUID_IN_USE` when this agent has a container of that uuid
   */
  addStatelessContainer(
    uuid: ContainerUuid,
    kind: ContainerKind,
    endpoint: ContainerEndpointRef,
    container: Container
  ): void {
    requireHosted({ uuid: requireName(uuid, 'a uuid'), container, endpoint }, requireName(kind, 'a kind'))
    const id = this.machine.addStandby({ uuid, kind, endpoint })
    this.adopt(id, container)
    this.announce()
  }

  async get(uuid: ContainerUuid | undefined, request: ContainerRequest): Promise<ContainerRecord> {
    const here = uuid === undefined ? undefined : this.machine.find(uuid)
    if (here !== undefined && here.kind !== request.kind) {
      throw new NetworkError(
        'UUID_IN_USE',
        `container ${here.uuid} exists already, as one of kind '${here.kind}'`
      )
    }
    const record = here === undefined ? undefined : this.recordOf(here)
    if (record !== undefined) return record
    if (this.machine.lease.bound) {
      throw new NetworkError(
        'LEASE_REFUSED',
        'a registered agent starts what the network asks for: get it there'
      )
    }
    const startId = this.machine.startLocal(request.kind, uuid, request.labels ?? [], request.extra)
    const started = this.awaitStart(startId)
    this.apply()
    const result = await started
    const instance = this.machine.find(result.uuid)
    const made = instance === undefined ? undefined : this.recordOf(instance)
    if (made === undefined) throw this.notServing(result.uuid)
    return made
  }

  async getContainer(uuid: ContainerUuid): Promise<Container | undefined> {
    const instance = this.machine.find(uuid)
    return instance === undefined ? undefined : this.hosts.get(instance.id)?.container
  }

  async list(kind?: ContainerKind): Promise<ContainerRecord[]> {
    const records: ContainerRecord[] = []
    for (const instance of this.machine.all()) {
      const record = kind === undefined || instance.kind === kind ? this.recordOf(instance) : undefined
      if (record !== undefined) records.push(record)
    }
    return records
  }

  request(target: ContainerUuid, operation: string, data?: Data): Promise<Data> {
    return this.dispatch({
      uuid: target,
      operation,
      data,
      clientId: undefined,
      deadline: Infinity,
      headers: {},
      signal: () => new AbortController().signal
    })
  }

  async terminate(container: ContainerUuid | ContainerEndpointRef): Promise<void> {
    const instance = this.machine.find(container as ContainerUuid) ?? this.machine.findByEndpoint(container)
    const id = instance === undefined ? undefined : this.machine.endLocally(instance.uuid, 'terminated')
    if (id === undefined) {
      throw new NetworkError('CONTAINER_NOT_FOUND', `agent ${this.uuid} hosts no container ${container}`)
    }
    const ended = this.awaitEnd(id)
    this.apply()
    await ended
  }

  /**
   * Leaves the network without failing a call: nothing new is taken, and each container goes elsewhere once it has
   * answered what it was asked, up to `drainTimeout`. Calls that come meanwhile wait for it there. Then
   * {@link close}.
   */
  async drain(): Promise<void> {
    this.machine.leave()
    const { binding } = this
    if (binding !== undefined) {
      const { clock, logger, drainTimeoutMs, terminateTimeoutMs } = this.options
      const limitMs = drainTimeoutMs + terminateTimeoutMs + drainMarginMs
      await new Promise<void>((resolve) => {
        const cancel = clock.after(limitMs, () => {
          logger.warn(
            { agentId: this.uuid, limitMs },
            'the coordinator has not taken everything: not waiting longer'
          )
          resolve()
        })
        this.emptied = () => {
          cancel()
          resolve()
        }
        binding.drain().then(
          () => this.noteEmpty(),
          (error: unknown) => {
            logger.warn(
              { agentId: this.uuid, error },
              'the coordinator did not hear that this agent is draining'
            )
            this.emptied?.()
          }
        )
      })
      this.emptied = undefined
    }
    await this.close()
  }

  /** Ends every container, awaiting each `terminate()`, and leaves the network. The agent can be registered again. */
  async close(): Promise<void> {
    this.health.stop()
    const ended = this.machine.endAll().map((id) => this.awaitEnd(id))
    this.apply()
    await Promise.all(ended)
    await this.binding?.close()
    this.binding = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // What the coordinator and clients call

  private createLink(incarnation: string): AgentLink {
    return {
      agentId: this.uuid,
      incarnation,
      start: (command) => this.start(command),
      grant: (command) => this.grant(command),
      end: (command) => this.end(command),
      clientGone: (command) => this.clientGone(command),
      dispatch: (call) => this.dispatch(call),
      dispatchSend: (call) => this.dispatchSend(call),
      dispatchStream: (call) => this.dispatchStream(call),
      connect: (uuid, subscriber) => this.connect(uuid, subscriber),
      disconnect: (uuid, clientId, session) => this.hostOf(uuid)?.disconnect(clientId, session),
      sessionEnded: (session) => {
        for (const host of this.hosts.values()) host.disconnectSession(session)
      },
      inspect: (uuid) => this.inspect(uuid),
      // What is asked of an agent in the same process is answered by the container's end.
      gone: () => {},
      bind: (coordinator) => this.bind(coordinator)
    }
  }

  private start(command: StartCommand): Promise<StartResult> {
    // Said again: both hear what comes of it.
    const started = this.awaitStart(command.startId)
    try {
      this.machine.start(command, this.moment())
    } catch (error) {
      this.starts.delete(command.startId)
      return Promise.reject(toNetworkError(error))
    }
    this.apply()
    return started
  }

  private async grant(command: GrantCommand): Promise<void> {
    this.machine.grant(command, this.moment())
    this.apply()
  }

  private async end(command: EndCommand): Promise<void> {
    const id = this.machine.end(command)
    const ended = id === undefined ? undefined : this.awaitEnd(id)
    this.apply()
    await ended
  }

  private clientGone(command: ClientGoneCommand): void {
    for (const uuid of command.uuids) this.hostOf(uuid)?.disconnect(command.clientId, undefined)
  }

  private async inspect(uuid: ContainerUuid): Promise<ContainerActivity> {
    const host = this.hostOf(uuid)
    if (host === undefined) throw this.notServing(uuid)
    return host.activity()
  }

  private dispatch(call: ContainerCall): Promise<unknown> {
    const instance = this.machine.mayServe(call.uuid, this.moment())
    const host = instance === undefined ? undefined : this.hosts.get(instance.id)
    if (instance === undefined || host === undefined) return Promise.reject(this.notServing(call.uuid))
    return host.request(call, instance.phase.token)
  }

  private dispatchSend(call: ContainerCall): void {
    this.dispatch(call).catch((error: unknown) => {
      this.options.logger.warn({ uuid: call.uuid, operation: call.operation, error }, 'a send failed')
    })
  }

  private dispatchStream(call: StreamCall): void {
    const instance = this.machine.mayServe(call.uuid, this.moment())
    const host = instance === undefined ? undefined : this.hosts.get(instance.id)
    if (instance === undefined || host === undefined) call.sink.end(this.notServing(call.uuid))
    else host.stream(call, instance.phase.token).catch(this.reportBug)
  }

  private async connect(uuid: ContainerUuid, subscriber: Subscriber): Promise<void> {
    const instance = this.machine.mayServe(uuid, this.moment())
    const host = instance === undefined ? undefined : this.hosts.get(instance.id)
    if (host === undefined) throw this.notServing(uuid)
    await host.connect(subscriber)
  }

  private bind(coordinator: CoordinatorLink): AgentBinding {
    if (this.binding !== undefined) {
      throw new NetworkError('INVALID_ARGUMENT', `agent ${this.uuid} is registered already: close that first`)
    }
    const binding = new Binding(
      {
        clock: this.options.clock,
        logger: this.options.logger,
        machine: this.machine,
        link: this.link,
        moment: () => this.moment(),
        registration: () => this.machine.registration(this.kinds, this.endpoint, this.moment()),
        apply: () => this.apply(),
        quiesce: () => this.quiesce()
      },
      coordinator
    )
    this.binding = binding
    this.health.start()
    return {
      registered: binding.registered,
      refresh: () => binding.refresh(),
      close: async () => {
        if (this.binding === binding) {
          this.binding = undefined
          this.health.stop()
        }
        await binding.close()
      }
    }
  }

  // Effects of the machine

  private apply(): void {
    for (let effects = this.machine.drain(); effects.length > 0; effects = this.machine.drain()) {
      for (const effect of effects) this.carryOut(effect)
    }
  }

  private carryOut(effect: AgentEffect): void {
    switch (effect.kind) {
      case 'runFactory':
        this.runFactory(effect.command).catch(this.reportBug)
        return
      case 'startSettled':
        this.takeStart(effect.startId)?.resolve(effect.result)
        return
      case 'startFailed':
        this.takeStart(effect.startId)?.reject(effect.error)
        this.noteEmpty()
        return
      case 'drain':
        this.drainHost(effect.id).catch(this.reportBug)
        return
      case 'terminate':
        this.terminateHost(effect.id).catch(this.reportBug)
        return
      case 'gone':
        this.gone(effect.instance, effect.reason)
        return
      case 'report':
        this.report(effect.report)
        return
      case 'resumed':
        this.resumed(effect.id)
        return
      case 'demoted':
        this.hosts.get(effect.id)?.demote()
        return
      default:
        assertNever(effect)
    }
  }

  private async runFactory(command: StartCommand): Promise<void> {
    const { startId, kind, uuid, labels, extra } = command
    let made: HostedContainer
    try {
      const factory = Object.hasOwn(this.factories, kind) ? this.factories[kind] : undefined
      if (factory === undefined) {
        throw new NetworkError('KIND_NOT_OFFERED', `agent ${this.uuid} has no factory for '${kind}'`)
      }
      const options = { uuid, labels: [...labels], extra }
      made = requireHosted(await factory(options, this.listenerEndpoint as AgentEndpointRef), kind)
    } catch (error) {
      this.machine.factoryFailed(startId, toNetworkError(error, 'FACTORY_FAILED'))
      this.apply()
      return
    }
    const id = this.machine.factoryDone(startId, made)
    this.adopt(id, made.container)
    this.apply()
  }

  /** Keeps the live object for an instance. */
  private adopt(id: InstanceId, container: Container): void {
    const instance = this.machine.instance(id)
    if (instance === undefined) return
    const host = new ContainerHost(instance, container, this.environment, () => {
      this.machine.endedItself(id)
      this.apply()
    })
    this.hosts.set(id, host)
    hostContainer(container, this.link)
    // Only while registered: nobody would replace what is not well, and a timer keeps the process alive.
    if (this.binding !== undefined) this.health.start()
  }

  /** Waits until nothing runs in it any more, though not for ever. */
  private async drainHost(id: InstanceId): Promise<void> {
    const host = this.hosts.get(id)
    const { clock, logger, drainTimeoutMs } = this.options
    if (host !== undefined) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(drainTimeoutMs, () => {
          const { uuid, kind } = host.instance
          logger.warn({ uuid, kind, drainTimeoutMs }, 'what still runs is given up: its agent is draining')
          host.cut()
          resolve()
        })
        host.whenIdle(() => {
          cancel()
          resolve()
        })
      })
    }
    this.machine.drained(id)
    this.apply()
  }

  private async terminateHost(id: InstanceId): Promise<void> {
    const host = this.hosts.get(id)
    if (host !== undefined) await this.terminateInTime(host)
    this.machine.terminated(id)
    this.apply()
  }

  private terminateInTime(host: ContainerHost): Promise<void> {
    const { clock, logger, terminateTimeoutMs } = this.options
    const { uuid, kind } = host.instance
    return new Promise((resolve) => {
      const cancel = clock.after(terminateTimeoutMs, () => {
        logger.error(
          { uuid, kind, terminateTimeoutMs },
          'terminate() hangs: the container is abandoned, its outputs are cut'
        )
        resolve()
      })
      const done = (error?: unknown): void => {
        cancel()
        if (error !== undefined) logger.warn({ uuid, kind, error }, 'terminate() failed')
        resolve()
      }
      try {
        Promise.resolve(host.container.terminate()).then(
          () => done(),
          (error: unknown) => done(error)
        )
      } catch (error) {
        done(error)
      }
    })
  }

  /** Standbys serve nobody: they need not be waited for. */
  private noteEmpty(): void {
    if (this.emptied === undefined || this.machine.startsUnderWay > 0) return
    for (const { phase } of this.machine.all()) if (phase.kind !== 'standby') return
    this.emptied()
  }

  private gone(instance: Instance, reason: EndReason): void {
    const host = this.hosts.get(instance.id)
    this.hosts.delete(instance.id)
    host?.end()
    this.options.logger.debug({ uuid: instance.uuid, kind: instance.kind, reason }, 'container ended')
    for (const resolve of this.ends.get(instance.id) ?? []) resolve()
    this.ends.delete(instance.id)
    this.noteEmpty()
    this.tellUpdate(instance, NetworkEventKind.removed)
  }

  private report(report: Parameters<CoordinatorLink['ended']>[0]): void {
    this.binding?.coordinator.ended(report).catch((error: unknown) => {
      // The next registration tells what is here, and so what is not.
      this.options.logger.warn({ uuid: report.uuid, error }, 'the end of a container was not heard')
      this.binding?.refresh()
    })
  }

  private resumed(id: InstanceId): void {
    const host = this.hosts.get(id)
    if (host === undefined) return
    host.resume()
    this.tellUpdate(host.instance, NetworkEventKind.added)
  }

  private quiesce(): void {
    for (const host of this.hosts.values()) if (!this.machine.goesOn(host.instance)) host.quiesce()
  }

  /** Tells the coordinator of new kinds, endpoints and instances; before registration there is nobody to tell. */
  private announce(): void {
    const { binding, machine } = this
    if (this.onAgentUpdate !== undefined) {
      Promise.resolve(this.onAgentUpdate()).catch((error: unknown) => {
        this.options.logger.warn({ agentId: this.uuid, error }, 'onAgentUpdate failed')
      })
    }
    if (binding === undefined) return
    const { agentId, incarnation, kinds, endpoint, containers } = machine.registration(
      this.kinds,
      this.endpoint,
      this.moment()
    )
    const standbys = containers.filter((item) => item.stateless && item.token === undefined)
    binding.coordinator
      .update({ agentId, incarnation, kinds, endpoint, standbys })
      .catch(() => binding.refresh())
  }

  private tellUpdate(instance: Instance, event: NetworkEventKind): void {
    if (this.onUpdate === undefined) return
    const container = this.recordOf(instance, true)
    if (container === undefined) return
    Promise.resolve(this.onUpdate({ agents: [], containers: [{ container, event }] })).catch(
      (error: unknown) => {
        this.options.logger.warn({ agentId: this.uuid, error }, 'onUpdate failed')
      }
    )
  }

  private unhealthy({ instance }: ContainerHost): void {
    if (this.machine.find(instance.uuid) !== instance) return
    this.machine.endLocally(instance.uuid, 'health')
    this.apply()
  }

  // Shared

  /** These handle what containers and factories throw: what still arrives here is a fault of this class. */
  private readonly reportBug = (error: unknown): void => {
    this.options.logger.error({ agentId: this.uuid, error }, 'a fault in the agent')
  }

  private moment(): Moment {
    const { clock } = this.options
    return { now: clock.now(), wallTime: clock.wallTime() }
  }

  private callerFor(context: RequestContext): CallerClient {
    const caller = this.binding?.coordinator.callerFor?.(context)
    if (caller !== undefined) return caller
    throw new NetworkError(
      'INVALID_ARGUMENT',
      `agent ${this.uuid} was not registered by a client: it can call nobody`
    )
  }

  private hostOf(uuid: ContainerUuid): ContainerHost | undefined {
    const instance = this.machine.find(uuid)
    return instance === undefined ? undefined : this.hosts.get(instance.id)
  }

  private recordOf(instance: Instance, ended = false): ContainerRecord | undefined {
    const { uuid, kind, endpoint, labels, phase } = instance
    const token = phase.kind === 'serving' || (ended && phase.kind === 'ending') ? phase.token : undefined
    if (token === undefined) return undefined
    return { uuid, kind, agentId: this.uuid, endpoint, labels, agentEndpoint: this.endpoint, token }
  }

  private awaitStart(startId: number): Promise<StartResult> {
    return new Promise((resolve, reject) => {
      const earlier = this.starts.get(startId)
      this.starts.set(startId, {
        resolve: (result) => {
          earlier?.resolve(result)
          resolve(result)
        },
        reject: (error) => {
          earlier?.reject(error)
          reject(error)
        }
      })
    })
  }

  private takeStart(startId: number): Pending<StartResult> | undefined {
    const pending = this.starts.get(startId)
    this.starts.delete(startId)
    return pending
  }

  private awaitEnd(id: InstanceId): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.ends.get(id)
      if (waiting === undefined) this.ends.set(id, [resolve])
      else waiting.push(resolve)
    })
  }

  private notServing(uuid: ContainerUuid): NetworkError {
    return new NetworkError('NOT_SERVING', `container ${uuid} is not served by agent ${this.uuid} now`, {
      retryable: true
    })
  }
}
