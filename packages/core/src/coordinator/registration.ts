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
import { agentKey, type AgentEntry, type ContainerEntry } from './entries.ts'
import type { Placement } from './placement.ts'
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

  constructor(state: CoordinatorState, placement: Placement) {
    this.state = state
    this.placement = placement
    const { recoveryGraceMs } = state.options
    if (recoveryGraceMs > 0) state.deadlines.set(recoveryHold, state.now + recoveryGraceMs)
  }

  /** @throws NetworkError `OVERLOADED` when there are too many agents */
  register(registration: Registration): RegistrationReply {
    this.meet(registration)
    const agent = this.enter(registration)
    const resume: RegistrationReply['resume'][number][] = []
    const standby: InventoryEntry['uuid'][] = []
    const reported = new Set<ContainerEntry>()
    for (const item of registration.containers) {
      const token = this.takeBack(agent, item)
      const entry = this.state.directory.get(item.uuid)
      if (entry?.kind === item.kind) reported.add(entry)
      if (token !== undefined) resume.push({ uuid: item.uuid, token })
      else if (agent.standbys.has(item.uuid)) standby.push(item.uuid)
    }
    for (const entry of [...agent.containers]) if (!reported.has(entry)) this.missed(entry)
    this.placement.retryStranded()
    const { leaseMs, pingIntervalMs } = this.state.options
    return { coordinator: this.state.identity, leaseMs, pingIntervalMs, resume, standby }
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
    if (report.token === undefined && agent.standbys.has(report.uuid)) {
      this.placement.removeStandby(entry, agent)
      this.placement.considerUnused(entry)
      return
    }
    if (!('agent' in place) || place.agent !== agent || place.kind === 'starting') return
    // Guarded: a newer activation may serve by now.
    const { token } = place
    if (token !== undefined && report.token !== undefined && compareTokens(report.token, token) < 0) return
    this.placement.ended(entry, report.reason)
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

  unregister(key: { agentId: Registration['agentId']; incarnation: string }): void {
    const agent = this.state.roster.get(agentKey(key.agentId, key.incarnation))
    if (agent !== undefined) this.placement.lose(agent)
  }

  /** What the agent has obeyed before says what this coordinator must be. */
  private meet(registration: Registration): void {
    const { seen } = registration
    const { epoch, incarnation } = this.state.identity
    if (seen === undefined) return
    const isOurs = seen.epoch === epoch && seen.incarnation === incarnation
    if (seen.epoch > epoch || (seen.epoch === epoch && !isOurs)) this.state.raiseEpoch(seen.epoch)
    else this.state.noteEarlierEpoch(seen.epoch)
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
      containers: new Set(),
      starts: new Set(),
      standbys: new Map(),
      anonymous: new Map()
    }
    state.roster.add(agent)
    state.deadlines.set(agent, state.now + state.options.aliveTimeoutMs)
    state.agentEvent(agent, NetworkEventKind.added)
    return agent
  }

  /** The token under which the agent may go on with what it brings; undefined when it may not. */
  private takeBack(agent: AgentEntry, item: InventoryEntry): ActivationToken | undefined {
    const entry = this.state.directory.get(item.uuid)
    if (entry !== undefined && isThere(entry, agent, item)) return this.confirm(entry, item)
    if (item.token === undefined) {
      if (item.startId !== undefined) return this.takeStart(agent, item, item.startId)
      if (!item.stateless) return undefined
      this.standBy(agent, item)
      const { place, kind } = this.state.directory.get(item.uuid) ?? {}
      const serves = kind === item.kind && place?.kind === 'serving' && place.agent === agent
      return serves ? place.token : undefined
    }
    if (entry === undefined || (entry.kind === item.kind && entry.place.kind === 'unplaced')) {
      return this.adopt(agent, item, entry)
    }
    // Given to somebody else meanwhile. An instance that belongs to its agent can still stand by.
    if (item.stateless && entry.kind === item.kind) this.standBy(agent, item)
    return undefined
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
    if (place.kind !== 'serving') return undefined
    if (place.token.epoch === this.state.identity.epoch) return place.token
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
    entry.stateless = item.stateless
    const token = this.state.nextToken()
    this.placement.serve(entry, agent, item.endpoint, token)
    return token
  }

  private standBy(agent: AgentEntry, item: InventoryEntry): void {
    const entry = this.state.directory.get(item.uuid) ?? this.placement.addEntry(item.uuid, item, false)
    if (entry.kind !== item.kind) return
    if (entry.place.kind === 'unplaced') this.placement.describe(entry, item)
    agent.standbys.set(item.uuid, item)
    entry.standbys = [...(entry.standbys ?? []).filter((other) => other !== agent), agent]
    this.placement.place(entry)
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
