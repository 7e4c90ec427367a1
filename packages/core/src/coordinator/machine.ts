import { assertNever } from '../api/assert.ts'
import type { AgentUuid, ClientUuid, ContainerKind, ContainerUuid } from '../api/ids.ts'
import type { AgentRecord, ContainerRecord } from '../api/records.ts'
import { compareTokens } from '../api/tokens.ts'
import type {
  AgentUpdate,
  CoordinatorIdentity,
  EndCommand,
  EndedReport,
  Registration,
  RegistrationReply,
  Renewal,
  RenewalReply,
  Snapshot,
  StartResult
} from '../contract/ports.ts'
import type { CoordinatorEffect } from './effects.ts'
import type { AgentEntry, AgentKey, ClientEntry, ContainerEntry, PendingGet } from './entries.ts'
import { Inspector } from './inspector.ts'
import type { ResolvedCoordinatorOptions } from './options.ts'
import { Placement, type StartFailure } from './placement.ts'
import { References, type GetInput } from './references.ts'
import type { RosterEntry } from './roster-store.ts'
import { Registrations } from './registration.ts'
import { CoordinatorState, recoveryHold, snapshotExpiry, type Timed } from './state.ts'

/** Where a request for a container is to go. */
export type Route =
  | { readonly kind: 'serving'; readonly agent: AgentKey; readonly containerKind: ContainerKind }
  /** It exists, and will serve again. */
  | { readonly kind: 'not-serving' }
  | { readonly kind: 'unknown' }

/** A timer that is later than this says that the process stood still. */
const stallMs = 100

/**
 * The coordinator as a state machine: which agents and clients there are, which containers run where, and who
 * refers to them. It owns all of that, changes it only by its inputs, and says what is to be done as effects.
 *
 * - I1, I2: see `Placement` and `Registrations`.
 * - I4, I5, I6: see `References` and `Placement`.
 * - I7: every get is settled once, by its deadline.
 * - I11: agents, clients, containers and gets are bounded by the options.
 *
 * Use: an input (each takes the time), then {@link drain} for the effects, in order; {@link tick} when
 * {@link nextDeadline} has come.
 */
export class CoordinatorMachine {
  private readonly state: CoordinatorState
  private readonly placement: Placement
  private readonly registrations: Registrations
  private readonly references: References
  /** Nobody is declared dead before: this process has just stood still itself. */
  private noExpiryBefore = 0

  constructor(options: ResolvedCoordinatorOptions, now: number) {
    this.state = new CoordinatorState(options, now)
    this.placement = new Placement(this.state)
    this.registrations = new Registrations(this.state, this.placement)
    this.references = new References(this.state, this.placement)
  }

  // Inputs from agents

  /** An agent wants to register, and may have to wait for that. What it knows of earlier coordinators counts at once. */
  registering(registration: Registration, now: number): void {
    this.state.now = now
    this.registrations.meet(registration)
  }

  register(registration: Registration, now: number): RegistrationReply {
    this.state.now = now
    return this.registrations.register(registration)
  }

  renew(renewal: Renewal, now: number): RenewalReply {
    this.state.now = now
    return this.registrations.renew(renewal)
  }

  agentHeard(agentId: AgentUuid, now: number): void {
    this.state.now = now
    for (const agent of this.state.roster.incarnationsOf(agentId)) this.registrations.heard(agent)
  }

  containerEnded(report: EndedReport, now: number): void {
    this.state.now = now
    this.registrations.ended(report)
  }

  updateAgent(update: AgentUpdate, now: number): void {
    this.state.now = now
    this.registrations.update(update)
  }

  drainAgent(agentId: AgentUuid, incarnation: string, now: number): void {
    this.state.now = now
    this.registrations.drain({ agentId, incarnation })
  }

  /** An incarnation serves nothing any more: it has left, or is proven dead. */
  unregister(agentId: AgentUuid, incarnation: string, now: number, reason: 'left' | 'dead' = 'left'): void {
    this.state.now = now
    this.registrations.unregister({ agentId, incarnation }, reason)
  }

  // What came of effects

  startSucceeded(startId: number, agent: AgentKey, result: StartResult, now: number): void {
    this.state.now = now
    this.placement.startSucceeded(startId, agent, result)
  }

  startFailed(startId: number, failure: StartFailure, now: number): void {
    this.state.now = now
    this.placement.startFailed(startId, failure)
  }

  /** The agent has answered an `end`: whatever that activation was, it has ended. */
  endSucceeded(agent: AgentKey, command: EndCommand, now: number, snapshot?: Snapshot): void {
    this.state.now = now
    // Guarded: the answer may be about an earlier activation.
    if (command.uuid === undefined || !this.isEnding(agent, command)) return
    const entry = this.state.directory.get(command.uuid)
    if (entry !== undefined) this.placement.ended(entry, command.reason, snapshot)
  }

  // Inputs from clients

  clientSeen(id: ClientUuid, aliveTimeoutMs: number, now: number): void {
    this.state.now = now
    this.references.meet(id, aliveTimeoutMs)
  }

  /** Returns whether this client is known: one that was silent for too long has to be seen again. */
  clientHeard(id: ClientUuid, now: number): boolean {
    this.state.now = now
    return this.references.heard(id)
  }

  /** A client has seen a token of that coordinator. */
  coordinatorSeen(seen: CoordinatorIdentity, now: number): void {
    this.state.now = now
    this.state.meet(seen)
  }

  clientGone(id: ClientUuid, now: number): void {
    this.state.now = now
    this.references.gone(id)
  }

  /** Returns the number by which an effect settles this get. */
  get(input: GetInput, now: number): number {
    this.state.now = now
    return this.references.get(input)
  }

  cancelGet(getId: number, now: number): void {
    this.state.now = now
    this.references.cancel(getId)
  }

  release(id: ClientUuid, handle: string, now: number): void {
    this.state.now = now
    this.references.release(id, handle)
  }

  // Inputs from whoever runs the network

  /**
   * Ends a container on purpose: it is not started again for the references that it has, but by its next use.
   *
   * @returns whether there is one of this uuid
   */
  terminateContainer(uuid: ContainerUuid, now: number): boolean {
    this.state.now = now
    const entry = this.state.directory.get(uuid)
    if (entry === undefined) return false
    this.placement.terminate(entry)
    return true
  }

  // Time

  tick(now: number): void {
    const { state } = this
    const expected = state.deadlines.nextAt()
    state.now = now
    if (expected !== undefined && now - expected > stallMs) {
      this.noExpiryBefore = now + state.options.pingIntervalMs
    }
    for (let due = state.deadlines.popDue(now); due !== undefined; due = state.deadlines.popDue(now)) {
      this.due(due)
    }
  }

  private due(due: Timed): void {
    const { state } = this
    switch (due.type) {
      case 'container':
        this.placement.due(due)
        return
      case 'get':
        this.references.due(due)
        return
      case 'agent':
        if (this.isSilent(due, this.state.options.aliveTimeoutMs)) this.placement.lose(due, 'silent')
        return
      case 'client':
        if (this.isSilent(due, due.aliveTimeoutMs)) this.references.gone(due.id)
        return
      case 'moment':
        if (due === snapshotExpiry) {
          this.placement.expireSnapshots()
          return
        }
        if (due === recoveryHold) {
          // What agents have sent meanwhile is heard first.
          if (this.noExpiryBefore > state.now) {
            state.deadlines.set(recoveryHold, this.noExpiryBefore)
            return
          }
          this.registrations.stopWaiting()
        }
        this.placement.retryStranded()
        return
      default:
        assertNever(due)
    }
  }

  /** Whether somebody was not heard for that long; if not, looks again when it may be so. */
  private isSilent(who: AgentEntry | ClientEntry, timeoutMs: number): boolean {
    const { state } = this
    const until = Math.max(who.lastHeard + timeoutMs, this.noExpiryBefore)
    if (until <= state.now) return true
    state.deadlines.set(who, until)
    return false
  }

  // Queries

  /** The effects since the last call, in order. */
  drain(): CoordinatorEffect[] {
    const { effects } = this.state
    if (effects.length > 0) this.state.effects = []
    return effects
  }

  nextDeadline(): number | undefined {
    return this.state.deadlines.nextAt()
  }

  get identity(): RegistrationReply['coordinator'] {
    return this.state.identity
  }

  /** Whether this activation's end is still waited for. */
  isEnding(agent: AgentKey, command: EndCommand): boolean {
    const place = command.uuid === undefined ? undefined : this.state.directory.get(command.uuid)?.place
    if (place?.kind !== 'ending' || place.agent.key !== agent) return false
    return (
      place.token !== undefined &&
      command.token !== undefined &&
      compareTokens(place.token, command.token) === 0
    )
  }

  /** Agents of the last coordinator for which this one still waits. */
  get awaitedAgents(): RosterEntry[] {
    return this.registrations.awaitedAgents
  }

  /** Whether agents of an earlier coordinator are on their way of which no roster tells. */
  get unsureOfPredecessor(): boolean {
    return this.state.unsureOfPredecessor
  }

  get recovering(): boolean {
    return this.state.deadlines.has(recoveryHold)
  }

  route(uuid: ContainerUuid): Route {
    const entry = this.state.directory.get(uuid)
    if (entry === undefined) return { kind: 'unknown' }
    if (entry.place.kind !== 'serving') return { kind: 'not-serving' }
    return { kind: 'serving', agent: entry.place.agent.key, containerKind: entry.kind }
  }

  /** The gets that wait for what this start makes. */
  getsOf(startId: number): Iterable<PendingGet> {
    return this.state.starts.get(startId)?.waiting ?? []
  }

  handleOn(client: ClientUuid, uuid: ContainerUuid): string | undefined {
    return this.references.handleOn(client, uuid)
  }

  list(kind?: ContainerKind): ContainerRecord[] {
    const entries: Iterable<ContainerEntry> =
      kind === undefined ? this.state.directory.all() : this.state.directory.ofKind(kind)
    const records: ContainerRecord[] = []
    for (const entry of entries) {
      const record = this.state.recordOf(entry)
      if (record !== undefined) records.push(record)
    }
    return records
  }

  agents(): AgentRecord[] {
    return [...this.state.roster.all()].map(({ agentId, endpoint, kinds }) => ({ agentId, endpoint, kinds }))
  }

  kinds(): ContainerKind[] {
    return this.references.kinds()
  }

  /**
   * Read-only questions, for whoever shows the network to people.
   *
   * @param wallOffsetMs what makes milliseconds since 1970 of the machine's time
   */
  createInspector(wallOffsetMs: number): Inspector {
    return new Inspector(this.state, wallOffsetMs)
  }

  /** How much there is of everything; for metrics, and for tests of I11. */
  counts(): Readonly<Record<'agents' | 'clients' | 'containers' | 'gets' | 'starts' | 'deadlines', number>> {
    const { roster, clients, directory, gets, starts, deadlines } = this.state
    return {
      agents: roster.size,
      clients: clients.size,
      containers: directory.size,
      gets: gets.size,
      starts: starts.size,
      deadlines: deadlines.size
    }
  }
}
