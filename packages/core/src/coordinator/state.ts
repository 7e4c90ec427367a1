import type { ClientUuid } from '../api/ids.ts'
import { NetworkEventKind, type ContainerRecord } from '../api/records.ts'
import type { ActivationToken } from '../api/tokens.ts'
import type { CoordinatorIdentity } from '../contract/ports.ts'
import { DeadlineTable } from '../time/deadline-table.ts'
import { Directory } from './directory.ts'
import type { CoordinatorEffect } from './effects.ts'
import type { AgentEntry, ClientEntry, ContainerEntry, NamelessStart, PendingGet, Place } from './entries.ts'
import type { ResolvedCoordinatorOptions } from './options.ts'
import { Roster } from './roster.ts'
import { Snapshots } from './snapshots.ts'

/** Has a deadline: a container that is unused or is to be tried again, a get, an agent, a client, or a moment. */
export type Timed = ContainerEntry | PendingGet | AgentEntry | ClientEntry | Moment

/** A deadline of the coordinator itself. */
export interface Moment {
  readonly type: 'moment'
}

/** The end of the recovery hold. */
export const recoveryHold: Moment = { type: 'moment' }
/** When gets that an agent refused are tried again. */
export const retryHomeless: Moment = { type: 'moment' }

/** When the eldest snapshot has been kept for long enough. */
export const snapshotExpiry: Moment = { type: 'moment' }

/** What the parts of the coordinator machine share. */
export class CoordinatorState {
  readonly options: ResolvedCoordinatorOptions
  identity: CoordinatorIdentity
  /** The time of the input that is being worked on. */
  now: number
  readonly directory = new Directory()
  readonly roster = new Roster()
  readonly clients = new Map<ClientUuid, ClientEntry>()
  readonly gets = new Map<number, PendingGet>()
  readonly starts = new Map<number, ContainerEntry | NamelessStart>()
  readonly deadlines = new DeadlineTable<Timed>()
  readonly snapshots: Snapshots
  /** What is to be done, in order; taken by the shell after every input. */
  effects: CoordinatorEffect[] = []
  nextStartId: number
  nextGetId = 1

  /** Nothing counts as unused before: clients of an earlier coordinator may still claim their references. */
  unusedFrom = 0
  private sequence = 0
  private held = false

  constructor(options: ResolvedCoordinatorOptions, now: number) {
    this.options = options
    this.snapshots = new Snapshots(options)
    this.nextStartId = firstStartId(options.epoch)
    this.identity = { epoch: options.epoch, incarnation: options.incarnation }
    this.now = now
  }

  /** Whether agents of an earlier coordinator may still be on their way. */
  get recovering(): boolean {
    return this.deadlines.has(recoveryHold)
  }

  /** Whether agents of an earlier coordinator are on their way of which no roster tells. */
  get unsureOfPredecessor(): boolean {
    return this.recovering && (this.held || this.options.remembered === undefined)
  }

  /** A token above all that this coordinator has given out (I2). */
  nextToken(): ActivationToken {
    return { epoch: this.identity.epoch, sequence: ++this.sequence }
  }

  /** Somebody has obeyed a coordinator of this epoch or a later one: be newer. */
  raiseEpoch(above: number): void {
    this.identity = { ...this.identity, epoch: above + 1 }
    this.sequence = 0
    // Where another one had this epoch, agents may still be at what it has started.
    this.nextStartId = firstStartId(above + 1)
  }

  /** Somebody has obeyed that coordinator, or seen a token of its: what this one gives out is above (I2, I3). */
  meet(seen: CoordinatorIdentity): void {
    const { epoch, incarnation } = this.identity
    if (seen.epoch > epoch || (seen.epoch === epoch && seen.incarnation !== incarnation)) {
      this.raiseEpoch(seen.epoch)
    }
  }

  /** There was a coordinator before: others that it had may still be on their way, so nothing is placed yet. */
  noteEarlierEpoch(epoch: number): void {
    if (this.held || epoch === 0) return
    this.held = true
    this.holdFor(this.options.aliveTimeoutMs)
  }

  /** Waits for those who were with an earlier coordinator: agents to report, and clients to claim (I4). */
  holdFor(ms: number): void {
    this.deadlines.set(recoveryHold, this.now + ms)
    this.unusedFrom = this.now + Math.max(ms, this.options.aliveTimeoutMs)
  }

  /** What lists and events show; undefined while it does not serve. */
  recordOf(entry: ContainerEntry): ContainerRecord | undefined {
    const { place } = entry
    if (place.kind !== 'serving') return undefined
    return {
      uuid: entry.uuid,
      kind: entry.kind,
      agentId: place.agent.agentId,
      endpoint: place.endpoint,
      labels: entry.labels,
      agentEndpoint: place.agent.endpoint,
      token: place.token
    }
  }

  /** Moves a container to another place, with the events and the agents' lists that go with it. */
  move(entry: ContainerEntry, next: Place): void {
    const before = this.recordOf(entry)
    const old = entry.place
    if ('agent' in old) old.agent.containers.delete(entry)
    if (old.kind === 'starting') {
      this.starts.delete(old.startId)
      old.agent.starting--
    }
    if (old.kind === 'serving') this.deadlines.delete(entry)
    this.directory.setPlace(entry, next)
    if ('agent' in next) next.agent.containers.add(entry)
    if (next.kind === 'starting') {
      this.starts.set(next.startId, entry)
      next.agent.starting++
    }
    if (before !== undefined) this.containerEvent(entry, before, NetworkEventKind.removed)
    const after = this.recordOf(entry)
    if (after !== undefined) this.containerEvent(entry, after, NetworkEventKind.added)
  }

  containerEvent(entry: ContainerEntry, container: ContainerRecord, event: NetworkEventKind): void {
    this.effects.push({
      kind: 'containerEvent',
      event: { container, event },
      holders: entry.holders === undefined ? [] : [...new Set(entry.holders)]
    })
  }

  agentEvent(agent: AgentEntry, event: NetworkEventKind): void {
    this.effects.push({ kind: 'agentEvent', event: { id: agent.agentId, kinds: agent.kinds, event } })
  }
}

/**
 * An agent may still work on starts of an earlier coordinator, so each begins above those of the last: room for 4096
 * a millisecond between two epochs that are taken from the clock, and for a safe integer until 2039.
 */
function firstStartId(epoch: number): number {
  return (epoch % 2 ** 41) * 2 ** 12 + 1
}
