import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NetworkError } from '../../src/api/errors.ts'
import type { AgentUuid } from '../../src/api/ids.ts'
import { compareTokens, type ActivationToken } from '../../src/api/tokens.ts'
import type { EndCommand, InventoryEntry, StartCommand } from '../../src/contract/ports.ts'
import type { CoordinatorEffect } from '../../src/coordinator/effects.ts'
import type { AgentKey } from '../../src/coordinator/entries.ts'
import { client, CoordinatorBench, inventory, key, nothing, standby, uuid } from './bench.ts'

const aliveMs = 3000
const leaseMs = 2400
const unusedMs = 3000

/** An agent as the model has it: what it hosts, what it was asked for, and until when it may serve. */
interface ModelAgent {
  readonly name: string
  readonly brings: string | undefined
  registered: boolean
  /** Nobody hears it, and it hears nobody. */
  cutOff: boolean
  leasedUntil: number
  readonly hosts: Map<string, InventoryEntry>
  starts: StartCommand[]
  ends: EndCommand[]
}

interface ModelGet {
  readonly kind: string
  readonly uuid: string | undefined
  readonly labels: readonly string[]
  readonly client: string
  readonly handle: string
  readonly askedAt: number
  settled: number
}

type Step =
  | { readonly type: 'register' | 'unregister' | 'cut' | 'heal' | 'end'; readonly agent: number }
  | {
      readonly type: 'start'
      readonly agent: number
      readonly outcome: 'made' | 'failed' | 'refused' | 'unknown'
    }
  | { readonly type: 'selfEnd'; readonly agent: number; readonly pick: number }
  | {
      readonly type: 'get'
      readonly client: number
      readonly kind: string
      readonly uuid: string | undefined
      readonly labels: readonly string[]
    }
  | { readonly type: 'release' | 'cancel'; readonly pick: number }
  | { readonly type: 'clientGone'; readonly client: number }
  | { readonly type: 'advance'; readonly ms: number }

const agent = fc.nat(2)
const pick = fc.nat(50)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('register' as const), agent }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('unregister', 'cut', 'heal'), agent }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('end' as const), agent }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('start' as const),
      agent,
      outcome: fc.constantFrom('made', 'made', 'made', 'failed', 'refused', 'unknown')
    })
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('selfEnd' as const), agent, pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('get' as const),
      client: fc.nat(2),
      kind: fc.constantFrom('room', 'hall', 'leader'),
      uuid: fc.constantFrom(undefined, 'one', 'two', 'leader'),
      labels: fc.constantFrom([], [], ['acme'], ['globex'], ['acme', 'red'])
    })
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('release' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('clientGone' as const), client: fc.nat(2) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.nat(2500) }) }
)

/** Agents and clients that behave, around a machine that is looked at after every effect. */
class Model {
  readonly bench = new CoordinatorBench({
    aliveTimeout: aliveMs / 1000,
    unusedContainerTimeout: unusedMs / 1000
  })
  readonly agents: ModelAgent[]
  readonly gets = new Map<number, ModelGet>()
  /** The highest token that was given out for each uuid (I2). */
  private readonly tokens = new Map<string, ActivationToken>()
  private readonly gone = new Set<string>()
  private seen = 0
  private made = 0

  constructor() {
    this.agents = [modelAgent('a', 'leader'), modelAgent('b', 'leader'), modelAgent('c', undefined)]
  }

  run(step: Step): void {
    switch (step.type) {
      case 'register':
        this.register(this.agent(step.agent))
        break
      case 'unregister':
        this.unregister(this.agent(step.agent))
        break
      case 'cut':
        this.agent(step.agent).cutOff = true
        break
      case 'heal':
        this.agent(step.agent).cutOff = false
        break
      case 'start':
        this.answerStart(this.agent(step.agent), step.outcome)
        break
      case 'end':
        this.answerEnd(this.agent(step.agent))
        break
      case 'selfEnd':
        this.endItself(this.agent(step.agent), step.pick)
        break
      case 'get':
        this.get(step)
        break
      case 'release':
        this.release(step.pick)
        break
      case 'cancel': {
        const [id] = [...this.gets].filter(([, get]) => get.settled === 0)[step.pick] ?? []
        if (id !== undefined) this.bench.machine.cancelGet(id, this.bench.now)
        break
      }
      case 'clientGone':
        this.bench.machine.clientGone(client(`client-${step.client}`), this.bench.now)
        this.gone.add(`client-${step.client}`)
        break
      case 'advance':
        this.advance(step.ms)
        break
    }
    this.follow()
    this.checkSingleActivation()
  }

  /** Everybody lets go, everything is answered: nothing may be left. */
  wind(): void {
    for (const agent of this.agents) agent.cutOff = false
    for (let id = 0; id < 3; id++) this.run({ type: 'clientGone', client: id })
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < this.agents.length; index++) {
        const agent = this.agent(index)
        while (agent.starts.length > 0) this.run({ type: 'start', agent: index, outcome: 'made' })
        while (agent.ends.length > 0) this.run({ type: 'end', agent: index })
      }
      this.run({ type: 'advance', ms: 500 })
    }
    // I6: only what belongs to an agent is left.
    const left = this.bench.machine.list().filter((record) => record.kind !== 'leader')
    check(left.length === 0, `nobody refers to ${JSON.stringify(left)}`)
    for (let index = 0; index < this.agents.length; index++) this.run({ type: 'unregister', agent: index })
    this.run({ type: 'advance', ms: 60_000 })
    const counts = JSON.stringify(this.bench.machine.counts())
    check(counts === JSON.stringify(nothing), `${counts} are left`)
    // I7: every get has been settled, and once.
    const open = [...this.gets.values()].filter((get) => get.settled !== 1)
    check(open.length === 0, `not settled: ${JSON.stringify(open)}`)
  }

  private agent(index: number): ModelAgent {
    const agent = this.agents[index]
    if (agent === undefined) throw new Error(`no agent ${index}`)
    return agent
  }

  private register(agent: ModelAgent): void {
    if (agent.cutOff) return
    const { name, hosts, brings } = agent
    if (brings !== undefined && !hosts.has(brings)) hosts.set(brings, standby(brings))
    const sentAt = this.bench.now
    const leased = agent.leasedUntil > sentAt
    const containers = [...hosts.values()]
    const reply = this.bench.register(name, { kinds: ['room', 'hall'], containers, leased })
    this.bench.alive.delete(name)
    agent.registered = true
    agent.leasedUntil = sentAt + leaseMs
    const resumed = new Set(reply.resume.map((item) => item.uuid as string))
    const standsBy = new Set<string>(reply.standby)
    for (const [name, item] of hosts) {
      if (standsBy.has(name)) hosts.set(name, { ...item, token: undefined })
      else if (!resumed.has(name)) hosts.delete(name)
    }
    for (const { uuid, token } of reply.resume) {
      const item = hosts.get(uuid)
      if (item === undefined) throw new Error(`${uuid} was never on ${name}`)
      this.noteToken(uuid, token, item.token)
      hosts.set(uuid, { ...item, token })
    }
  }

  private unregister(agent: ModelAgent): void {
    if (agent.cutOff) return
    agent.leasedUntil = 0
    agent.registered = false
    agent.hosts.clear()
    agent.starts = []
    agent.ends = []
    this.bench.machine.unregister(agent.name as AgentUuid, '1', this.bench.now)
  }

  private answerStart(agent: ModelAgent, outcome: 'made' | 'failed' | 'refused' | 'unknown'): void {
    const command = agent.starts.shift()
    if (command === undefined) return
    const { machine, now } = this.bench
    if (agent.cutOff || outcome === 'unknown') {
      // Not even begun, which nobody knows.
      machine.startFailed(command.startId, { kind: 'unknown' }, now)
      return
    }
    const isHere = command.uuid !== undefined && agent.hosts.has(command.uuid)
    if (outcome === 'refused' || agent.leasedUntil <= now || isHere) {
      machine.startFailed(command.startId, { kind: 'refused' }, now)
      return
    }
    if (outcome === 'failed') {
      machine.startFailed(command.startId, { kind: 'failed', error: new NetworkError('X', 'no') }, now)
      return
    }
    const name = command.uuid ?? uuid(`made-${++this.made}`)
    const item = inventory(name, { kind: command.kind, labels: command.labels, token: command.token })
    agent.hosts.set(name, item)
    machine.startSucceeded(command.startId, key(agent.name), { uuid: name, endpoint: item.endpoint }, now)
  }

  private answerEnd(agent: ModelAgent): void {
    if (agent.cutOff) return
    const command = agent.ends.shift()
    if (command === undefined) return
    const item = command.uuid === undefined ? undefined : agent.hosts.get(command.uuid)
    const isNewer =
      item?.token !== undefined && command.token !== undefined && compareTokens(command.token, item.token) < 0
    if (command.uuid !== undefined && !isNewer) agent.hosts.delete(command.uuid)
    this.bench.machine.endSucceeded(key(agent.name), command, this.bench.now)
  }

  private endItself(agent: ModelAgent, pick: number): void {
    const active = [...agent.hosts.values()].filter(({ token }) => token !== undefined)
    const item = active[pick % Math.max(1, active.length)]
    if (agent.cutOff || item === undefined) return
    agent.hosts.delete(item.uuid)
    const { uuid, token } = item
    const report = {
      agentId: agent.name as AgentUuid,
      incarnation: '1',
      uuid,
      token,
      reason: 'self' as const
    }
    this.bench.machine.containerEnded(report, this.bench.now)
  }

  private get(step: Step & { type: 'get' }): void {
    const name = `client-${step.client}`
    const handle = `handle-${this.gets.size}`
    this.gone.delete(name)
    this.bench.machine.clientSeen(client(name), 1e9, this.bench.now)
    const { kind, uuid, labels } = step
    const parts = { client: name, handle, labels, timeoutMs: 5000, ...(uuid !== undefined && { uuid }) }
    const id = this.bench.get(kind, parts)
    this.gets.set(id, { kind, uuid, labels, client: name, handle, askedAt: this.bench.now, settled: 0 })
  }

  private release(pick: number): void {
    const get = [...this.gets.values()][pick % Math.max(1, this.gets.size)]
    if (get !== undefined) this.bench.machine.release(client(get.client), get.handle, this.bench.now)
  }

  /** Agents that are not cut off renew their leases every half second. */
  private advance(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      for (const agent of this.agents) {
        if (!agent.registered || agent.cutOff) continue
        if (agent.leasedUntil > this.bench.now && this.bench.renew(agent.name) === 'renewed') {
          agent.leasedUntil = this.bench.now + leaseMs
        } else {
          this.register(agent)
        }
      }
      this.bench.advance(Math.min(left, 500))
      this.follow()
      this.checkSingleActivation()
    }
  }

  private follow(): void {
    this.bench.collect()
    for (; this.seen < this.bench.effects.length; this.seen++) {
      const effect = this.bench.effects[this.seen]
      if (effect !== undefined) this.take(effect)
    }
  }

  private take(effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case 'start':
        if (effect.command.uuid !== undefined && effect.command.token !== undefined) {
          this.noteToken(effect.command.uuid, effect.command.token, undefined)
        }
        this.byKey(effect.agent).starts.push(effect.command)
        return
      case 'grant': {
        const { uuid, token } = effect.command
        const { hosts } = this.byKey(effect.agent)
        this.noteToken(uuid, token, undefined)
        const item = hosts.get(uuid)
        if (item !== undefined) hosts.set(uuid, { ...item, token })
        return
      }
      case 'end':
        this.byKey(effect.agent).ends.push(effect.command)
        return
      case 'getSettled': {
        const get = this.settle(effect.getId)
        const { record } = effect
        // I9: of the kind, and the uuid or all labels; unlabelled for who named none.
        const isRight =
          get.uuid === undefined
            ? get.labels.every((label) => record.labels.includes(label))
            : record.uuid === get.uuid
        const isAnybodys = get.uuid !== undefined || get.labels.length > 0 || record.labels.length === 0
        const both = `${JSON.stringify(get)} got ${JSON.stringify(record)}`
        check(record.kind === get.kind && isRight && isAnybodys, both)
        return
      }
      case 'getFailed':
        this.settle(effect.getId)
        return
      case 'containerEvent':
        // I5: who has gone holds nothing.
        for (const holder of effect.holders) check(!this.gone.has(holder), `${holder} still holds`)
        return
      case 'agentGone': {
        const agent = this.byKey(effect.agent)
        agent.starts = []
        agent.ends = []
        return
      }
      case 'clientGone':
      case 'agentEvent':
      default:
    }
  }

  private settle(getId: number): ModelGet {
    const get = this.gets.get(getId)
    if (get === undefined) throw new Error(`get ${getId} was never made`)
    get.settled++
    check(get.settled === 1, `get ${getId} was settled twice`)
    // Looked at twice a second.
    check(this.bench.now - get.askedAt < 5500, `get ${getId} was settled late`)
    return get
  }

  /** I2: tokens of a uuid only grow; the one that an agent holds already may be confirmed. */
  private noteToken(uuid: string, token: ActivationToken, held: ActivationToken | undefined): void {
    const last = this.tokens.get(uuid)
    if (held !== undefined && compareTokens(held, token) === 0) return
    if (last !== undefined && compareTokens(token, last) === 0) return
    check(last === undefined || compareTokens(token, last) > 0, `the token of ${uuid} went back`)
    this.tokens.set(uuid, token)
  }

  /** I1: of the agents whose lease is valid, at most one serves a uuid. */
  private checkSingleActivation(): void {
    const servedBy = new Map<string, string>()
    for (const agent of this.agents) {
      if (agent.leasedUntil <= this.bench.now) continue
      for (const [name, { token }] of agent.hosts) {
        if (token === undefined) continue
        check(!servedBy.has(name), `${agent.name} and ${servedBy.get(name)} serve ${name}`)
        servedBy.set(name, agent.name)
      }
    }
  }

  private byKey(agentKey: AgentKey): ModelAgent {
    const agent = this.agents.find(({ name }) => key(name) === agentKey)
    if (agent === undefined) throw new Error(`nobody is ${agentKey}`)
    return agent
  }
}

function modelAgent(name: string, brings: string | undefined): ModelAgent {
  return {
    name,
    brings,
    registered: false,
    cutOff: false,
    leasedUntil: 0,
    hosts: new Map(),
    starts: [],
    ends: []
  }
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

test('whatever happens: I1, I2, I5, I6 and I9 hold, every get is settled once, and nothing is left', () => {
  const property = fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
    const model = new Model()
    for (const step of steps) model.run(step)
    model.wind()
  })
  const run = fc.check(property, { numRuns: 300, seed: 20_250_101 })
  expect(run.failed ? fc.defaultReportMessage(run) : undefined).toBeUndefined()
})
