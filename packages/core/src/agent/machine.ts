import type { FinishReason } from '../api/container.ts'
import { NetworkError } from '../api/errors.ts'
import type {
  AgentEndpointRef,
  AgentUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from '../api/ids.ts'
import { compareTokens, type ActivationToken } from '../api/tokens.ts'
import type {
  CoordinatorIdentity,
  EndCommand,
  EndReason,
  EndedReport,
  GrantCommand,
  InventoryEntry,
  Registration,
  RegistrationReply,
  Snapshot,
  StartCommand,
  StartResult
} from '../contract/ports.ts'
import { Lease, type Moment } from './lease.ts'

/** Names one instance within an agent: a uuid may have several over time. */
export type InstanceId = number

/** Where an instance is in its life. */
export type Phase =
  /** Its factory has made it; it serves once granted, or under `token` if a registration changes nothing. */
  | { readonly kind: 'prepared'; readonly startId: number; readonly token?: ActivationToken }
  | { readonly kind: 'standby' }
  | { readonly kind: 'serving'; readonly token: ActivationToken }
  /** Has served under this token, and waits to hear whether it may again: the lease has lapsed since. */
  | { readonly kind: 'claimed'; readonly token: ActivationToken }
  /** Takes nothing new, and ends once what runs is done. `report` as below. */
  | {
      readonly kind: 'draining'
      readonly token: ActivationToken
      readonly reason: FinishReason
      readonly report: boolean
    }
  /** `terminate()` runs. */
  | {
      readonly kind: 'ending'
      readonly token: ActivationToken | undefined
      readonly reason: EndReason
      /** Whether the coordinator has to be told, rather than waits. */
      readonly report: boolean
      /** Whether it had only waited to hear whether it may serve: somebody else may have it since. */
      readonly wasClaimed: boolean
      /** What it has handed over. */
      readonly snapshot?: Snapshot | undefined
    }

/** A container that this agent hosts. */
export interface Instance {
  readonly id: InstanceId
  readonly uuid: ContainerUuid
  readonly kind: ContainerKind
  readonly endpoint: ContainerEndpointRef
  readonly labels: readonly string[]
  readonly extra: unknown
  readonly stateless: boolean
  /** The one that gets without uuid and labels share on this agent. */
  readonly shared: boolean
  /** Whether it goes on serving when the lease has lapsed. */
  readonly available: boolean
  /** Whether it wants to finish first, or hands something over, when it is unused or terminated, not only drained. */
  readonly finishes: boolean
  phase: Phase
}

/** An instance that may be handed something. */
export interface Servant extends Instance {
  readonly phase: Extract<Phase, { kind: 'serving' | 'claimed' }>
}

/** What the agent machine wants done, in order. */
export type AgentEffect =
  | { readonly kind: 'runFactory'; readonly command: StartCommand }
  | { readonly kind: 'startSettled'; readonly startId: number; readonly result: StartResult }
  | { readonly kind: 'startFailed'; readonly startId: number; readonly error: NetworkError }
  /** Say `drained` once nothing runs in it any more. */
  | { readonly kind: 'drain'; readonly id: InstanceId; readonly reason: FinishReason }
  /** Call the container's `terminate()`, then say `terminated`. */
  | { readonly kind: 'terminate'; readonly id: InstanceId }
  /** The instance has ended: whoever waited for that hears so. */
  | {
      readonly kind: 'gone'
      readonly instance: Instance
      readonly reason: EndReason
      readonly snapshot?: Snapshot | undefined
    }
  | { readonly kind: 'report'; readonly report: EndedReport }
  /** Held replies and events of this instance may leave now. */
  | { readonly kind: 'resumed'; readonly id: InstanceId }
  /** It stands by from now on: nothing of what it did as the active one may leave any more. */
  | { readonly kind: 'demoted'; readonly id: InstanceId }

/** What an instance may do now. */
export type Fate = 'release' | 'hold' | 'drop'

interface Starting {
  readonly command: StartCommand
  token: ActivationToken | undefined
  withdrawn: boolean
}

/**
 * An agent as a state machine: its lease, and the life of every container it hosts. It changes only by its
 * inputs, and says what is to be done as effects.
 *
 * - I1: `mayServe` and `fate` look at lease and phase in the turn in which something goes in or out.
 * - I2: of a uuid, nothing below the highest token seen is accepted.
 * - I3: commands are obeyed only under a valid lease of the coordinator that gives them.
 *
 * Use: an input, then {@link drain} for the effects, in order.
 */
export class AgentMachine {
  readonly lease = new Lease()
  private readonly agentId: AgentUuid
  private readonly incarnation: string
  private readonly instances = new Map<InstanceId, Instance>()
  private readonly byUuid = new Map<ContainerUuid, Instance>()
  private readonly starting = new Map<number, Starting>()
  private readonly isAvailable: (kind: ContainerKind) => boolean
  private leaving = false
  /** Whether a registration was not answered yet: it says what is here, so that nothing else may serve by now. */
  private asking = false
  private effects: AgentEffect[] = []
  private nextId: InstanceId = 1
  private nextLocalStart = -1
  private nextLocalSequence = 1

  /** @param isAvailable whether containers of a kind go on serving when the lease has lapsed */
  constructor(
    agentId: AgentUuid,
    incarnation: string,
    isAvailable: (kind: ContainerKind) => boolean = () => false
  ) {
    this.agentId = agentId
    this.incarnation = incarnation
    this.isAvailable = isAvailable
  }

  /** Whether this agent is about to leave. */
  get draining(): boolean {
    return this.leaving
  }

  // Registration

  /** What an agent that registers says of itself. Until that is answered, nothing begins to serve. */
  registration(
    kinds: readonly ContainerKind[],
    endpoint: AgentEndpointRef | undefined,
    moment: Moment
  ): Registration {
    for (const instance of this.instances.values()) {
      // A coordinator that learns of it now waits for its end.
      if (instance.phase.kind === 'ending' && instance.phase.token !== undefined) {
        instance.phase = { ...instance.phase, report: true }
      }
    }
    this.asking = true
    return {
      agentId: this.agentId,
      incarnation: this.incarnation,
      kinds,
      endpoint,
      seen: this.lease.seen,
      draining: this.leaving,
      containers: this.inventory(moment)
    }
  }

  /** All that is here, as a coordinator hears of it. */
  inventory(moment: Moment): InventoryEntry[] {
    const lapsed = this.lease.holder === undefined || !this.lease.valid(moment)
    const containers: InventoryEntry[] = []
    for (const instance of this.instances.values()) {
      // Withdrawn before it ever served: nobody has to wait for that, nor to hear of it, as there may be another
      // one of its name by then.
      if (instance.phase.kind === 'ending' && instance.phase.token === undefined) continue
      containers.push(inventoryOf(instance, lapsed))
    }
    return containers
  }

  /**
   * The coordinator has answered: what it names serves on or stands by, what else was reported is ended.
   *
   * @returns whether the coordinator may be obeyed
   */
  registered(reply: RegistrationReply, asked: Registration, sent: Moment): boolean {
    if (!this.lease.accepts(reply.coordinator)) return false
    this.asking = false
    if (this.isContinued(reply.coordinator, sent)) this.serveWhatWaited(asked)
    else this.withdrawStarts(asked)
    this.lease.grant(reply.coordinator, sent, reply.leaseMs)
    const resume = new Map(reply.resume.map(({ uuid, token }) => [uuid, token]))
    const standby = new Set(reply.standby)
    const held = new Set(reply.held)
    for (const { uuid, token: had } of asked.containers) {
      const instance = this.byUuid.get(uuid)
      const token = resume.get(uuid)
      // Guarded: what was reported may have ended since, and another one of its name have been brought along.
      if (instance === undefined || (had !== undefined && instance.phase.kind === 'standby')) {
        if (isNewer(token, had)) this.reportEnd(uuid, token, 'fenced')
        continue
      }
      if (instance.phase.kind === 'ending') {
        if (token === undefined) instance.phase = { ...instance.phase, reason: 'fenced' }
        else if (isNewer(token, instance.phase.token)) {
          instance.phase = { ...instance.phase, token, report: true }
        }
        continue
      }
      // Nor if this coordinator has had another one of its name started since, before it answered.
      const isAnother =
        instance.phase.kind === 'serving' &&
        had !== undefined &&
        isNewer(instance.phase.token, had) &&
        instance.phase.token.epoch === reply.coordinator.epoch &&
        !isNewer(token, instance.phase.token)
      if (isAnother) continue
      if (token !== undefined) this.resume(instance, token)
      else if (standby.has(uuid)) this.standBy(instance)
      else if (held.has(uuid)) this.claim(instance)
      // Given to somebody else: what it still has to say must not leave.
      else this.beginEnd(instance, 'fenced', false)
    }
    return true
  }

  /** A container was added that belongs to this agent. */
  addStandby(item: Pick<Instance, 'uuid' | 'kind' | 'endpoint'> & { finishes?: boolean }): InstanceId {
    if (this.byUuid.has(item.uuid)) throw inUse(item.uuid)
    const { uuid, kind, endpoint, finishes = false } = item
    const about = { labels: [], extra: undefined, stateless: true, shared: false }
    const available = this.isAvailable(kind)
    return this.add({ uuid, kind, endpoint, ...about, available, finishes }, { kind: 'standby' }).id
  }

  // Commands

  start(command: StartCommand, moment: Moment): void {
    this.obey(command.coordinator, moment)
    // Said again after a lost answer.
    if (this.starting.has(command.startId)) return
    if (this.leaving) throw new NetworkError('NOT_SERVING', 'this agent is draining', { retryable: true })
    const running = command.uuid === undefined ? undefined : this.byUuid.get(command.uuid)
    if (running !== undefined && isWaiting(running.phase) && running.phase.startId === command.startId) return
    if (running !== undefined) {
      if (running.phase.kind === 'serving' && command.token !== undefined && running.kind === command.kind) {
        if (compareTokens(running.phase.token, command.token) === 0) {
          this.effects.push({ kind: 'startSettled', startId: command.startId, result: resultOf(running) })
          return
        }
      }
      const error = new NetworkError('NOT_SERVING', `container ${running.uuid} is still here`, {
        retryable: true
      })
      this.effects.push({ kind: 'startFailed', startId: command.startId, error })
      return
    }
    this.starting.set(command.startId, { command, token: command.token, withdrawn: false })
    this.effects.push({ kind: 'runFactory', command })
  }

  /** Starts a container on an agent that no coordinator knows. */
  startLocal(
    kind: ContainerKind,
    uuid: ContainerUuid | undefined,
    labels: readonly string[],
    extra: unknown
  ): number {
    const startId = this.nextLocalStart--
    const coordinator: CoordinatorIdentity = { epoch: 0, incarnation: '' }
    const token = { epoch: 0, sequence: this.nextLocalSequence++ }
    const command = { coordinator, startId, kind, uuid, labels, extra, shared: false, token }
    this.starting.set(startId, { command, token, withdrawn: false })
    this.effects.push({ kind: 'runFactory', command })
    return startId
  }

  /** The factory is done. Returns the instance that the shell keeps the object for. */
  factoryDone(
    startId: number,
    made: { uuid: ContainerUuid; endpoint: ContainerEndpointRef; finishes?: boolean }
  ): InstanceId {
    const start = this.starting.get(startId)
    if (start === undefined) throw new Error(`start ${startId} is not under way`)
    this.starting.delete(startId)
    const { command, token, withdrawn } = start
    const wrong =
      command.uuid !== undefined && command.uuid !== made.uuid
        ? new NetworkError(
            'INVALID_CONTAINER',
            `the factory of '${command.kind}' was asked for ${command.uuid} and made ${made.uuid}`
          )
        : this.byUuid.has(made.uuid)
          ? inUse(made.uuid)
          : undefined
    const { kind, labels, extra, shared } = command
    const { uuid, endpoint, finishes = false } = made
    const available = this.isAvailable(kind)
    const item = { uuid, endpoint, kind, labels, extra, stateless: false, shared, available, finishes }
    if (wrong !== undefined || withdrawn) {
      const instance: Instance = { ...item, id: this.nextId++, phase: { kind: 'prepared', startId } }
      this.instances.set(instance.id, instance)
      this.effects.push(
        wrong === undefined ? startWithdrawn(startId) : { kind: 'startFailed', startId, error: wrong }
      )
      this.beginEnd(instance, 'withdrawn', false)
      return instance.id
    }
    const phase = this.firstPhase(startId, token)
    const instance = this.add(item, phase)
    if (!isWaiting(phase)) this.effects.push({ kind: 'startSettled', startId, result: resultOf(instance) })
    return instance.id
  }

  factoryFailed(startId: number, error: NetworkError): void {
    if (!this.starting.delete(startId)) return
    this.effects.push({ kind: 'startFailed', startId, error })
  }

  grant(command: GrantCommand, moment: Moment): void {
    this.obey(command.coordinator, moment)
    const instance = this.byUuid.get(command.uuid)
    if (instance === undefined || instance.phase.kind === 'ending') {
      throw new NetworkError('CONTAINER_NOT_FOUND', `container ${command.uuid} is not here`)
    }
    const { phase } = instance
    if ('token' in phase && phase.token !== undefined && compareTokens(command.token, phase.token) < 0) {
      throw new NetworkError('LEASE_REFUSED', `container ${command.uuid} serves under a newer token`)
    }
    this.serve(instance, command.token)
  }

  /**
   * Returns the instance whose end is to be waited for; undefined when there is nothing (left) to end.
   *
   * Obeyed after the lease has lapsed, too: ending serves nothing.
   */
  end(command: EndCommand): InstanceId | undefined {
    const { startId, uuid, token, reason } = command
    this.recognize(command.coordinator)
    const start = startId === undefined ? undefined : this.starting.get(startId)
    if (start !== undefined) {
      start.withdrawn = true
      return undefined
    }
    const instance = this.findToEnd(startId, uuid)
    if (instance === undefined) return undefined
    const { phase } = instance
    // Guarded: the command may be about an earlier activation.
    if (isActive(phase) && token !== undefined && compareTokens(token, phase.token) < 0) return undefined
    if (reason === 'outranked' && instance.stateless && phase.kind !== 'ending') {
      this.standBy(instance)
      return undefined
    }
    if (phase.kind === 'serving' && mayFinish(instance, reason)) {
      this.beginFinish(instance, phase.token, reason, false)
    } else if (phase.kind !== 'ending' && phase.kind !== 'draining') {
      this.beginEnd(instance, reason, false)
    }
    return instance.id
  }

  private findToEnd(startId: number | undefined, uuid: ContainerUuid | undefined): Instance | undefined {
    const byUuid = uuid === undefined ? undefined : this.byUuid.get(uuid)
    if (startId === undefined || byUuid === undefined) return byUuid
    const { phase } = byUuid
    // A withdrawn start names what it made; another container of that uuid is none of its business.
    return phase.kind === 'prepared' && phase.startId !== startId ? undefined : byUuid
  }

  // What happens here

  /** Ends a container by hand, or because it is not well. Returns undefined when it is not here. */
  endLocally(uuid: ContainerUuid, reason: EndReason): InstanceId | undefined {
    const instance = this.byUuid.get(uuid)
    if (instance === undefined) return undefined
    const { phase } = instance
    if (phase.kind === 'serving' && instance.finishes && mayFinish(instance, reason)) {
      this.beginFinish(instance, phase.token, reason, true)
    } else if (phase.kind !== 'ending' && !(phase.kind === 'draining' && reason === 'terminated')) {
      this.beginEnd(instance, reason, true)
    }
    return instance.id
  }

  /** A container says that it has ended by itself. */
  endedItself(id: InstanceId): void {
    const instance = this.instances.get(id)
    if (instance === undefined || instance.phase.kind === 'ending') return
    const { phase } = instance
    const token = isActive(phase) ? phase.token : undefined
    const wasClaimed = phase.kind === 'claimed'
    this.failWaiting(phase)
    instance.phase = { kind: 'ending', token, reason: 'self', report: true, wasClaimed }
    this.terminated(id)
  }

  /** This agent is about to leave: it starts nothing more. */
  leave(): void {
    this.leaving = true
  }

  /** What ran in a draining container is done, or was given up. */
  drained(id: InstanceId, reason: FinishReason = 'drained', snapshot?: Snapshot): void {
    const instance = this.instances.get(id)
    if (instance === undefined) return
    const { phase } = instance
    if (phase.kind === 'draining') {
      this.beginEnd(instance, phase.reason, phase.report, snapshot)
    } else if (instance.finishes && isActive(phase)) {
      // The lease has lapsed meanwhile. It has finished all the same, and would do nothing more.
      this.beginEnd(instance, reason, true, snapshot)
    }
  }

  /** The container's `terminate()` is done, or was given up. */
  terminated(id: InstanceId): void {
    const instance = this.instances.get(id)
    if (instance?.phase.kind !== 'ending') return
    const { token, reason, report, snapshot } = instance.phase
    this.instances.delete(id)
    if (this.byUuid.get(instance.uuid) === instance) this.byUuid.delete(instance.uuid)
    this.effects.push({ kind: 'gone', instance, reason, ...(snapshot !== undefined && { snapshot }) })
    if (report && this.lease.bound) this.reportEnd(instance.uuid, token, reason, snapshot)
  }

  /** Everything here ends: the agent closes. */
  endAll(): InstanceId[] {
    for (const start of this.starting.values()) start.withdrawn = true
    const all = [...this.instances.values()]
    for (const instance of all) {
      if (instance.phase.kind !== 'ending') this.beginEnd(instance, 'agent-closed', false)
    }
    return all.map(({ id }) => id)
  }

  // Queries

  /** The instance that may be handed a request at this moment. */
  mayServe(uuid: ContainerUuid, moment: Moment): Servant | undefined {
    const instance = this.byUuid.get(uuid)
    if (instance === undefined) return undefined
    const { phase } = instance
    if (phase.kind === 'serving' && this.lease.valid(moment)) return instance as Servant
    return this.goesOn(instance) && phase.kind !== 'draining' ? (instance as Servant) : undefined
  }

  /** What becomes of something that an instance wants to let out at this moment. */
  fate(id: InstanceId, moment: Moment): Fate {
    const instance = this.instances.get(id)
    if (instance === undefined) return 'drop'
    const { phase } = instance
    // While it ends, its last words may leave: whoever ended it waits until it has.
    if (isActive(phase)) {
      if (phase.kind !== 'claimed' && this.lease.valid(moment)) return 'release'
      return this.goesOn(instance) ? 'release' : 'hold'
    }
    return phase.kind === 'ending' && !isLost(phase) && this.lease.valid(moment) ? 'release' : 'drop'
  }

  /** Whether it serves without a valid lease. Not once the agent itself has given its lease up. */
  goesOn({ available, phase }: Instance): boolean {
    return available && isActive(phase) && this.lease.holder !== undefined
  }

  instance(id: InstanceId): Instance | undefined {
    return this.instances.get(id)
  }

  find(uuid: ContainerUuid): Instance | undefined {
    return this.byUuid.get(uuid)
  }

  findByEndpoint(endpoint: string): Instance | undefined {
    for (const instance of this.byUuid.values()) if (instance.endpoint === endpoint) return instance
    return undefined
  }

  all(): IterableIterator<Instance> {
    return this.instances.values()
  }

  /** Whether anything is being started that somebody waits for. */
  get isStarting(): boolean {
    for (const { withdrawn } of this.starting.values()) if (!withdrawn) return true
    return false
  }

  drain(): AgentEffect[] {
    const { effects } = this
    if (effects.length > 0) this.effects = []
    return effects
  }

  // Shared

  /** @throws NetworkError `LEASE_REFUSED` for another coordinator than the one that the lease is from */
  private recognize(coordinator: CoordinatorIdentity): void {
    const { holder } = this.lease
    if (holder?.epoch === coordinator.epoch && holder.incarnation === coordinator.incarnation) return
    throw new NetworkError('LEASE_REFUSED', `no lease of epoch ${coordinator.epoch}`, { retryable: true })
  }

  private obey(coordinator: CoordinatorIdentity, moment: Moment): void {
    this.recognize(coordinator)
    if (this.lease.valid(moment)) return
    throw new NetworkError('LEASE_REFUSED', `the lease of epoch ${coordinator.epoch} has lapsed`, {
      retryable: true
    })
  }

  private add(item: Omit<Instance, 'id' | 'phase'>, phase: Phase): Instance {
    const instance: Instance = { ...item, id: this.nextId++, phase }
    this.instances.set(instance.id, instance)
    this.byUuid.set(instance.uuid, instance)
    return instance
  }

  private serve(instance: Instance, token: ActivationToken): void {
    const { phase } = instance
    if (isWaiting(phase)) {
      this.effects.push({ kind: 'startSettled', startId: phase.startId, result: resultOf(instance) })
    }
    instance.phase = { kind: 'serving', token }
    this.effects.push({ kind: 'resumed', id: instance.id })
  }

  /** It goes on under this token; a draining one with its end. */
  private resume(instance: Instance, token: ActivationToken): void {
    if (instance.phase.kind === 'draining') {
      instance.phase = { ...instance.phase, token }
      this.effects.push({ kind: 'resumed', id: instance.id })
    } else {
      this.serve(instance, token)
    }
  }

  /** Whether this coordinator has had this agent's lease all the time, and so has given nothing of it away. */
  private isContinued({ epoch, incarnation }: CoordinatorIdentity, sent: Moment): boolean {
    const { holder } = this.lease
    return holder?.epoch === epoch && holder.incarnation === incarnation && this.lease.valid(sent)
  }

  /** Whoever wanted these may have asked somebody else since: what comes of them must not serve. */
  private withdrawStarts(asked: Registration): void {
    for (const start of this.starting.values()) if (start.command.startId > 0) start.withdrawn = true
    const reported = new Set(asked.containers.map(({ uuid }) => uuid))
    for (const instance of this.instances.values()) {
      // Done since it registered.
      const isNew = !instance.stateless && !reported.has(instance.uuid)
      if (isNew && instance.phase.kind !== 'ending') this.beginEnd(instance, 'fenced', true)
    }
  }

  /** How an instance begins that its factory has just made. */
  private firstPhase(startId: number, token: ActivationToken | undefined): Phase {
    if (token === undefined) return { kind: 'prepared', startId }
    // A coordinator that took over has not heard of this start, and may have asked somebody else for it.
    const mayBeAnothers = this.asking && startId > 0
    return mayBeAnothers ? { kind: 'prepared', startId, token } : { kind: 'serving', token }
  }

  /** The coordinator is the one that has asked for these, so that nobody else has them. */
  private serveWhatWaited(asked: Registration): void {
    const reported = new Set(asked.containers.map(({ startId }) => startId))
    for (const instance of this.instances.values()) {
      const { phase } = instance
      if (isWaiting(phase) && !reported.has(phase.startId)) this.serve(instance, phase.token)
    }
  }

  private failWaiting(phase: Phase): void {
    if (isWaiting(phase)) this.effects.push(startWithdrawn(phase.startId))
  }

  private claim(instance: Instance): void {
    if (isActive(instance.phase)) instance.phase = { kind: 'claimed', token: instance.phase.token }
  }

  private standBy(instance: Instance): void {
    const wasActive = isActive(instance.phase)
    instance.phase = { kind: 'standby' }
    if (wasActive) this.effects.push({ kind: 'demoted', id: instance.id })
  }

  private reportEnd(
    uuid: ContainerUuid,
    token: ActivationToken | undefined,
    reason: EndReason,
    snapshot?: Snapshot
  ): void {
    const { agentId, incarnation } = this
    const report = { agentId, incarnation, uuid, token, reason, ...(snapshot !== undefined && { snapshot }) }
    this.effects.push({ kind: 'report', report })
  }

  /** Lets nothing more in, and ends it once it has finished. */
  private beginFinish(
    instance: Instance,
    token: ActivationToken,
    reason: FinishReason,
    report: boolean
  ): void {
    instance.phase = { kind: 'draining', token, reason, report }
    this.effects.push({ kind: 'drain', id: instance.id, reason })
  }

  private beginEnd(instance: Instance, reason: EndReason, report: boolean, snapshot?: Snapshot): void {
    const { phase } = instance
    const token = isActive(phase) ? phase.token : undefined
    const wasClaimed = phase.kind === 'claimed'
    const handedOver = snapshot === undefined ? {} : { snapshot }
    this.failWaiting(phase)
    instance.phase = { kind: 'ending', token, reason, report, wasClaimed, ...handedOver }
    this.effects.push({ kind: 'terminate', id: instance.id })
  }
}

/** Whether a container is let finish when it is to end for this reason; drained ones always are. */
function mayFinish(instance: Instance, reason: EndReason): reason is FinishReason {
  return reason === 'drained' || (instance.finishes && (reason === 'unused' || reason === 'terminated'))
}

/** Whether it serves once a registration is answered that was under way when it was made. */
function isWaiting(phase: Phase): phase is Extract<Phase, { kind: 'prepared' }> & { token: ActivationToken } {
  return phase.kind === 'prepared' && phase.token !== undefined
}

function startWithdrawn(startId: number): AgentEffect {
  const error = new NetworkError('NOT_SERVING', 'this start has been withdrawn', { retryable: true })
  return { kind: 'startFailed', startId, error }
}

/** Whether it serves, or would if the lease had not lapsed. */
function isActive(phase: Phase): phase is Extract<Phase, { kind: 'serving' | 'claimed' | 'draining' }> {
  return phase.kind === 'serving' || phase.kind === 'claimed' || phase.kind === 'draining'
}

/**
 * Whether a coordinator has let something go on under a token that its end was not, and will not be, reported
 * under: it takes that report for one of an earlier activation.
 */
function isNewer(token: ActivationToken | undefined, had: ActivationToken | undefined): boolean {
  return token !== undefined && (had === undefined || compareTokens(token, had) > 0)
}

/** Somebody else has it: nothing it still says may leave. */
function isFenced(reason: EndReason): boolean {
  return reason === 'fenced' || reason === 'outranked'
}

/** Whether it ends after it may have been given to somebody else. */
function isLost({ reason, wasClaimed }: Extract<Phase, { kind: 'ending' }>): boolean {
  return wasClaimed || isFenced(reason)
}

function inventoryOf(instance: Instance, lapsed: boolean): InventoryEntry {
  const { uuid, kind, endpoint, labels, extra, stateless, shared, phase } = instance
  const ending = phase.kind === 'ending'
  const token = isActive(phase) || phase.kind === 'ending' ? phase.token : undefined
  const startId = phase.kind === 'prepared' ? phase.startId : undefined
  return {
    uuid,
    kind,
    endpoint,
    labels,
    extra,
    stateless,
    shared,
    token,
    // Fenced once is lost for good, whatever coordinator comes.
    lapsed: lapsed || phase.kind === 'claimed' || (phase.kind === 'ending' && isLost(phase)),
    ending,
    startId
  }
}

function resultOf(instance: Instance): StartResult {
  return { uuid: instance.uuid, endpoint: instance.endpoint }
}

function inUse(uuid: ContainerUuid): NetworkError {
  return new NetworkError('UUID_IN_USE', `container ${uuid} exists already on this agent`, {
    retryable: true
  })
}
