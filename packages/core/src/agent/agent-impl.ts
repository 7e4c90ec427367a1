import { assertNever } from '../api/assert.ts'
import type { Container, ContainerRequest, FinishReason, RequestContext } from '../api/container.ts'
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
import { apart, traced, type Trace, type TracedAction } from '../api/tracing.ts'
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
  EndResult,
  GrantCommand,
  HostedContainer,
  Snapshot,
  StartCommand,
  StartResult,
  StreamCall,
  Subscriber
} from '../contract/ports.ts'
import { noHeaders } from '../contract/ports.ts'
import type { AgentCounts, HostedContainers } from './agent-counts.ts'
import { Binding } from './binding.ts'
import { requireHosted, type ContainerFactories } from './factory.ts'
import { HealthChecks } from './health.ts'
import { ContainerHost, type HostEnvironment } from './host.ts'
import { KindActivity } from './kind-activity.ts'
import type { Moment } from './lease.ts'
import { AgentMachine, type AgentEffect, type Instance, type InstanceId, type Phase } from './machine.ts'
import { resolveAgentOptions, type AgentOptions, type ResolvedAgentOptions } from './options.ts'
import { hostContainer } from './hosts.ts'

const noContainers: Readonly<Record<Phase['kind'], number>> = {
  prepared: 0,
  standby: 0,
  serving: 0,
  claimed: 0,
  draining: 0,
  ending: 0
}
const phases = Object.keys(noContainers) as Phase['kind'][]

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
  private readonly activity = new Map<ContainerKind, KindActivity>()
  private refused = 0
  private leaseLapses = 0
  /** What factories have made and the machine has not yet taken in. */
  private readonly starts = new Map<number, Pending<StartResult>>()
  private readonly ends = new Map<InstanceId, ((result: EndResult) => void)[]>()
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
      now: () => this.options.clock.now(),
      activityOf: (kind) => this.activityOf(kind),
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
    const id = this.machine.addStandby({ uuid, kind, endpoint, finishes: finishesFirst(container) })
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
      headers: noHeaders,
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
      // A snapshot may take as long as `terminate()`.
      const limitMs = drainTimeoutMs + 2 * terminateTimeoutMs + drainMarginMs
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
      // In a later turn: the answers to the last ends leave first, with what has been handed over.
      await new Promise<void>((resolve) => {
        this.options.clock.after(0, resolve)
      })
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
    this.options.tracing?.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** How much there is of everything, and what was asked since the start. */
  counts(): AgentCounts {
    const { binding, machine, refused } = this
    const { lease } = machine
    return {
      agentId: this.uuid,
      containers: this.countContainers(),
      activity: this.activity.values(),
      refused,
      leaseRemainingMs: lease.remaining(this.moment()),
      leaseMarginMs: binding?.marginMs,
      leaseLapses: this.leaseLapses
    }
  }

  // What the coordinator and clients call

  private createLink(incarnation: string): AgentLink {
    return {
      agentId: this.uuid,
      incarnation,
      start: (command, headers) => this.startTraced(command, headers),
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

  private startTraced(
    command: StartCommand,
    headers: Readonly<Record<string, string>> | undefined
  ): Promise<StartResult> {
    const { tracing } = this.options
    if (tracing === undefined) return this.start(command)
    const { kind, uuid } = command
    const trace = headers && tracing.serve('start', headers, 'start', kind, uuid)
    // Whoever has caused it, and how, may be in a trace that this does not belong to.
    if (trace === undefined) return tracing.apart(() => this.start(command))
    return traced(
      trace,
      trace.run(() => this.start(command))
    )
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
    const stoodBy = this.machine.find(command.uuid)?.phase.kind === 'standby'
    this.machine.grant(command, this.moment())
    // Before anything is handed in, and not again when it is said again.
    if (stoodBy && command.snapshot !== undefined) this.restore(command.uuid, command.snapshot)
    this.apply()
  }

  private async end(command: EndCommand): Promise<EndResult> {
    const id = this.machine.end(command)
    const ended = id === undefined ? undefined : this.awaitEnd(id)
    this.apply()
    if (id === undefined) this.noteEmpty()
    return (await ended) ?? { snapshot: undefined }
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
    if (instance === undefined || host === undefined) {
      this.refused++
      return Promise.reject(this.notServing(call.uuid))
    }
    const { token } = instance.phase
    if (this.options.tracing === undefined) return host.request(call, token)
    const trace = this.traceOf('request', call, instance.kind)
    if (trace === undefined) return host.request(call, token)
    return traced(
      trace,
      trace.run(() => host.request(call, token))
    )
  }

  /** The trace that a call belongs to, if it is recorded. Headers that are broken are its handler's to refuse. */
  private traceOf(action: TracedAction, call: ContainerCall, kind: ContainerKind): Trace | undefined {
    const { tracing } = this.options
    if (tracing === undefined) return undefined
    try {
      const { headers } = call
      // Most have none: this is all that is done for those.
      if (headers === noHeaders) return undefined
      return tracing.serve(action, headers, call.operation, kind, call.uuid)
    } catch {
      return undefined
    }
  }

  private dispatchSend(call: ContainerCall): void {
    this.dispatch(call).catch((error: unknown) => {
      this.options.logger.warn({ uuid: call.uuid, operation: call.operation, error }, 'a send failed')
    })
  }

  private dispatchStream(call: StreamCall): void {
    const instance = this.machine.mayServe(call.uuid, this.moment())
    const host = instance === undefined ? undefined : this.hosts.get(instance.id)
    if (instance === undefined || host === undefined) {
      this.refused++
      call.sink.end(this.notServing(call.uuid))
      return
    }
    const { token } = instance.phase
    const trace = this.traceOf('stream', call, instance.kind)
    const serve = (): Promise<NetworkError | undefined> => host.stream(call, token)
    const served = trace === undefined ? apart(this.options.tracing, serve) : trace.run(serve)
    served.then((error) => trace?.end(error), this.reportBug)
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
    const binding = apart(this.options.tracing, () => this.createBinding(coordinator))
    this.binding = binding
    this.startHealthChecks()
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

  private createBinding(coordinator: CoordinatorLink): Binding {
    return new Binding(
      {
        clock: this.options.clock,
        logger: this.options.logger,
        machine: this.machine,
        link: this.link,
        moment: () => this.moment(),
        registration: () => this.machine.registration(this.kinds, this.endpoint, this.moment()),
        apply: () => this.apply(),
        lapsed: () => {
          this.leaseLapses++
          this.quiesce()
        },
        quiesce: () => this.quiesce()
      },
      coordinator
    )
  }

  private startHealthChecks(): void {
    apart(this.options.tracing, () => this.health.start())
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
        this.finishHost(effect.id, effect.reason).catch(this.reportBug)
        return
      case 'terminate':
        this.terminateHost(effect.id).catch(this.reportBug)
        return
      case 'gone':
        this.gone(effect.instance, effect.reason, effect.snapshot)
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
    const snapshot = command.snapshot === undefined ? undefined : this.unpack(kind, command.snapshot)
    let made: HostedContainer
    let activity: KindActivity | undefined
    try {
      const factory = Object.hasOwn(this.factories, kind) ? this.factories[kind] : undefined
      if (factory === undefined) {
        throw new NetworkError('KIND_NOT_OFFERED', `agent ${this.uuid} has no factory for '${kind}'`)
      }
      activity = this.activityOf(kind)
      activity.starts++
      const { clock, logger } = this.options
      const options = { uuid, labels: [...labels], extra, snapshot, clock, logger }
      made = requireHosted(await factory(options, this.listenerEndpoint as AgentEndpointRef), kind)
    } catch (error) {
      if (activity !== undefined) activity.startsFailed++
      this.machine.factoryFailed(startId, toNetworkError(error, 'FACTORY_FAILED'))
      this.apply()
      return
    }
    const finishes = finishesFirst(made.container)
    const id = this.machine.factoryDone(startId, { uuid: made.uuid, endpoint: made.endpoint, finishes })
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
    if (this.binding !== undefined) this.startHealthChecks()
  }

  private async finishHost(id: InstanceId, reason: FinishReason): Promise<void> {
    const host = this.hosts.get(id)
    if (host !== undefined) await this.finishInTime(host, reason)
    const snapshot = host === undefined || reason === 'unused' ? undefined : await this.snapshotOf(host)
    this.machine.drained(id, reason, snapshot)
    this.apply()
  }

  /** Waits until nothing runs in it any more and it says so itself, though not for ever. */
  private finishInTime(host: ContainerHost, reason: FinishReason): Promise<void> {
    const { clock, logger, drainTimeoutMs, finishTimeoutMs } = this.options
    const limitMs = reason === 'drained' ? drainTimeoutMs : finishTimeoutMs
    const { uuid, kind } = host.instance
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, () => {
        logger.warn({ uuid, kind, reason, limitMs }, 'what still runs is given up: it is to end')
        host.cut()
        resolve()
      })
      host.finish(reason).then(() => {
        cancel()
        resolve()
      }, this.reportBug)
    })
  }

  /** What a container hands over; nothing if it fails, hangs, or is too long: the next one starts without it. */
  private async snapshotOf({ container, instance }: ContainerHost): Promise<Snapshot | undefined> {
    if (container.snapshot === undefined) return undefined
    const { clock, logger, terminateTimeoutMs, snapshotBytesMax } = this.options
    const { uuid, kind } = instance
    let cancel: (() => void) | undefined
    try {
      const late = new Promise<never>((_resolve, reject) => {
        const error = new NetworkError('TIMEOUT', `snapshot() took longer than ${terminateTimeoutMs} ms`)
        cancel = clock.after(terminateTimeoutMs, () => reject(error))
      })
      const value = await Promise.race([container.snapshot(), late])
      if (value === undefined) return undefined
      const codec = this.binding?.coordinator.snapshots
      if (codec === undefined) return { kind: 'value', value: structuredClone(value) }
      const bytes = codec.encode(value)
      if (bytes.length <= snapshotBytesMax) return { kind: 'bytes', bytes }
      throw new NetworkError(
        'MESSAGE_TOO_LARGE',
        `it takes ${bytes.length} bytes, more than ${snapshotBytesMax}`
      )
    } catch (error) {
      logger.warn({ uuid, kind, error }, 'a snapshot is lost')
      return undefined
    } finally {
      cancel?.()
    }
  }

  /** What was handed over, as the container reads it. */
  private unpack(kind: ContainerKind, snapshot: Snapshot): unknown {
    if (snapshot.kind === 'value') return snapshot.value
    try {
      return this.binding?.coordinator.snapshots?.decode(snapshot.bytes)
    } catch (error) {
      this.options.logger.warn({ kind, error }, 'a snapshot was not understood')
      return undefined
    }
  }

  private restore(uuid: ContainerUuid, snapshot: Snapshot): void {
    const host = this.hostOf(uuid)
    if (host?.container.restore === undefined) return
    try {
      host.container.restore(this.unpack(host.instance.kind, snapshot))
    } catch (error) {
      this.options.logger.warn({ uuid, kind: host.instance.kind, error }, 'restore() failed')
    }
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

  /** Standbys serve nobody, nor will what starts that were withdrawn make: neither need be waited for. */
  private noteEmpty(): void {
    if (this.emptied === undefined || this.machine.isStarting) return
    for (const { phase } of this.machine.all()) if (phase.kind !== 'standby') return
    this.emptied()
  }

  private gone(instance: Instance, reason: EndReason, snapshot: Snapshot | undefined): void {
    const host = this.hosts.get(instance.id)
    this.hosts.delete(instance.id)
    host?.end()
    this.options.logger.debug({ uuid: instance.uuid, kind: instance.kind, reason }, 'container ended')
    for (const resolve of this.ends.get(instance.id) ?? []) resolve({ snapshot })
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
    const { agentId, incarnation } = this.link
    const standbys = machine
      .inventory(this.moment())
      .filter((item) => item.stateless && item.token === undefined)
    binding.coordinator
      .update({ agentId, incarnation, kinds: this.kinds, endpoint: this.endpoint, standbys })
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

  private activityOf(kind: ContainerKind): KindActivity {
    let activity = this.activity.get(kind)
    if (activity === undefined) {
      activity = new KindActivity(kind)
      this.activity.set(kind, activity)
    }
    return activity
  }

  private countContainers(): HostedContainers[] {
    const counts = new Map<ContainerKind, Record<HostedContainers['state'], number>>()
    // Zeros are told, too: or whoever has seen another number would go on showing that.
    for (const kind of this.activity.keys()) counts.set(kind, { ...noContainers })
    for (const { kind, phase } of this.machine.all()) {
      const byState = counts.get(kind)
      if (byState !== undefined) byState[phase.kind]++
    }
    return [...counts].flatMap(([kind, byState]) =>
      phases.map((state) => ({ kind, state, count: byState[state] }))
    )
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

  private awaitEnd(id: InstanceId): Promise<EndResult> {
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

/** Whether a container has to be asked, or waited for, before it ends. */
function finishesFirst(container: Container): boolean {
  return container.finish !== undefined || container.snapshot !== undefined
}
