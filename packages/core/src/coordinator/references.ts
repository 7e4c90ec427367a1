import { NetworkError } from '../api/errors.ts'
import type { ClientUuid, ContainerKind, ContainerUuid } from '../api/ids.ts'
import type { CoordinatorIdentity } from '../contract/ports.ts'
import type { AgentEntry, ClientEntry, ContainerEntry, PendingGet } from './entries.ts'
import type { Placement } from './placement.ts'
import type { CoordinatorState } from './state.ts'

/** What a client asks for. */
export interface GetInput {
  readonly client: ClientUuid
  /** Chosen by the client; asking again with the same handle is the same reference. */
  readonly handle: string
  readonly kind: ContainerKind
  readonly uuid: ContainerUuid | undefined
  readonly labels: readonly string[]
  readonly extra: unknown
  /** Under whom, and in which epoch, this handle was last seen to serve, when it is claimed again. */
  readonly seen?: CoordinatorIdentity | undefined
  /** When the client stops waiting. */
  readonly deadline: number
}

/**
 * Keeps clients and their references. Part of the coordinator machine.
 *
 * - I4, I5: references are sets of handles that clients choose; they go with the handle or with the client.
 */
export class References {
  private readonly state: CoordinatorState
  private readonly placement: Placement

  constructor(state: CoordinatorState, placement: Placement) {
    this.state = state
    this.placement = placement
  }

  /** A client is there. `aliveTimeoutMs` is how long its silence keeps its references. */
  meet(id: ClientUuid, aliveTimeoutMs: number): ClientEntry {
    const { state } = this
    const known = state.clients.get(id)
    if (known !== undefined) {
      known.aliveTimeoutMs = aliveTimeoutMs
      known.lastHeard = state.now
      return known
    }
    if (state.clients.size >= state.options.clientsMax) {
      throw new NetworkError('OVERLOADED', `${state.clients.size} clients are known already`, {
        retryable: true,
        overloaded: true
      })
    }
    const client: ClientEntry = {
      type: 'client',
      id,
      aliveTimeoutMs,
      lastHeard: state.now,
      handles: new Map(),
      gets: new Map()
    }
    state.clients.set(id, client)
    if (Number.isFinite(aliveTimeoutMs)) state.deadlines.set(client, state.now + aliveTimeoutMs)
    return client
  }

  /** Returns whether this client is known. */
  heard(id: ClientUuid): boolean {
    const client = this.state.clients.get(id)
    if (client !== undefined) client.lastHeard = this.state.now
    return client !== undefined
  }

  /** Returns the number by which effects settle this get. */
  get(input: GetInput): number {
    const { state } = this
    const id = state.nextGetId++
    const client = state.clients.get(input.client) ?? this.meet(input.client, Infinity)
    const { handle, kind, uuid, labels, extra, seen } = input
    // A roster says more of earlier coordinators than a client can.
    if (
      seen !== undefined &&
      seen.incarnation !== state.identity.incarnation &&
      state.options.remembered === undefined
    )
      state.noteEarlierEpoch(seen.epoch)
    if (seen !== undefined) state.meet(seen)
    if (
      state.gets.size >= state.options.pendingGetsMax ||
      state.directory.size >= state.options.containersMax
    ) {
      const error = new NetworkError(
        'OVERLOADED',
        `${state.gets.size} gets wait already, ${state.directory.size} containers are known`,
        { retryable: true, overloaded: true }
      )
      state.effects.push({ kind: 'getFailed', getId: id, error })
      return id
    }
    const earlier = client.gets.get(handle)
    if (earlier !== undefined)
      this.placement.fail(earlier, new NetworkError('ABORTED', 'the get was made again'))
    const held = client.handles.get(handle)
    const get: PendingGet = {
      type: 'get',
      id,
      client,
      handle,
      kind,
      // A handle stays with its container, whatever selected it first.
      uuid: held?.uuid ?? uuid,
      labels,
      extra,
      waitsFor: undefined
    }
    state.gets.set(id, get)
    client.gets.set(handle, get)
    state.deadlines.set(get, input.deadline)
    this.placement.seek(get)
    return id
  }

  cancel(getId: number): void {
    const get = this.state.gets.get(getId)
    if (get !== undefined) this.placement.fail(get, new NetworkError('ABORTED', 'the caller no longer waits'))
  }

  release(id: ClientUuid, handle: string): void {
    const client = this.state.clients.get(id)
    if (client === undefined) return
    const pending = client.gets.get(handle)
    if (pending !== undefined) this.placement.fail(pending, new NetworkError('ABORTED', 'released'))
    const entry = client.handles.get(handle)
    if (entry === undefined) return
    client.handles.delete(handle)
    this.placement.unhold(entry, id)
  }

  /** Any one handle of this client on this container. */
  handleOn(id: ClientUuid, uuid: ContainerUuid): string | undefined {
    const client = this.state.clients.get(id)
    for (const [handle, entry] of client?.handles ?? []) if (entry.uuid === uuid) return handle
    return undefined
  }

  /** A client has said goodbye, or was silent for too long. */
  gone(id: ClientUuid): void {
    const { state } = this
    const client = state.clients.get(id)
    if (client === undefined) return
    state.clients.delete(id)
    state.deadlines.delete(client)
    const connected = new Map<AgentEntry, ContainerUuid[]>()
    for (const get of [...client.gets.values()]) {
      this.placement.fail(get, new NetworkError('CLOSED', 'the client has gone'))
    }
    for (const entry of client.handles.values()) noteAgent(connected, entry)
    for (const [agent, uuids] of connected) {
      state.effects.push({ kind: 'clientGone', agent: agent.key, command: { clientId: id, uuids } })
    }
    for (const entry of client.handles.values()) this.placement.unhold(entry, id)
    client.handles.clear()
  }

  /** A get's deadline has come. */
  due(get: PendingGet): void {
    const { waitsFor, kind } = get
    const hasAgent =
      waitsFor !== undefined && (waitsFor.type === 'nameless' || waitsFor.place.kind !== 'unplaced')
    if (hasAgent) {
      this.placement.fail(
        get,
        new NetworkError('TIMEOUT', `'${kind}' did not start in time`, { retryable: true })
      )
      return
    }
    const kinds = this.kinds()
    const there = kinds.length === 0 ? 'no agent offers anything' : `there are: ${kinds.join(', ')}`
    const why = this.state.recovering ? 'the network is recovering from a restart' : there
    this.placement.fail(
      get,
      new NetworkError('NO_AGENT', `no agent offers '${kind}'; ${why}`, {
        retryable: true,
        details: { kinds }
      })
    )
  }

  /** The kinds that can be had now: by a factory, or as a container that belongs to its agent. */
  kinds(): ContainerKind[] {
    const kinds = new Set(this.state.roster.kinds())
    for (const agent of this.state.roster.all()) {
      for (const { kind } of agent.standbys.values()) kinds.add(kind)
      for (const entry of agent.containers) if (entry.stateless) kinds.add(entry.kind)
    }
    return [...kinds].toSorted()
  }
}

function noteAgent(agents: Map<AgentEntry, ContainerUuid[]>, entry: ContainerEntry): void {
  if (!('agent' in entry.place)) return
  const uuids = agents.get(entry.place.agent)
  if (uuids === undefined) agents.set(entry.place.agent, [entry.uuid])
  else if (!uuids.includes(entry.uuid)) uuids.push(entry.uuid)
}
