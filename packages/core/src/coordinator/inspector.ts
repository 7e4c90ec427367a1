import type { AgentUuid, ClientUuid, ContainerKind, ContainerUuid } from '../api/ids.ts'
import { bearsAll } from './directory.ts'
import type { AgentEntry, ClientEntry, ContainerEntry } from './entries.ts'
import type {
  AgentSummary,
  ClientSummary,
  ContainerDescription,
  ContainerFilter,
  ContainerState,
  ContainerSummary,
  KindSummary,
  PageRequest
} from './inspection.ts'
import { PageScan } from './page-scan.ts'
import type { CoordinatorState } from './state.ts'

const holdersMax = 1000
/** Of a kind that nobody starts, so many containers are asked who has them. */
const holdersOfKindMax = 1000

/** Reads what the coordinator machine knows. Changes nothing, and looks through the narrowest index there is. */
export class Inspector {
  private readonly state: CoordinatorState
  private readonly wallOffsetMs: number

  /** @param wallOffsetMs what is added to the machine's time to make milliseconds since 1970 of it */
  constructor(state: CoordinatorState, wallOffsetMs: number) {
    this.state = state
    this.wallOffsetMs = wallOffsetMs
  }

  /** Containers in the order in which they came; those of several kinds with a label, kind by kind. */
  containers(filter: ContainerFilter, request: PageRequest): PageScan<ContainerEntry, ContainerSummary> {
    const view = (entry: ContainerEntry): ContainerSummary => this.summaryOf(entry)
    return new PageScan({ ...this.candidates(filter), matches: matcherOf(filter), view }, request)
  }

  container(uuid: ContainerUuid): ContainerDescription | undefined {
    const entry = this.state.directory.get(uuid)
    if (entry === undefined) return undefined
    const handles = new Map<ClientUuid, number>()
    for (const clientId of entry.holders ?? []) {
      const known = handles.get(clientId)
      if (known === undefined && handles.size >= holdersMax) continue
      handles.set(clientId, (known ?? 0) + 1)
    }
    return {
      ...this.summaryOf(entry),
      holders: [...handles].map(([clientId, count]) => ({ clientId, handles: count })),
      waiting: entry.waiting?.size ?? 0,
      standbys: (entry.standbys ?? []).map(({ agentId }) => agentId),
      setbacks: entry.setbacks
    }
  }

  agents(search: string | undefined, request: PageRequest, now: number): PageScan<AgentEntry, AgentSummary> {
    const { roster } = this.state
    const matches = search === undefined ? undefined : (agent: AgentEntry) => agent.agentId.includes(search)
    const total = search === undefined ? roster.size : undefined
    return new PageScan(
      { candidates: roster.all(), matches, total, view: (agent) => this.agentSummary(agent, now) },
      request
    )
  }

  /** The newest incarnation of an agent. */
  agent(agentId: AgentUuid, now: number): AgentSummary | undefined {
    const agent = this.state.roster.incarnationsOf(agentId).at(-1)
    return agent === undefined ? undefined : this.agentSummary(agent, now)
  }

  clients(
    search: string | undefined,
    request: PageRequest,
    now: number
  ): PageScan<ClientEntry, ClientSummary> {
    const { clients } = this.state
    const matches = search === undefined ? undefined : (client: ClientEntry) => client.id.includes(search)
    const total = search === undefined ? clients.size : undefined
    const view = ({ id, handles, gets, lastHeard, aliveTimeoutMs }: ClientEntry): ClientSummary => ({
      clientId: id,
      references: handles.size,
      waitingGets: gets.size,
      silentMs: now - lastHeard,
      aliveTimeoutMs
    })
    return new PageScan({ candidates: clients.values(), matches, total, view }, request)
  }

  containersByState(): Record<ContainerState, number> {
    return this.state.directory.countsByState()
  }

  /** Kinds that can be had, and those of which there is something, by name. */
  kinds(): KindSummary[] {
    const { directory, roster } = this.state
    const kinds = [...new Set([...directory.kinds(), ...roster.kinds()])].toSorted()
    return kinds.map((kind) => ({
      kind,
      containers: directory.countOfKind(kind),
      agents: roster.offers(kind) ? roster.countOffering(kind) : this.agentsWith(kind)
    }))
  }

  private agentsWith(kind: ContainerKind): number {
    const agents = new Set<AgentEntry>()
    let looked = 0
    for (const { place, standbys } of this.state.directory.ofKind(kind)) {
      if ('agent' in place) agents.add(place.agent)
      for (const agent of standbys ?? []) agents.add(agent)
      if (++looked >= holdersOfKindMax) break
    }
    return agents.size
  }

  /** What to look through, and how many match if an index knows that. */
  private candidates(filter: ContainerFilter): { candidates: Iterable<ContainerEntry>; total?: number } {
    const { directory, roster } = this.state
    const { kind, labels = [], agentId, state, search } = filter
    if (agentId !== undefined) {
      const agents = roster.incarnationsOf(agentId)
      const candidates = chain(agents.map((agent) => agent.containers))
      const isAll = kind === undefined && labels.length === 0 && state === undefined && search === undefined
      return isAll
        ? { candidates, total: agents.reduce((sum, agent) => sum + agent.containers.size, 0) }
        : { candidates }
    }
    if (labels.length > 0) {
      const kinds = kind === undefined ? [...directory.kinds()] : [kind]
      return { candidates: chain(kinds.map((one) => this.bearersOfRarest(one, labels))) }
    }
    if (kind !== undefined) {
      const candidates = directory.ofKind(kind)
      const isAll = state === undefined && search === undefined
      return isAll ? { candidates, total: directory.countOfKind(kind) } : { candidates }
    }
    const candidates = directory.all()
    if (search !== undefined) return { candidates }
    return { candidates, total: state === undefined ? directory.size : directory.countsByState()[state] }
  }

  private bearersOfRarest(kind: ContainerKind, labels: readonly string[]): Iterable<ContainerEntry> {
    let fewest: ReadonlySet<ContainerEntry> | undefined
    for (const label of labels) {
      const bearers = this.state.directory.withLabel(kind, label)
      if (bearers === undefined) return []
      if (fewest === undefined || bearers.size < fewest.size) fewest = bearers
    }
    return fewest ?? []
  }

  private summaryOf(entry: ContainerEntry): ContainerSummary {
    const { uuid, kind, labels, place, holders, stateless } = entry
    const serving = place.kind === 'serving' ? place : undefined
    return {
      uuid,
      kind,
      labels,
      state: place.kind,
      agentId: 'agent' in place ? place.agent.agentId : undefined,
      endpoint: serving?.endpoint,
      token: 'token' in place ? place.token : undefined,
      since: serving === undefined ? undefined : Math.round(serving.since + this.wallOffsetMs),
      references: holders?.length ?? 0,
      stateless
    }
  }

  private agentSummary(agent: AgentEntry, now: number): AgentSummary {
    const { agentId, incarnation, kinds, endpoint, draining, containers, starting, starts, standbys } = agent
    const silentMs = now - agent.lastHeard
    return {
      agentId,
      incarnation,
      kinds,
      endpoint,
      state: draining ? 'draining' : 'active',
      containers: containers.size,
      standbys: standbys.size,
      starts: starting + starts.size,
      silentMs,
      leaseMarginMs: this.state.options.aliveTimeoutMs - silentMs
    }
  }
}

function* chain<T>(parts: readonly Iterable<T>[]): Iterable<T> {
  for (const part of parts) yield* part
}

/** What an index does not ensure by itself; undefined when nothing is asked for. */
function matcherOf(filter: ContainerFilter): ((entry: ContainerEntry) => boolean) | undefined {
  const { kind, labels = [], state, search } = filter
  if (kind === undefined && labels.length === 0 && state === undefined && search === undefined)
    return undefined
  return (entry) =>
    (kind === undefined || entry.kind === kind) &&
    (state === undefined || entry.place.kind === state) &&
    (search === undefined || entry.uuid.includes(search)) &&
    bearsAll(entry.labels, labels)
}
