import type { NetworkError } from '../../src/api/errors.ts'
import type {
  AgentUuid,
  ClientUuid,
  ContainerEndpointRef,
  ContainerKind,
  ContainerUuid
} from '../../src/api/ids.ts'
import type { ContainerRecord } from '../../src/api/records.ts'
import type {
  CoordinatorIdentity,
  InventoryEntry,
  RegistrationReply,
  RenewalReply,
  StartCommand
} from '../../src/contract/ports.ts'
import type { CoordinatorEffect } from '../../src/coordinator/effects.ts'
import { agentKey, type AgentKey } from '../../src/coordinator/entries.ts'
import { CoordinatorMachine } from '../../src/coordinator/machine.ts'
import { resolveCoordinatorOptions, type CoordinatorOptions } from '../../src/coordinator/options.ts'
import type { RosterStore } from '../../src/coordinator/roster-store.ts'

export const kind = (name: string): ContainerKind => name as ContainerKind
export const uuid = (name: string): ContainerUuid => name as ContainerUuid
export const client = (name: string): ClientUuid => name as ClientUuid
export const key = (agent: string, incarnation = '1'): AgentKey => agentKey(agent as AgentUuid, incarnation)

/** What an agent reports of a container that it has started. */
export function inventory(name: string, parts: Partial<InventoryEntry> = {}): InventoryEntry {
  return {
    uuid: uuid(name),
    kind: kind('room'),
    endpoint: `there://${name}` as ContainerEndpointRef,
    labels: [],
    extra: undefined,
    stateless: false,
    shared: false,
    token: undefined,
    lapsed: false,
    ending: false,
    ...parts
  }
}

/** One that belongs to its agent, and stands by unless it has a token. */
export function standby(name: string, parts: Partial<InventoryEntry> = {}): InventoryEntry {
  return inventory(name, { kind: kind('leader'), stateless: true, ...parts })
}

export interface RegisterParts {
  readonly kinds?: readonly string[]
  readonly incarnation?: string
  readonly containers?: readonly InventoryEntry[]
  readonly seen?: CoordinatorIdentity
  readonly leased?: boolean
  readonly draining?: boolean
}

export interface GetParts {
  readonly client?: string
  readonly handle?: string
  readonly uuid?: string
  readonly labels?: readonly string[]
  readonly timeoutMs?: number
  readonly seen?: CoordinatorIdentity
}

export type Outcome = { readonly record: ContainerRecord } | { readonly error: NetworkError } | undefined

interface EffectOf<K extends CoordinatorEffect['kind']> {
  readonly kind: K
}

/** A coordinator machine with a time of its own, whose effects are kept until a test looks at them. */
export class CoordinatorBench {
  now = 1_000_000
  readonly machine: CoordinatorMachine
  /** Everything that it wanted done so far. */
  readonly effects: CoordinatorEffect[] = []
  /** Agents and clients that say that they are alive whenever time passes. */
  readonly alive = new Set<string>()
  private lastHandle = 0

  constructor(options: CoordinatorOptions = {}, store?: RosterStore) {
    this.machine = new CoordinatorMachine(
      resolveCoordinatorOptions({ epoch: 10, ...options }, 0, 'coordinator', store),
      this.now
    )
  }

  register(agent: string, parts: RegisterParts = {}): RegistrationReply {
    const reply = this.machine.register(
      {
        agentId: agent as AgentUuid,
        incarnation: parts.incarnation ?? '1',
        kinds: (parts.kinds ?? ['room']).map(kind),
        endpoint: undefined,
        seen: parts.seen,
        draining: parts.draining ?? false,
        containers: (parts.containers ?? []).map((item) => ({
          ...item,
          lapsed: item.lapsed || parts.leased === false
        }))
      },
      this.now
    )
    this.alive.add(agent)
    this.collect()
    return reply
  }

  renew(agent: string, coordinator = this.machine.identity): RenewalReply {
    const reply = this.machine.renew({ agentId: agent as AgentUuid, incarnation: '1', coordinator }, this.now)
    this.collect()
    return reply
  }

  /** Asks; the answer is in {@link outcome}. */
  get(kindName: string, parts: GetParts = {}): number {
    const id = this.machine.get(
      {
        client: client(parts.client ?? 'client'),
        handle: parts.handle ?? `handle-${++this.lastHandle}`,
        kind: kind(kindName),
        uuid: parts.uuid === undefined ? undefined : uuid(parts.uuid),
        labels: parts.labels ?? [],
        extra: undefined,
        seen: parts.seen,
        deadline: this.now + (parts.timeoutMs ?? 30_000)
      },
      this.now
    )
    this.collect()
    return id
  }

  /** What became of a get; it fails when there is more than one answer. */
  outcome(getId: number): Outcome {
    const settled = this.effects.filter(
      (effect) => (effect.kind === 'getSettled' || effect.kind === 'getFailed') && effect.getId === getId
    )
    if (settled.length > 1) throw new Error(`get ${getId} was settled ${settled.length} times`)
    const [effect] = settled
    if (effect?.kind === 'getSettled') return { record: effect.record }
    return effect?.kind === 'getFailed' ? { error: effect.error } : undefined
  }

  /** The record that settled a get. */
  record(getId: number): ContainerRecord {
    const outcome = this.outcome(getId)
    if (outcome === undefined || 'error' in outcome) {
      throw new Error(`get ${getId} has no record`, { cause: outcome?.error })
    }
    return outcome.record
  }

  release(handle: string, by = 'client'): void {
    this.machine.release(client(by), handle, this.now)
    this.collect()
  }

  /** All effects of one kind so far. */
  of<K extends CoordinatorEffect['kind']>(kind: K): (CoordinatorEffect & EffectOf<K>)[] {
    return this.effects.filter((effect): effect is CoordinatorEffect & EffectOf<K> => effect.kind === kind)
  }

  /** The start of that container that came last, or of the one that nobody has named. */
  startOf(name: string | undefined): { agent: AgentKey; command: StartCommand } {
    const start = this.of('start').findLast(({ command }) => command.uuid === name)
    if (start === undefined) throw new Error(`nobody was told to start ${name}`)
    return start
  }

  /** The agent's factory has made what it was asked for. */
  started(name: string | undefined, madeName = name ?? 'made'): void {
    const { agent, command } = this.startOf(name)
    const endpoint = `there://${madeName}` as ContainerEndpointRef
    this.machine.startSucceeded(command.startId, agent, { uuid: uuid(madeName), endpoint }, this.now)
    this.collect()
  }

  startFailed(name: string | undefined, failure: Parameters<CoordinatorMachine['startFailed']>[1]): void {
    this.machine.startFailed(this.startOf(name).command.startId, failure, this.now)
    this.collect()
  }

  /** A get of that uuid, started and settled. */
  have(name: string, parts: GetParts & { kind?: string } = {}): ContainerRecord {
    const id = this.get(parts.kind ?? 'room', { ...parts, uuid: name })
    if (this.outcome(id) === undefined) this.started(name)
    return this.record(id)
  }

  /** The agent has ended what it was told to end last. */
  endAcknowledged(name: string): void {
    const end = this.of('end').findLast(({ command }) => command.uuid === name)
    if (end === undefined) throw new Error(`nobody was told to end ${name}`)
    this.machine.endSucceeded(end.agent, end.command, this.now)
    this.collect()
  }

  /** Time passes, deadline by deadline; those in {@link alive} are heard every 500 ms. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      this.hearAll()
      const at = Math.min(this.machine.nextDeadline() ?? Infinity, this.now + 500, until)
      this.now = Math.max(at, this.now)
      this.hearAll()
      this.machine.tick(this.now)
      this.collect()
      if (this.now >= until && (this.machine.nextDeadline() ?? Infinity) > until) return
    }
  }

  collect(): CoordinatorEffect[] {
    const effects = this.machine.drain()
    this.effects.push(...effects)
    return effects
  }

  private hearAll(): void {
    for (const name of this.alive) {
      this.machine.agentHeard(name as AgentUuid, this.now)
      this.machine.clientHeard(client(name), this.now)
    }
  }
}

export const nothing = { agents: 0, clients: 0, containers: 0, gets: 0, starts: 0, deadlines: 0 }
