import { assertNever } from '../api/assert.ts'
import { NetworkError } from '../api/errors.ts'
import type { ClientUuid, ContainerKind, ContainerUuid } from '../api/ids.ts'
import { NetworkEventKind } from '../api/records.ts'
import { compareTokens, type ActivationToken } from '../api/tokens.ts'
import type { EndReason, InventoryEntry, Snapshot, StartResult } from '../contract/ports.ts'
import { bearsAll } from './directory.ts'
import type { AgentGoneReason } from './effects.ts'
import type {
  AgentEntry,
  AgentKey,
  ClientEntry,
  ContainerEntry,
  NamelessStart,
  PendingGet
} from './entries.ts'
import { retryHomeless, snapshotExpiry, type CoordinatorState } from './state.ts'

/** How a start went wrong. */
export type StartFailure =
  /** The factory said no: the callers hear its words. */
  | { readonly kind: 'failed'; readonly error: NetworkError }
  /** The agent does not take it now: another may. */
  | { readonly kind: 'refused' }
  /** Nobody knows whether it runs. */
  | { readonly kind: 'unknown' }

const retryFirstMs = 100
const retryMaxMs = 5000
/** An activation that served this long was no setback. */
const settledMs = 10_000

/**
 * Decides where containers run: starts, shares, withdraws, ends and re-places them, and settles the gets that
 * wait. Part of the coordinator machine.
 *
 * - I1: a container is started only from `unplaced`; what has not surely ended stays in another place.
 * - I9: a get is settled only by a container of its kind and uuid, or its kind and all labels.
 */
export class Placement {
  private readonly state: CoordinatorState
  /** Gets without a uuid for which no agent suits. */
  private readonly homeless = new Set<PendingGet>()
  /** Containers that are wanted and have no agent. */
  private readonly stranded = new Set<ContainerEntry>()
  private retrying = false

  constructor(state: CoordinatorState) {
    this.state = state
  }

  // Gets

  /** Lets a get wait for what it asks for, and starts that if need be. */
  seek(get: PendingGet): void {
    if (get.uuid !== undefined) this.seekUuid(get, get.uuid)
    else if (get.labels.length > 0) this.seekLabels(get)
    else this.seekAny(get)
  }

  /** The get no longer waits. */
  forget(get: PendingGet): void {
    const { waitsFor } = get
    this.homeless.delete(get)
    this.state.gets.delete(get.id)
    this.state.deadlines.delete(get)
    get.client.gets.delete(get.handle)
    get.waitsFor = undefined
    if (waitsFor === undefined) return
    waitsFor.waiting?.delete(get)
    if (waitsFor.type === 'container' && waitsFor.waiting?.size === 0) waitsFor.waiting = undefined
    if (waitsFor.type === 'container') this.considerUnused(waitsFor)
  }

  fail(get: PendingGet, error: NetworkError): void {
    this.forget(get)
    this.state.effects.push({ kind: 'getFailed', getId: get.id, error })
  }

  private seekUuid(get: PendingGet, uuid: ContainerUuid): void {
    const entry = this.state.directory.get(uuid) ?? this.addEntry(uuid, get, false)
    if (entry.kind !== get.kind) {
      this.fail(get, uuidInUse(uuid, entry.kind))
      return
    }
    this.join(get, entry)
  }

  private seekLabels(get: PendingGet): void {
    const entry = this.state.directory.findByLabels(get.kind, get.labels)
    if (entry !== undefined) {
      this.join(get, entry)
      return
    }
    for (const start of this.state.starts.values()) {
      if (start.type !== 'nameless' || start.kind !== get.kind || !bearsAll(start.labels, get.labels))
        continue
      this.joinStart(get, start)
      return
    }
    const agent = this.state.recovering ? undefined : this.state.roster.take(get.kind)
    if (agent === undefined) this.homeless.add(get)
    else this.joinStart(get, this.startNameless(agent, get, false))
  }

  private seekAny(get: PendingGet): void {
    const agent = this.state.roster.take(get.kind)
    if (agent === undefined) {
      const stateless = this.statelessOf(get.kind)
      if (stateless === undefined) this.homeless.add(get)
      else this.join(get, stateless)
      return
    }
    const shared = agent.shared.get(get.kind)
    if (shared === undefined) {
      // The factory may name what an agent that was not heard yet still serves.
      if (this.state.recovering) {
        this.homeless.add(get)
        return
      }
      const start = this.startNameless(agent, get, true)
      agent.shared.set(get.kind, start)
      this.joinStart(get, start)
    } else if (shared.type === 'nameless') {
      this.joinStart(get, shared)
    } else {
      this.join(get, shared)
    }
  }

  private statelessOf(kind: ContainerKind): ContainerEntry | undefined {
    for (const entry of this.state.directory.ofKind(kind)) if (entry.stateless) return entry
    return undefined
  }

  private join(get: PendingGet, entry: ContainerEntry): void {
    if (entry.place.kind === 'serving') {
      this.settle(get, entry)
      return
    }
    get.waitsFor = entry
    entry.waiting ??= new Set()
    entry.waiting.add(get)
    this.place(entry)
  }

  private joinStart(get: PendingGet, start: NamelessStart): void {
    get.waitsFor = start
    start.waiting.add(get)
  }

  private settle(get: PendingGet, entry: ContainerEntry): void {
    const record = this.state.recordOf(entry)
    if (record === undefined) return
    const { client, handle } = get
    this.hold(entry, client, handle)
    this.forget(get)
    this.state.effects.push({ kind: 'getSettled', getId: get.id, record })
  }

  private hold(entry: ContainerEntry, client: ClientEntry, handle: string): void {
    if (client.handles.get(handle) === entry) return
    client.handles.set(handle, entry)
    if (entry.holders === undefined) entry.holders = [client.id]
    else entry.holders.push(client.id)
    this.state.deadlines.delete(entry)
  }

  // Placing

  /** Finds an agent for a container that is unplaced and wanted by somebody. */
  place(entry: ContainerEntry, avoid?: ReadonlySet<AgentKey>): void {
    if (entry.place.kind !== 'unplaced') return
    const { state } = this
    state.deadlines.delete(entry)
    const standby = state.recovering ? undefined : nextActive(entry)
    if (standby !== undefined) {
      this.promote(entry, standby)
      return
    }
    const agent = state.recovering ? undefined : state.roster.take(entry.kind, avoid)
    if (agent === undefined) {
      this.stranded.add(entry)
      return
    }
    this.stranded.delete(entry)
    const startId = state.nextStartId++
    const token = state.nextToken()
    state.move(entry, { kind: 'starting', agent, startId, token })
    const { uuid, kind, labels, extra, shared } = entry
    const about = { coordinator: state.identity, startId, kind, uuid, labels, extra, shared, token }
    state.effects.push({ kind: 'start', agent: agent.key, command: { ...about, ...this.handedOver(entry) } })
  }

  /** An agent, or another kind of one, is there, or the hold has ended: tries all that waits for one. */
  retryStranded(): void {
    // Guarded: placing can strand again what it cannot place.
    if (this.retrying) return
    this.retrying = true
    const entries = [...this.stranded]
    this.stranded.clear()
    for (const entry of entries) this.place(entry)
    const gets = [...this.homeless]
    this.homeless.clear()
    for (const get of gets) this.seek(get)
    this.retrying = false
  }

  /** The instance that could serve on this agent becomes the active one; the others stand by, or end. */
  promote(entry: ContainerEntry, agent: AgentEntry): void {
    const { state } = this
    const inventory = agent.standbys.get(entry.uuid)
    if (inventory === undefined) return
    const token = state.nextToken()
    const about = { coordinator: state.identity, uuid: entry.uuid, startId: undefined, token }
    state.effects.push({ kind: 'grant', agent: agent.key, command: { ...about, ...this.handedOver(entry) } })
    this.takeOver(entry, agent, inventory, token)
  }

  /** What an agent has serves, under this token; whatever else had served is outranked. */
  takeOver(entry: ContainerEntry, agent: AgentEntry, item: InventoryEntry, token: ActivationToken): void {
    this.removeStandby(entry, agent)
    entry.stateless = item.stateless
    entry.shared = item.shared
    for (const other of [...(entry.standbys ?? [])]) this.outrank(entry, other)
    this.serve(entry, agent, item.endpoint, token)
  }

  /** This agent has served the container before, and somebody else does now. */
  private outrank(entry: ContainerEntry, agent: AgentEntry): void {
    const item = agent.standbys.get(entry.uuid)
    if (item?.token === undefined) return
    const { uuid } = entry
    const { token } = item
    const reason = 'outranked' as const
    const command = { coordinator: this.state.identity, startId: undefined, uuid, token, reason }
    this.state.effects.push({ kind: 'end', agent: agent.key, command })
    if (item.stateless) agent.standbys.set(uuid, { ...item, token: undefined })
    else this.removeStandby(entry, agent)
  }

  /** A container serves; whoever waits for it hears so. */
  serve(
    entry: ContainerEntry,
    agent: AgentEntry,
    endpoint: StartResult['endpoint'],
    token: ActivationToken
  ): void {
    this.stranded.delete(entry)
    this.forgetSnapshot(entry)
    this.state.move(entry, { kind: 'serving', agent, endpoint, token, since: this.state.now })
    if (entry.shared) agent.shared.set(entry.kind, entry)
    for (const get of [...(entry.waiting ?? [])]) this.settle(get, entry)
    if (agent.draining) this.end(entry, 'drained', true)
    else this.considerUnused(entry)
  }

  /** An agent is about to leave: it is given nothing more, and what it has goes elsewhere once it has ended. */
  drain(agent: AgentEntry): void {
    if (!agent.draining) this.state.roster.drain(agent)
    for (const uuid of [...agent.standbys.keys()]) {
      const entry = this.state.directory.get(uuid)
      if (entry === undefined) continue
      this.endHeld(entry, agent)
      this.removeStandby(entry, agent)
      this.considerUnused(entry)
    }
    for (const entry of [...agent.containers]) this.end(entry, 'drained', true)
  }

  /** What waits there to hear whether it may serve again does not. */
  private endHeld({ uuid }: ContainerEntry, agent: AgentEntry): void {
    const token = agent.standbys.get(uuid)?.token
    if (token === undefined) return
    const command = {
      coordinator: this.state.identity,
      startId: undefined,
      uuid,
      token,
      reason: 'fenced' as const
    }
    this.state.effects.push({ kind: 'end', agent: agent.key, command })
  }

  addEntry(
    uuid: ContainerUuid,
    like: { kind: ContainerKind; labels: readonly string[]; extra: unknown },
    shared: boolean
  ): ContainerEntry {
    const entry: ContainerEntry = {
      type: 'container',
      uuid,
      kind: like.kind,
      labels: like.labels,
      extra: like.extra,
      stateless: false,
      shared,
      place: { kind: 'unplaced', wanted: false },
      holders: undefined,
      waiting: undefined,
      standbys: undefined,
      setbacks: 0
    }
    this.state.directory.add(entry)
    return entry
  }

  /** What an agent brings along is what the agent says; gets that it no longer suits look elsewhere. */
  describe(entry: ContainerEntry, like: { labels: readonly string[]; extra: unknown }): void {
    this.state.directory.describe(entry, like)
    for (const get of [...(entry.waiting ?? [])]) {
      if (get.uuid !== undefined || bearsAll(entry.labels, get.labels)) continue
      entry.waiting?.delete(get)
      get.waitsFor = undefined
      this.homeless.add(get)
    }
  }

  /**
   * There is one of another kind under this name: who waits for this one hears so.
   *
   * @returns false, and does nothing, if this one has served, or can: then the name is its own
   */
  giveWay(entry: ContainerEntry, kind: ContainerKind): boolean {
    const { place, holders, standbys, waiting, uuid } = entry
    if (place.kind !== 'unplaced' || holders !== undefined || standbys !== undefined) return false
    for (const get of [...(waiting ?? [])]) this.fail(get, uuidInUse(uuid, kind))
    this.drop(entry)
    return true
  }

  // Starts

  private startNameless(agent: AgentEntry, get: PendingGet, shared: boolean): NamelessStart {
    const { state } = this
    const startId = state.nextStartId++
    const { kind, labels, extra } = get
    const start: NamelessStart = {
      type: 'nameless',
      startId,
      agent,
      kind,
      labels,
      extra,
      shared,
      waiting: new Set()
    }
    state.starts.set(startId, start)
    agent.starts.add(start)
    const command = {
      coordinator: state.identity,
      startId,
      kind,
      uuid: undefined,
      labels,
      extra,
      shared,
      token: undefined
    }
    state.effects.push({ kind: 'start', agent: agent.key, command })
    return start
  }

  startSucceeded(startId: number, agent: AgentKey, result: StartResult): void {
    const started = this.state.starts.get(startId)
    if (started === undefined) {
      // Said before by the agent's registration, which overtook this answer.
      const place = this.state.directory.get(result.uuid)?.place
      if (place?.kind === 'serving' && place.agent.key === agent) return
      // Withdrawn meanwhile: ended unserved.
      this.withdraw(agent, startId, result.uuid)
    } else if (started.type === 'nameless') {
      this.namelessSucceeded(started, result)
    } else if (started.place.kind === 'starting') {
      if (result.uuid === started.uuid) {
        this.serve(started, started.place.agent, result.endpoint, started.place.token)
        return
      }
      this.withdraw(agent, startId, result.uuid)
      const message = `the factory of '${started.kind}' was asked for ${started.uuid} and made ${result.uuid}`
      this.startFailed(startId, { kind: 'failed', error: new NetworkError('INVALID_CONTAINER', message) })
    }
  }

  private namelessSucceeded(start: NamelessStart, result: StartResult): void {
    const { state } = this
    this.endNameless(start)
    const taken = state.directory.get(result.uuid)
    if (taken !== undefined) {
      this.withdraw(start.agent.key, start.startId, result.uuid)
      for (const get of [...start.waiting]) this.fail(get, uuidInUse(result.uuid, taken.kind))
      return
    }
    const brought =
      start.labels.length > 0 ? state.directory.findByLabels(start.kind, start.labels) : undefined
    if (brought?.place.kind === 'serving') {
      // An agent that was not heard when this was decided has brought one that bears these labels.
      this.withdraw(start.agent.key, start.startId, result.uuid)
      for (const get of [...start.waiting]) {
        get.waitsFor = undefined
        this.seek(get)
      }
      return
    }
    const entry = this.addEntry(result.uuid, start, start.shared)
    const token = state.nextToken()
    const { startId, agent } = start
    const command = { coordinator: state.identity, uuid: result.uuid, startId, token }
    state.effects.push({ kind: 'grant', agent: agent.key, command })
    entry.waiting = new Set(start.waiting)
    for (const get of entry.waiting) get.waitsFor = entry
    this.serve(entry, agent, result.endpoint, token)
  }

  startFailed(startId: number, failure: StartFailure): void {
    const started = this.state.starts.get(startId)
    if (started === undefined) return
    if (started.type === 'nameless') this.namelessFailed(started, failure)
    else this.namedFailed(started, failure)
  }

  private namelessFailed(start: NamelessStart, failure: StartFailure): void {
    this.endNameless(start)
    const gets = [...start.waiting]
    if (failure.kind === 'failed') {
      for (const get of gets) this.fail(get, failure.error)
      return
    }
    // What may run there has no name yet, so it can never be served: another start harms nobody.
    this.withdraw(start.agent.key, start.startId, undefined)
    for (const get of gets) {
      get.waitsFor = undefined
      this.homeless.add(get)
    }
    this.state.deadlines.set(retryHomeless, this.state.now + retryFirstMs)
  }

  private namedFailed(entry: ContainerEntry, failure: StartFailure): void {
    const { place } = entry
    if (place.kind !== 'starting') return
    if (failure.kind === 'unknown') {
      // It may have served: what it was given is not what it would hand over now.
      this.forgetSnapshot(entry)
      this.endThere(entry, place.agent, place.token, place.startId, 'withdrawn', true)
      return
    }
    this.state.move(entry, { kind: 'unplaced', wanted: true })
    if (failure.kind === 'refused') {
      this.place(entry, new Set([place.agent.key]))
      if (entry.place.kind === 'unplaced') this.retryLater(entry)
      return
    }
    for (const get of [...(entry.waiting ?? [])]) this.fail(get, failure.error)
    this.goOn(entry, true)
  }

  private endNameless(start: NamelessStart): void {
    this.state.starts.delete(start.startId)
    start.agent.starts.delete(start)
    if (start.agent.shared.get(start.kind) === start) start.agent.shared.delete(start.kind)
  }

  private withdraw(agent: AgentKey, startId: number, uuid: ContainerUuid | undefined): void {
    const command = {
      coordinator: this.state.identity,
      startId,
      uuid,
      token: undefined,
      reason: 'withdrawn' as const
    }
    this.state.effects.push({ kind: 'end', agent, command })
  }

  // Ends

  /** Tells the agent to end what it serves. */
  end(entry: ContainerEntry, reason: EndReason, thenWanted: boolean): void {
    if (entry.place.kind !== 'serving') return
    this.endThere(entry, entry.place.agent, entry.place.token, undefined, reason, thenWanted)
  }

  /**
   * Ends a container on purpose, wherever it is in its life: it comes back when somebody uses it, not for the
   * references it has. A start under way is withdrawn; gets that wait for it make another.
   */
  terminate(entry: ContainerEntry): void {
    const { place, state } = { place: entry.place, state: this.state }
    switch (place.kind) {
      case 'serving':
        this.end(entry, 'terminated', false)
        return
      case 'starting':
        this.endThere(entry, place.agent, place.token, place.startId, 'withdrawn', false)
        return
      case 'ending':
        state.directory.setPlace(entry, { ...place, thenWanted: false })
        return
      case 'unplaced':
        // Whoever waits for it, or stands by, wants it whatever became of it before.
        if ((entry.waiting?.size ?? 0) > 0 || entry.standbys !== undefined) return
        state.directory.setPlace(entry, { kind: 'unplaced', wanted: false })
        state.deadlines.delete(entry)
        this.stranded.delete(entry)
        return
      default:
        assertNever(place)
    }
  }

  private endThere(
    entry: ContainerEntry,
    agent: AgentEntry,
    token: ActivationToken,
    startId: number | undefined,
    reason: EndReason,
    thenWanted: boolean
  ): void {
    const { state } = this
    this.forgetShared(entry)
    state.move(entry, { kind: 'ending', agent, token, startId, thenWanted })
    const command = { coordinator: state.identity, startId, uuid: entry.uuid, token, reason }
    state.effects.push({ kind: 'end', agent: agent.key, command })
  }

  /** The agent says that it is ending, by itself or by the word of an earlier coordinator. */
  endsThere(entry: ContainerEntry, agent: AgentEntry, token: ActivationToken): void {
    this.forgetShared(entry)
    this.stranded.delete(entry)
    this.state.move(entry, { kind: 'ending', agent, token, startId: undefined, thenWanted: true })
  }

  /** An activation has ended; the container goes on elsewhere, waits, or is forgotten. */
  ended(entry: ContainerEntry, reason: EndReason, snapshot?: Snapshot): void {
    const { place, state } = { place: entry.place, state: this.state }
    if (!('agent' in place)) return
    if (snapshot !== undefined) this.keepSnapshot(entry, snapshot)
    const wanted = place.kind === 'ending' ? place.thenWanted : reason !== 'terminated' && reason !== 'self'
    const lived = place.kind === 'serving' ? state.now - place.since : settledMs
    if (lived >= settledMs) entry.setbacks = 0
    this.forgetShared(entry)
    state.move(entry, { kind: 'unplaced', wanted })
    this.goOn(entry, lived < settledMs && reason === 'health')
  }

  private goOn(entry: ContainerEntry, setback: boolean): void {
    const { place } = entry
    if (place.kind !== 'unplaced') return
    const isWaitedFor = (entry.waiting?.size ?? 0) > 0
    const isHeld = entry.holders !== undefined
    const standsBy = (entry.standbys?.length ?? 0) > 0
    if (isWaitedFor || standsBy) this.place(entry)
    else if (!isHeld) this.drop(entry)
    else if (!place.wanted) this.stranded.delete(entry)
    else if (setback) this.retryLater(entry)
    else this.place(entry)
  }

  private retryLater(entry: ContainerEntry): void {
    const delay = Math.min(retryFirstMs * 2 ** entry.setbacks, retryMaxMs)
    entry.setbacks = Math.min(entry.setbacks + 1, 16)
    this.stranded.delete(entry)
    this.state.deadlines.set(entry, this.state.now + delay)
  }

  // What one activation hands over to the next

  private keepSnapshot({ uuid, kind }: ContainerEntry, snapshot: Snapshot): void {
    const { state } = this
    state.snapshots.keep(uuid, kind, snapshot, state.now)
    this.watchSnapshots()
  }

  /** Those that nobody has taken in time go. */
  expireSnapshots(): void {
    this.state.snapshots.expire(this.state.now)
    this.watchSnapshots()
  }

  private handedOver({ uuid, kind }: ContainerEntry): { snapshot?: Snapshot } {
    const snapshot = this.state.snapshots.find(uuid, kind, this.state.now)
    return snapshot === undefined ? {} : { snapshot }
  }

  /** It was used: another activation must not have it. */
  private forgetSnapshot({ uuid }: ContainerEntry): void {
    if (this.state.snapshots.size === 0) return
    this.state.snapshots.forget(uuid)
    this.watchSnapshots()
  }

  private watchSnapshots(): void {
    const { snapshots, deadlines } = this.state
    const next = snapshots.nextExpiry()
    if (next === undefined) deadlines.delete(snapshotExpiry)
    else deadlines.set(snapshotExpiry, next)
  }

  /** An agent is gone for good, and whatever it had with it. */
  lose(agent: AgentEntry, reason: AgentGoneReason): void {
    const { state } = this
    state.roster.delete(agent)
    state.deadlines.delete(agent)
    state.agentEvent(agent, NetworkEventKind.removed)
    state.effects.push({ kind: 'agentGone', agent: agent.key, reason })
    for (const uuid of [...agent.standbys.keys()]) {
      const entry = state.directory.get(uuid)
      if (entry !== undefined) this.removeStandby(entry, agent)
      if (entry !== undefined && entry.place.kind === 'unplaced') this.goOn(entry, false)
    }
    for (const start of [...agent.starts]) {
      this.endNameless(start)
      for (const get of [...start.waiting]) {
        get.waitsFor = undefined
        this.homeless.add(get)
      }
    }
    for (const entry of [...agent.containers]) {
      const { place } = entry
      this.forgetShared(entry)
      if (place.kind === 'starting') this.forgetSnapshot(entry)
      const wanted = place.kind === 'ending' ? place.thenWanted : true
      state.move(entry, { kind: 'unplaced', wanted })
      this.goOn(entry, false)
    }
    this.retryStranded()
  }

  removeStandby(entry: ContainerEntry, agent: AgentEntry): void {
    agent.standbys.delete(entry.uuid)
    const rest = entry.standbys?.filter((other) => other !== agent)
    entry.standbys = rest === undefined || rest.length === 0 ? undefined : rest
  }

  // References

  /** One handle less. */
  unhold(entry: ContainerEntry, client: ClientUuid): void {
    const { holders } = entry
    if (holders === undefined) return
    const index = holders.indexOf(client)
    if (index >= 0) holders.splice(index, 1)
    if (holders.length === 0) entry.holders = undefined
    this.considerUnused(entry)
  }

  /** Starts the wait after which a container that nobody needs is ended (I6). */
  considerUnused(entry: ContainerEntry): void {
    if (this.isNeeded(entry)) return
    if (entry.place.kind === 'serving') {
      const { now, unusedFrom, options } = this.state
      if (!entry.stateless) {
        this.state.deadlines.set(entry, Math.max(now, unusedFrom) + options.unusedTimeoutMs)
      }
    } else if (entry.place.kind === 'unplaced' && entry.standbys === undefined) {
      this.drop(entry)
    }
  }

  /** A container's deadline has come: it is unused, or to be tried again. */
  due(entry: ContainerEntry): void {
    if (entry.place.kind === 'unplaced') {
      if (this.isNeeded(entry) || entry.standbys !== undefined) this.place(entry)
      else this.drop(entry)
    } else if (entry.place.kind === 'serving' && !entry.stateless && !this.isNeeded(entry)) {
      this.end(entry, 'unused', false)
    }
  }

  private isNeeded(entry: ContainerEntry): boolean {
    return entry.holders !== undefined || (entry.waiting?.size ?? 0) > 0
  }

  private drop(entry: ContainerEntry): void {
    this.stranded.delete(entry)
    this.state.deadlines.delete(entry)
    this.state.directory.delete(entry)
  }

  private forgetShared(entry: ContainerEntry): void {
    if (!entry.shared || !('agent' in entry.place)) return
    const { shared } = entry.place.agent
    if (shared.get(entry.kind) === entry) shared.delete(entry.kind)
  }
}

/** The agent whose instance served last, by its token (I2); if none has, the one that has stood by longest. */
function nextActive({ uuid, standbys }: ContainerEntry): AgentEntry | undefined {
  let best = standbys?.[0]
  let highest = best?.standbys.get(uuid)?.token
  for (const agent of standbys ?? []) {
    const token = agent.standbys.get(uuid)?.token
    if (token === undefined || (highest !== undefined && compareTokens(token, highest) <= 0)) continue
    best = agent
    highest = token
  }
  return best
}

function uuidInUse(uuid: ContainerUuid, kind: ContainerKind): NetworkError {
  return new NetworkError('UUID_IN_USE', `container ${uuid} exists already, as one of kind '${kind}'`, {
    retryable: true
  })
}
