import { assertNever } from '../api/assert.ts'
import type { ContainerRequest } from '../api/container.ts'
import type { Data } from '../api/data.ts'
import { NetworkError, requireNotAborted, toNetworkError } from '../api/errors.ts'
import {
  randomIds,
  requireName,
  type AgentUuid,
  type ClientUuid,
  type ContainerKind,
  type ContainerUuid,
  type IdSource
} from '../api/ids.ts'
import { silentLogger, type Logger } from '../api/logger.ts'
import type { Network, NetworkAgent, WaitOptions } from '../api/network.ts'
import type { AgentEvent, AgentRecord, ContainerEvent, ContainerRecord } from '../api/records.ts'
import { apart, traced, type Tracing } from '../api/tracing.ts'
import type {
  AgentBinding,
  AgentLink,
  CoordinatorIdentity,
  CoordinatorLink,
  EndCommand,
  GrantCommand,
  Registration,
  SettleRegistration,
  StartCommand
} from '../contract/ports.ts'
import type { TickManager } from '../time/clock.ts'
import { LatencyHistogram } from '../time/latency-histogram.ts'
import { createCoordinatorCounters, type CoordinatorCounters } from './counters.ts'
import type { AgentGoneReason, CoordinatorEffect } from './effects.ts'
import { Entrance } from './entrance.ts'
import { agentKey, type AgentKey } from './entries.ts'
import type { CoordinatorGateway, Destination, EventBatch, GetInProgress } from './gateway.ts'
import { CoordinatorMachine } from './machine.ts'
import { NetworkInspection } from './network-inspection.ts'
import {
  resolveCoordinatorOptions,
  type CoordinatorOptions,
  type ResolvedCoordinatorOptions
} from './options.ts'
import type { StartFailure } from './placement.ts'
import type { GetInput } from './references.ts'
import { RosterKeeper } from './roster-keeper.ts'
import type { RosterStore } from './roster-store.ts'

/** Options of {@link NetworkImpl}. */
export interface NetworkOptions extends CoordinatorOptions {
  /** @default says nothing */
  logger?: Logger | undefined
  /** Makes handles and the incarnation's name. @default random uuids */
  ids?: IdSource | undefined
  /** How long a factory may take before its start is withdrawn, in seconds. @default 60 */
  startTimeout?: number | undefined
  /**
   * Where the agents that hold leases are kept for the next start, so that it knows for whom to wait and places
   * nothing that one of them may still serve. No lease is given before the store has it. @default none
   */
  roster?: RosterStore | undefined
  /** Records the gets and requests that are made of this object as traces. @default records nothing */
  tracing?: Tracing | undefined
}

interface Waiting {
  /** When it was asked for. */
  readonly since: number
  readonly resolve: (record: ContainerRecord) => void
  readonly reject: (error: Error) => void
  readonly headers: Readonly<Record<string, string>> | undefined
}

const defaultWaitMs = 30_000
const endRetryMs = 1000

/**
 * The coordinator. Usable in one process by itself; `NetworkServer` binds it to a port.
 *
 * The shell around the coordinator machine: it carries out effects, tells the machine what came of them, and
 * wakes it at its deadlines. It lives by the clock of its TickManager, whether or not that was started.
 *
 * @example
 * ```ts
 * import { NetworkImpl, TickManagerImpl } from '@hcengineering/network-core'
 *
 * export const network = new NetworkImpl(new TickManagerImpl(10), { unusedContainerTimeout: 60 })
 * ```
 */
export class NetworkImpl implements Network {
  /** For servers: the coordinator's side of sessions. */
  readonly gateway: CoordinatorGateway
  /** For whoever runs the network: what there is, where, and how it fares. */
  readonly inspection: NetworkInspection
  /** What has happened since the start. Read only. */
  readonly counters: CoordinatorCounters = createCoordinatorCounters()
  /** How long gets took that came to a container. Read only. */
  readonly getLatency = new LatencyHistogram()

  private readonly clock: TickManager
  private readonly options: ResolvedCoordinatorOptions
  private readonly logger: Logger
  private readonly tracing: Tracing | undefined
  private readonly ids: IdSource
  private readonly startTimeoutMs: number
  private readonly machine: CoordinatorMachine
  private readonly agentLinks = new Map<AgentKey, AgentLink>()
  private readonly bindings = new Map<AgentUuid, AgentBinding>()
  private readonly keeper: RosterKeeper | undefined
  private readonly entrance: Entrance
  private readonly gets = new Map<number, Waiting>()
  private readonly listeners = new Set<(batch: EventBatch) => void>()
  private cancelWake: (() => void) | undefined
  private wakeAt = Infinity
  private closed = false

  /** @throws NetworkError `INVALID_ARGUMENT` naming the option */
  constructor(tickManager: TickManager, options: NetworkOptions = {}) {
    this.clock = tickManager
    this.logger = options.logger ?? silentLogger
    this.tracing = options.tracing
    this.ids = options.ids ?? randomIds
    this.options = resolveCoordinatorOptions(options, tickManager.wallTime(), this.ids(), options.roster)
    const startTimeout = options.startTimeout ?? 60
    if (!(startTimeout > 0)) {
      throw new NetworkError('INVALID_ARGUMENT', `startTimeout must be a number of seconds above 0`)
    }
    this.startTimeoutMs = startTimeout * 1000
    this.machine = new CoordinatorMachine(this.options, tickManager.now())
    if (options.roster !== undefined) {
      const about = (): { epoch: number; complete: boolean } => ({
        epoch: this.machine.identity.epoch,
        complete: !this.machine.unsureOfPredecessor
      })
      this.keeper = new RosterKeeper(options.roster, about, this.logger)
    }
    this.entrance = new Entrance(this.keeper)
    this.gateway = this.createGateway()
    this.inspection = new NetworkInspection({
      machine: this.machine,
      clock: tickManager,
      aliveTimeoutMs: this.options.aliveTimeoutMs,
      pingIntervalMs: this.options.pingIntervalMs,
      agentServing: (uuid) => {
        const destination = this.route(uuid)
        return destination.kind === 'serving' ? destination.agent : undefined
      }
    })
    this.drain()
  }

  // The interface of the network

  async register(record: AgentRecord, agent: NetworkAgent): Promise<void> {
    if (record.agentId !== agent.uuid) {
      throw new NetworkError(
        'INVALID_ARGUMENT',
        `the record names agent ${record.agentId}, the agent is ${agent.uuid}`
      )
    }
    const known = this.bindings.get(agent.uuid)
    if (known !== undefined) {
      await known.registered
      return
    }
    const binding = agent.link.bind(this.gateway.link)
    this.bindings.set(agent.uuid, binding)
    try {
      await binding.registered
    } catch (error) {
      this.bindings.delete(agent.uuid)
      throw error
    }
  }

  async unregister(agentId: AgentUuid): Promise<void> {
    const binding = this.bindings.get(agentId)
    if (binding === undefined) {
      throw new NetworkError(
        'INVALID_ARGUMENT',
        `agent ${agentId} was not registered here: its own client lets it go`
      )
    }
    this.bindings.delete(agentId)
    await binding.close()
  }

  ping(id: AgentUuid | ClientUuid): void {
    this.machine.agentHeard(id as AgentUuid, this.clock.now())
    this.machine.clientHeard(id as ClientUuid, this.clock.now())
  }

  get(
    client: ClientUuid,
    uuid: ContainerUuid | undefined,
    request: ContainerRequest,
    options: WaitOptions = {}
  ): Promise<ContainerRecord> {
    const trace = this.tracing?.ask('get', 'get', request.kind, uuid)
    const found = this.find(client, uuid, request, options, trace?.headers)
    return trace === undefined ? found : traced(trace, found)
  }

  private async find(
    client: ClientUuid,
    uuid: ContainerUuid | undefined,
    request: ContainerRequest,
    options: WaitOptions,
    headers: Readonly<Record<string, string>> | undefined
  ): Promise<ContainerRecord> {
    requireNotAborted(options.signal)
    const input: GetInput = {
      client: requireName(client, 'a client uuid'),
      handle: this.ids(),
      kind: requireName(request.kind, 'a kind'),
      uuid: uuid === undefined ? undefined : requireName(uuid, 'a uuid'),
      labels: request.labels ?? [],
      extra: request.extra as unknown,
      deadline: this.clock.now() + (options.timeoutMs ?? defaultWaitMs)
    }
    const get = this.gateway.get(input, headers)
    const cancel = (): void => get.cancel()
    options.signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await get.record
    } finally {
      options.signal?.removeEventListener('abort', cancel)
    }
  }

  async list(kind?: ContainerKind): Promise<ContainerRecord[]> {
    return this.machine.list(kind)
  }

  async release(client: ClientUuid, uuid: ContainerUuid): Promise<void> {
    const handle = this.machine.handleOn(client, uuid)
    if (handle !== undefined) this.gateway.release(client, handle)
  }

  request(target: ContainerUuid, operation: string, data?: Data): Promise<Data> {
    const trace = this.tracing?.ask('request', operation, undefined, target)
    const answer = this.dispatch(target, operation, data, trace?.headers ?? {})
    return trace === undefined ? answer : traced(trace, answer)
  }

  private async dispatch(
    target: ContainerUuid,
    operation: string,
    data: Data,
    headers: Readonly<Record<string, string>>
  ): Promise<Data> {
    const destination = this.gateway.route(target)
    switch (destination.kind) {
      case 'serving':
        return destination.agent.dispatch({
          uuid: target,
          operation,
          data,
          clientId: undefined,
          deadline: this.clock.now() + defaultWaitMs,
          headers,
          signal: () => new AbortController().signal
        })
      case 'not-serving':
        throw new NetworkError('NOT_SERVING', `container ${target} does not serve just now`, {
          retryable: true
        })
      case 'unknown':
        throw new NetworkError('CONTAINER_NOT_FOUND', `there is no container ${target}`)
      default:
        return assertNever(destination)
    }
  }

  async agents(): Promise<AgentRecord[]> {
    return this.machine.agents()
  }

  async kinds(): Promise<ContainerKind[]> {
    return this.machine.kinds()
  }

  /** Lets every agent that was registered here go, and stops. */
  async close(): Promise<void> {
    if (this.closed) return
    await Promise.all([...this.bindings.keys()].map((agentId) => this.unregister(agentId)))
    this.closed = true
    this.cancelWake?.()
    const error = new NetworkError('CLOSED', 'the network has been closed')
    for (const waiting of this.gets.values()) waiting.reject(error)
    this.gets.clear()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * For whoever runs the network: lets an agent take nothing new, and what it has go elsewhere. It stays registered
   * and empty until it is stopped. Returns before all that has happened.
   *
   * @throws NetworkError `AGENT_NOT_FOUND`
   */
  drainAgent(agentId: AgentUuid): void {
    const agent = this.inspection.agent(agentId)
    if (agent === undefined) throw new NetworkError('AGENT_NOT_FOUND', `there is no agent ${agentId}`)
    this.logger.info({ agentId, containers: agent.containers }, 'agent is drained')
    this.machine.drainAgent(agentId, agent.incarnation, this.clock.now())
    this.drain()
  }

  /**
   * For whoever runs the network: ends a container on purpose. It is not started again for the references that it
   * has, but by its next use; of one that several agents have, the next standby takes over. Returns before it has
   * ended.
   *
   * @throws NetworkError `CONTAINER_NOT_FOUND`
   */
  terminateContainer(uuid: ContainerUuid): void {
    const isThere = this.machine.terminateContainer(uuid, this.clock.now())
    if (!isThere) throw new NetworkError('CONTAINER_NOT_FOUND', `there is no container ${uuid}`)
    this.logger.info({ uuid }, 'container is terminated on purpose')
    this.drain()
  }

  /** How much there is of everything. */
  counts(): ReturnType<CoordinatorMachine['counts']> {
    return this.machine.counts()
  }

  // The coordinator's side of sessions

  private createGateway(): CoordinatorGateway {
    const { machine, clock } = this
    const identity = (): CoordinatorIdentity => machine.identity
    const after = <T>(result: T): T => {
      this.drain()
      return result
    }
    return {
      link: this.createLink(),
      get identity() {
        return identity()
      },
      pingIntervalMs: this.options.pingIntervalMs,
      aliveTimeoutMs: this.options.aliveTimeoutMs,
      awaitedAgents: () => machine.awaitedAgents,
      agentAnswered: (agentId, incarnation) =>
        this.keeper?.update(agentKey(agentId, incarnation), { answered: true }),
      agentDied: (agentId, incarnation) =>
        after(machine.unregister(agentId, incarnation, clock.now(), 'dead')),
      clientSeen: (client, aliveTimeoutMs) => after(machine.clientSeen(client, aliveTimeoutMs, clock.now())),
      // Called for every ping of every client: nothing follows from it, so there is nothing to drain.
      clientHeard: (client) => machine.clientHeard(client, clock.now()),
      coordinatorSeen: (seen) => after(machine.coordinatorSeen(seen, clock.now())),
      clientGone: (client) => after(machine.clientGone(client, clock.now())),
      get: (input, headers) => this.startGet(input, headers),
      release: (client, handle) => after(machine.release(client, handle, clock.now())),
      route: (uuid) => this.route(uuid),
      onEvents: (listener) => {
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
      }
    }
  }

  private createLink(): CoordinatorLink {
    const { machine, clock } = this
    return {
      register: (registration, agent, settle) => {
        const { agentId, incarnation, endpoint } = registration
        const entry = { agentId, incarnation, endpoint, answered: false }
        machine.registering(registration, clock.now())
        this.drain()
        this.entrance.inTurn(agentKey(agentId, incarnation), () =>
          this.entrance.admit(
            entry,
            () => this.takeIn(registration, agent, settle),
            (error) => settle(toNetworkError(error, 'INTERNAL'), undefined)
          )
        )
      },
      renew: (renewal) => this.inTurn(renewal, () => machine.renew(renewal, clock.now())),
      ended: (report) => this.inTurn(report, () => machine.containerEnded(report, clock.now())),
      update: (update) =>
        this.inTurn(update, () => {
          const { agentId, incarnation, endpoint } = update
          this.keeper?.update(agentKey(agentId, incarnation), { endpoint })
          machine.updateAgent(update, clock.now())
        }),
      drain: (agentId, incarnation) =>
        this.inTurn({ agentId, incarnation }, () => {
          this.logger.info({ agentId, incarnation }, 'agent is draining')
          machine.drainAgent(agentId, incarnation, clock.now())
        }),
      unregister: (agentId, incarnation) =>
        this.inTurn({ agentId, incarnation }, () => machine.unregister(agentId, incarnation, clock.now()))
    }
  }

  /** Tells the machine what an agent says, when its turn comes. */
  private inTurn<T>(agent: { agentId: AgentUuid; incarnation: string }, tell: () => T): Promise<T> {
    const hear = async (): Promise<T> => {
      const result = tell()
      this.drain()
      return result
    }
    return new Promise((resolve) => {
      this.entrance.inTurn(agentKey(agent.agentId, agent.incarnation), () => resolve(hear()))
    })
  }

  private takeIn(registration: Registration, agent: AgentLink, settle: SettleRegistration): void {
    const { agentId, incarnation, endpoint, containers } = registration
    const key = agentKey(agentId, incarnation)
    const isNew = !this.agentLinks.has(key)
    // Known before the machine's effects name it.
    this.agentLinks.set(key, agent)
    try {
      settle(undefined, this.machine.register(registration, this.clock.now()))
      const fields = { agentId, incarnation, endpoint, containers: containers.length }
      if (isNew) this.logger.info(fields, 'agent registered')
      else this.logger.debug(fields, 'agent registered again')
    } catch (error) {
      settle(toNetworkError(error, 'INTERNAL'), undefined)
      this.drain()
      // The roster keeps it: it may hold a lease of an earlier coordinator.
      if (isNew) this.agentLinks.delete(key)
      return
    }
    this.drain()
  }

  private startGet(input: GetInput, headers: Readonly<Record<string, string>> | undefined): GetInProgress {
    if (this.closed) {
      const error = new NetworkError('CLOSED', 'the network has been closed')
      return { record: Promise.reject(error), cancel() {} }
    }
    const since = this.clock.now()
    const getId = this.machine.get(input, since)
    this.counters.gets++
    const record = new Promise<ContainerRecord>((resolve, reject) => {
      this.gets.set(getId, { since, resolve, reject, headers })
    })
    this.drain()
    return {
      record,
      cancel: () => {
        this.machine.cancelGet(getId, this.clock.now())
        this.drain()
      }
    }
  }

  private route(uuid: ContainerUuid): Destination {
    const route = this.machine.route(uuid)
    if (route.kind !== 'serving') return route
    const agent = this.agentLinks.get(route.agent)
    if (agent === undefined) return { kind: 'not-serving' }
    return { kind: 'serving', agent, containerKind: route.containerKind }
  }

  // Effects of the machine

  private drain(): void {
    const agents: AgentEvent[] = []
    const containers: ContainerEvent[] = []
    const holders: (readonly ClientUuid[])[] = []
    for (let effects = this.machine.drain(); effects.length > 0; effects = this.machine.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'agentEvent') {
          agents.push(effect.event)
        } else if (effect.kind === 'containerEvent') {
          containers.push(effect.event)
          holders.push(effect.holders)
        } else {
          this.carryOut(effect)
        }
      }
    }
    if (agents.length > 0 || containers.length > 0) {
      this.counters.events += agents.length + containers.length
      const batch = { event: { agents, containers }, holders }
      for (const listener of this.listeners) listener(batch)
    }
    this.scheduleWake()
  }

  private carryOut(effect: Exclude<CoordinatorEffect, { kind: 'agentEvent' | 'containerEvent' }>): void {
    switch (effect.kind) {
      case 'start':
        this.start(effect.agent, effect.command)
        return
      case 'grant':
        this.grant(effect.agent, effect.command)
        return
      case 'end':
        this.end(effect.agent, effect.command)
        return
      case 'clientGone':
        this.agentLinks.get(effect.agent)?.clientGone(effect.command)
        return
      case 'agentGone':
        this.noteGone(effect.agent, effect.reason)
        this.agentLinks.get(effect.agent)?.gone()
        this.agentLinks.delete(effect.agent)
        this.keeper?.forget(effect.agent)
        return
      case 'getSettled':
        this.getSettled(effect.getId, effect.record)
        return
      case 'getFailed':
        this.counters.getsFailed++
        this.takeGet(effect.getId)?.reject(effect.error)
        return
      default:
        assertNever(effect)
    }
  }

  private getSettled(getId: number, record: ContainerRecord): void {
    const waiting = this.takeGet(getId)
    if (waiting === undefined) return
    this.getLatency.record(this.clock.now() - waiting.since)
    waiting.resolve(record)
  }

  private noteGone(key: AgentKey, reason: AgentGoneReason): void {
    const [agentId, incarnation] = key.split('\n')
    if (reason === 'left') {
      this.logger.info({ agentId, incarnation }, 'agent left')
      return
    }
    this.counters.agentsLost++
    this.logger.warn({ agentId, incarnation, reason }, 'agent lost')
  }

  private start(key: AgentKey, command: StartCommand): void {
    const { startId, kind, uuid } = command
    this.counters.starts++
    const agent = this.agentLinks.get(key)
    if (agent === undefined) {
      this.startFailed(startId, { kind: 'unknown' })
      return
    }
    const cancelTimeout = this.clock.after(this.startTimeoutMs, () => {
      this.logger.warn(
        { agentId: agent.agentId, kind, uuid, startId },
        'a factory hangs: its start is withdrawn'
      )
      this.startFailed(startId, { kind: 'unknown' })
    })
    agent.start(command, this.headersOf(startId)).then(
      (result) => {
        cancelTimeout()
        this.machine.startSucceeded(startId, key, result, this.clock.now())
        this.drain()
      },
      (error: unknown) => {
        cancelTimeout()
        const reason = toNetworkError(error, 'FACTORY_FAILED')
        const failure = startFailureOf(reason)
        const { code, message } = reason
        const fields = { agentId: agent.agentId, kind, uuid, code, reason: message }
        // Otherwise its agent leaves, or has gone, and another one starts it.
        if (failure.kind === 'failed') this.logger.warn(fields, 'a start failed')
        else this.logger.info(fields, 'a start goes to another agent')
        this.startFailed(startId, failure)
      }
    )
  }

  /** Those of the first of the gets for which something is started that came with any. */
  private headersOf(startId: number): Readonly<Record<string, string>> | undefined {
    for (const { id } of this.machine.getsOf(startId)) {
      const headers = this.gets.get(id)?.headers
      if (headers !== undefined) return headers
    }
    return undefined
  }

  private startFailed(startId: number, failure: StartFailure): void {
    this.counters.startsFailed++
    this.machine.startFailed(startId, failure, this.clock.now())
    this.drain()
  }

  private grant(key: AgentKey, command: GrantCommand): void {
    const agent = this.agentLinks.get(key)
    agent?.grant(command).catch((error: unknown) => {
      const failure = toNetworkError(error, 'INTERNAL')
      this.logger.warn(
        { uuid: command.uuid, agentId: agent.agentId, code: failure.code },
        'a grant was not taken'
      )
      // Only this says that the container is not there. Whether another one arrived, and what becomes of one that
      // came while the agent had no lease, is told by the agent's next registration, or its silence (I1).
      if (failure.code !== 'CONTAINER_NOT_FOUND') return
      const { agentId, incarnation } = agent
      const report = {
        agentId,
        incarnation,
        uuid: command.uuid,
        token: command.token,
        reason: 'fenced' as const
      }
      this.machine.containerEnded(report, this.clock.now())
      this.drain()
    })
  }

  private end(key: AgentKey, command: EndCommand): void {
    const agent = this.agentLinks.get(key)
    if (agent === undefined) return
    agent.end(command).then(
      ({ snapshot }) => {
        this.machine.endSucceeded(key, command, this.clock.now(), snapshot)
        this.drain()
      },
      (error: unknown) => {
        this.logger.debug(
          { uuid: command.uuid, agentId: agent.agentId, error },
          'an end was not acknowledged'
        )
        // Until it is, or the agent is gone, nothing takes the place of what may still run there.
        this.clock.after(endRetryMs, () => {
          if (!this.closed && this.machine.isEnding(key, command)) this.end(key, command)
        })
      }
    )
  }

  private takeGet(getId: number): Waiting | undefined {
    const waiting = this.gets.get(getId)
    this.gets.delete(getId)
    return waiting
  }

  /** One timer, for the earliest deadline. */
  private scheduleWake(): void {
    const next = this.closed ? undefined : this.machine.nextDeadline()
    if (next === undefined) {
      this.cancelWake?.()
      this.cancelWake = undefined
      this.wakeAt = Infinity
      return
    }
    if (this.cancelWake !== undefined && this.wakeAt <= next) return
    this.cancelWake?.()
    this.wakeAt = next
    const delayMs = Math.max(0, next - this.clock.now())
    this.cancelWake = apart(this.tracing, () => this.clock.after(delayMs, this.wake))
  }

  private readonly wake = (): void => {
    this.cancelWake = undefined
    this.wakeAt = Infinity
    this.machine.tick(this.clock.now())
    this.keeper?.noteComplete()
    this.drain()
  }
}

function startFailureOf(error: NetworkError): StartFailure {
  switch (error.code) {
    case 'NOT_SERVING':
    case 'LEASE_REFUSED':
    case 'OVERLOADED':
      return { kind: 'refused' }
    case 'CLOSED':
      return { kind: 'unknown' }
    default:
      return error.outcomeUnknown ? { kind: 'unknown' } : { kind: 'failed', error }
  }
}
