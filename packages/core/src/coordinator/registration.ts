import { NetworkError } from '../api/errors.ts'
import { NetworkEventKind } from '../api/records.ts'
import { compareTokens, type ActivationToken } from '../api/tokens.ts'
import type {
  AgentUpdate,
  EndedReport,
  InventoryEntry,
  Registration,
  RegistrationReply,
  Renewal,
  RenewalReply
} from '../contract/ports.ts'
import { agentKey, type AgentEntry, type AgentKey, type ContainerEntry } from './entries.ts'
import type { Placement } from './placement.ts'
import type { RosterEntry } from './roster-store.ts'
import { recoveryHold, type CoordinatorState } from './state.ts'

/**
 * Takes agents in and keeps track of what they report. Part of the coordinator machine.
 *
 * - I2: a container that an agent brings along serves on under a token of this epoch.
 * - I3: an agent that has obeyed a later coordinator, or another one of this epoch, makes this one take a
 *   higher epoch before it grants anything more.
 */
export class Registrations {
  private readonly state: CoordinatorState
  private readonly placement: Placement
  /** Agents of the last coordinator that were neither heard nor proven dead. */
  private readonly awaited = new Map<AgentKey, RosterEntry>()
  /** All that the last coordinator had; undefined when that is not known. */
  private readonly remembered: ReadonlySet<AgentKey> | undefined

  constructor(state: CoordinatorState, placement: Placement) {
    this.state = state
    this.placement = placement
    const { recoveryGraceMs, remembered, aliveTimeoutMs } = state.options
    for (const entry of remembered ?? []) this.awaited.set(agentKey(entry.agentId, entry.incarnation), entry)
    this.remembered = remembered === undefined ? undefined : new Set(this.awaited.keys())
    const holdMs = this.awaited.size > 0 ? aliveTimeoutMs : remembered === undefined ? recoveryGraceMs : 0
    if (holdMs > 0) state.holdFor(holdMs)
  }

  /** Agents of the last coordinator for which this one still waits. */
  get awaitedAgents(): RosterEntry[] {
    return [...this.awaited.values()]
  }

  /** @throws NetworkError `OVERLOADED` when there are too many agents */
  register(registration: Registration): RegistrationReply {
    this.meet(registration)
    const agent = this.enter(registration)
    // Before anything is taken back: of an agent that is about to leave, nothing waits or stands by.
    if (registration.draining) this.state.roster.drain(agent)
    const resume: RegistrationReply['resume'][number][] = []
    const standby: InventoryEntry['uuid'][] = []
    const held: InventoryEntry['uuid'][] = []
    const reported = new Set<ContainerEntry>()
    for (const item of registration.containers) {
      const { uuid } = item
      const token = this.takeBack(agent, item)
      const entry = this.state.directory.get(uuid)
      const waiting = agent.standbys.get(uuid)
      if (entry?.kind === item.kind) reported.add(entry)
      if (token !== undefined) resume.push({ uuid, token })
      else if (waiting !== undefined) (waiting.token === undefined ? standby : held).push(uuid)
    }
    for (const entry of [...agent.containers]) if (!reported.has(entry)) this.missed(entry)
    if (registration.draining) this.placement.drain(agent)
    for (const uuid of [...agent.standbys.keys()]) {
      const entry = this.state.directory.get(uuid)
      if (entry !== undefined && !reported.has(entry)) this.noStandby(entry, agent)
    }
    this.heardFrom(agent.key)
    this.placement.retryStranded()
    const { leaseMs, pingIntervalMs } = this.state.options
    return { coordinator: this.state.identity, leaseMs, pingIntervalMs, resume, standby, held }
  }

  renew(renewal: Renewal): RenewalReply {
    const agent = this.state.roster.get(agentKey(renewal.agentId, renewal.incarnation))
    const { epoch, incarnation } = this.state.identity
    // An agent whose lease is not ours to renew counts as silent, though it was heard.
    if (agent === undefined) return 'register'
    if (renewal.coordinator.epoch !== epoch || renewal.coordinator.incarnation !== incarnation)
      return 'register'
    this.heard(agent)
    return 'renewed'
  }

  heard(agent: AgentEntry): void {
    agent.lastHeard = this.state.now
  }

  /** An activation, or an instance that stood by, has ended on its agent. */
  ended(report: EndedReport): void {
    const agent = this.state.roster.get(agentKey(report.agentId, report.incarnation))
    const entry = this.state.directory.get(report.uuid)
    if (agent === undefined || entry === undefined) return
    const { place } = entry
    const token = 'agent' in place && place.agent === agent ? place.token : undefined
    const order =
      token === undefined || report.token === undefined ? undefined : compareTokens(report.token, token)
    // One that stands by may be here since, under the name of the activation that has ended.
    if (agent.standbys.has(report.uuid) && (order === undefined || order < 0)) {
      this.noStandby(entry, agent)
      return
    }
    if (!('agent' in place) || place.agent !== agent || place.kind === 'starting') return
    // Guarded: a newer activation may serve by now.
    if (order !== undefined && order < 0) return
    this.placement.ended(entry, report.reason, report.snapshot)
  }

  /** An agent offers other kinds, has another endpoint, or has new containers that can stand by. */
  update(update: AgentUpdate): void {
    const agent = this.state.roster.get(agentKey(update.agentId, update.incarnation))
    if (agent === undefined) return
    this.state.roster.setKinds(agent, update.kinds)
    agent.endpoint = update.endpoint
    this.state.agentEvent(agent, NetworkEventKind.updated)
    for (const item of update.standbys) this.standBy(agent, item)
    this.placement.retryStranded()
  }

  /** An agent is about to leave. */
  drain({ agentId, incarnation }: { agentId: Registration['agentId']; incarnation: string }): void {
    const agent = this.state.roster.get(agentKey(agentId, incarnation))
    if (agent !== undefined) this.placement.drain(agent)
  }

  /** An incarnation serves nothing any more: it says so itself, or it is proven dead. */
  unregister(
    { agentId, incarnation }: { agentId: Registration['agentId']; incarnation: string },
    reason: 'left' | 'dead'
  ): void {
    const key = agentKey(agentId, incarnation)
    const agent = this.state.roster.get(key)
    if (agent !== undefined) this.placement.lose(agent, reason)
    else if (this.awaited.has(key)) this.state.effects.push({ kind: 'agentGone', agent: key, reason })
    if (this.heardFrom(key)) this.placement.retryStranded()
  }

  /** The hold is over: whoever was not heard by now has no lease. */
  stopWaiting(): void {
    for (const agent of this.awaited.keys())
      this.state.effects.push({ kind: 'agentGone', agent, reason: 'silent' })
    this.awaited.clear()
  }

  /** One agent of the last coordinator less to wait for. Returns whether it was the last, so that the hold ends. */
  private heardFrom(key: AgentKey): boolean {
    if (!this.awaited.delete(key) || this.awaited.size > 0) return false
    this.state.deadlines.delete(recoveryHold)
    return true
  }

  /** What the agent has obeyed before says what this coordinator must be. */
  meet(registration: Registration): void {
    const { seen } = registration
    if (seen === undefined) return
    const isOurs = seen.incarnation === this.state.identity.incarnation
    this.state.meet(seen)
    // From an agent that the roster names this is no news, and the hold is on already.
    const isAwaited = this.remembered?.has(agentKey(registration.agentId, registration.incarnation)) === true
    if (!isOurs && !isAwaited) this.state.noteEarlierEpoch(seen.epoch)
  }

  private enter(registration: Registration): AgentEntry {
    const { state } = this
    const { agentId, incarnation, kinds, endpoint } = registration
    const key = agentKey(agentId, incarnation)
    const known = state.roster.get(key)
    if (known !== undefined) {
      this.heard(known)
      const isSame = known.endpoint === endpoint && known.kinds.join('\n') === kinds.join('\n')
      state.roster.setKinds(known, kinds)
      known.endpoint = endpoint
      if (!isSame) state.agentEvent(known, NetworkEventKind.updated)
      return known
    }
    if (state.roster.size >= state.options.agentsMax) {
      throw new NetworkError('OVERLOADED', `${state.roster.size} agents are registered already`, {
        retryable: true,
        overloaded: true
      })
    }
    const agent: AgentEntry = {
      type: 'agent',
      key,
      agentId,
      incarnation,
      kinds,
      endpoint,
      lastHeard: state.now,
      draining: false,
      containers: new Set(),
      starting: 0,
      starts: new Set(),
      standbys: new Map(),
      shared: new Map()
    }
    state.roster.add(agent)
    state.deadlines.set(agent, state.now + state.options.aliveTimeoutMs)
    state.agentEvent(agent, NetworkEventKind.added)
    return agent
  }

  /** The token under which the agent may go on with what it brings; undefined when it may not. */
  private takeBack(agent: AgentEntry, item: InventoryEntry): ActivationToken | undefined {
    const entry = this.state.directory.get(item.uuid)
    if (item.ending) return this.letEnd(agent, item, entry)
    if (entry !== undefined && isThere(entry, agent, item)) return this.confirm(entry, item)
    if (item.token === undefined) {
      if (item.startId !== undefined) return this.takeStart(agent, item, item.startId)
      if (!item.stateless) return undefined
      this.standBy(agent, item)
      const { place, kind } = this.state.directory.get(item.uuid) ?? {}
      const serves = kind === item.kind && place?.kind === 'serving' && place.agent === agent
      return serves ? place.token : undefined
    }
    const known = this.knownAs(item)
    if (known === undefined || (known.kind === item.kind && known.place.kind === 'unplaced')) {
      // Its lease has lapsed: an agent that was not heard yet may have been given it meanwhile.
      if (!item.lapsed || !this.state.recovering) return this.adopt(agent, item, known)
      this.standBy(agent, item)
      return undefined
    }
    // Given to somebody else meanwhile. An instance that belongs to its agent can still stand by.
    if (item.stateless && known.kind === item.kind) this.standBy(agent, { ...item, token: undefined })
    return undefined
  }

  /** What the directory has of this name; what is only asked for, as another kind, gives way to what there is. */
  private knownAs(item: InventoryEntry): ContainerEntry | undefined {
    const entry = this.state.directory.get(item.uuid)
    const isOther = entry !== undefined && entry.kind !== item.kind
    return isOther && this.placement.giveWay(entry, item.kind) ? undefined : entry
  }

  /** It is ending there: whoever wants it waits for that, unless it may be in other hands already. */
  private letEnd(
    agent: AgentEntry,
    item: InventoryEntry,
    entry: ContainerEntry | undefined
  ): ActivationToken | undefined {
    const { token } = item
    if (token === undefined || (entry !== undefined && entry.kind !== item.kind)) return undefined
    const place = entry?.place
    if (place !== undefined && 'agent' in place) {
      if (place.agent !== agent || place.kind === 'starting') return undefined
      if (place.kind === 'serving') this.placement.endsThere(entry as ContainerEntry, agent, token)
      return place.token
    }
    if (item.lapsed) return undefined
    this.placement.endsThere(entry ?? this.placement.addEntry(item.uuid, item, false), agent, token)
    return token
  }

  /** A container that its factory has named, before the answer to its start has arrived here. */
  private takeStart(agent: AgentEntry, item: InventoryEntry, startId: number): ActivationToken | undefined {
    if (!this.state.starts.has(startId)) return undefined
    this.placement.startSucceeded(startId, agent.key, item)
    const place = this.state.directory.get(item.uuid)?.place
    return place?.kind === 'serving' && place.agent === agent ? place.token : undefined
  }

  /** What the directory says is on this agent, and the agent says so too. */
  private confirm(entry: ContainerEntry, item: InventoryEntry): ActivationToken | undefined {
    const { place } = entry
    if (place.kind === 'starting') {
      this.placement.serve(entry, place.agent, item.endpoint, place.token)
      return place.token
    }
    // Told to end, and not there yet: until then nobody else has it.
    if (place.kind === 'ending') return place.token
    if (place.kind !== 'serving') return undefined
    // One without a token is not the activation that has this one, if that was ever taken (I2).
    if (item.token !== undefined && place.token.epoch === this.state.identity.epoch) return place.token
    const token = this.state.nextToken()
    entry.place = { ...place, token }
    const record = this.state.recordOf(entry)
    if (record !== undefined) this.state.containerEvent(entry, record, NetworkEventKind.updated)
    return token
  }

  private adopt(agent: AgentEntry, item: InventoryEntry, known: ContainerEntry | undefined): ActivationToken {
    const entry = known ?? this.placement.addEntry(item.uuid, item, false)
    // Known from a get that waits for it: what it is, its agent knows better.
    if (known !== undefined) this.placement.describe(known, item)
    const token = this.state.nextToken()
    this.placement.takeOver(entry, agent, item, token)
    return token
  }

  private standBy(agent: AgentEntry, item: InventoryEntry): void {
    if (agent.draining) return
    const entry = this.knownAs(item) ?? this.placement.addEntry(item.uuid, item, false)
    if (entry.kind !== item.kind) return
    if (entry.place.kind === 'unplaced') this.placement.describe(entry, item)
    agent.standbys.set(item.uuid, item)
    entry.standbys = [...(entry.standbys ?? []).filter((other) => other !== agent), agent]
    this.placement.place(entry)
  }

  private noStandby(entry: ContainerEntry, agent: AgentEntry): void {
    this.placement.removeStandby(entry, agent)
    this.placement.considerUnused(entry)
  }

  /** What the directory says is on this agent, and the agent does not know of. */
  private missed(entry: ContainerEntry): void {
    // A start may be under way; its own answer decides.
    if (entry.place.kind !== 'starting') this.placement.ended(entry, 'fenced')
  }
}

/** Whether what an agent reports is what the directory has there. */
function isThere(entry: ContainerEntry, agent: AgentEntry, item: InventoryEntry): boolean {
  const { place } = entry
  if (!('agent' in place) || place.agent !== agent || entry.kind !== item.kind) return false
  // Of a start that is under way there is nothing to report yet: what stands by beside it is another instance.
  return (
    place.kind !== 'starting' || (item.token !== undefined && compareTokens(item.token, place.token) === 0)
  )
}
