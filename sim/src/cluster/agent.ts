import {
  AgentImpl,
  containerOnAgentEndpointRef,
  TickManagerImpl,
  type AgentUuid,
  type ContainerFactories,
  type ContainerFactory,
  type ContainerKind,
  type ContainerUuid,
  type Logger
} from '@hcengineering/network-core'
import { createNetworkClient, NetworkAgentServer, type NetworkClient } from '@hcengineering/network-client'
import { countedIds, type SimProcess } from '@hcengineering/network-testing'
import type { Host, Observation } from '../model/observation.ts'
import { probe } from './agent-probe.ts'
import { coordinatorAddress } from './coordinator.ts'
import { agentNames, roomKind, sheetKind, storeKind, stores } from './names.ts'
import { SimContainer } from './sim-container.ts'
import { timing, type World } from './world.ts'

/** How an agent's containers misbehave at the moment. */
export interface AgentTroubles {
  factories: 'slow' | 'fail' | 'hang' | undefined
  terminate: 'slow' | 'hang' | undefined
  /** How slow. */
  slowMs: number
  /** How often each was noticed. */
  factoriesHit: number
  terminateHit: number
}

const nameEveryMs = 100

/** An agent's process: the agent, its listener, and the client that registers it. */
export class AgentNode {
  readonly process: SimProcess
  readonly agent: AgentImpl
  readonly client: NetworkClient
  readonly server: NetworkAgentServer
  readonly #world: World
  readonly #troubles: AgentTroubles
  readonly #host: Host
  #draining = false

  /** @param name the agent's; `machine` is where it runs: for the model, an agent of its own */
  constructor(name: string, machine: string, world: World, troubles: AgentTroubles, logger: Logger) {
    this.#world = world
    this.#troubles = troubles
    this.process = world.machine(machine).start()
    const { clock, transport, incarnation } = this.process
    this.#host = { agent: machine, incarnation }
    const ids = countedIds(`${machine}-${incarnation}`)
    const factories: ContainerFactories = {
      [roomKind]: this.#factory(roomKind),
      [sheetKind]: this.#factory(sheetKind)
    }
    this.agent = new AgentImpl(name as AgentUuid, factories, {
      clock,
      logger,
      ids,
      terminateTimeout: timing.terminateTimeoutMs / 1000,
      drainTimeout: timing.drainTimeoutMs / 1000
    })
    probe(this.agent.link, { host: this.#host, now: () => world.elapsedMs, observe: this.#observe })
    const port = 5001 + agentNames.indexOf(name as (typeof agentNames)[number]) + (machine === name ? 0 : 10)
    this.server = new NetworkAgentServer(new TickManagerImpl(1, { clock }), 'localhost', 'localhost', port, {
      transport,
      logger,
      ids: countedIds(`${machine}-${incarnation}-session`)
    })
    this.server.start(this.agent).catch(this.#failed)
    for (const [uuid, agents] of Object.entries(stores)) if (agents.includes(name)) this.#bringAlong(uuid)
    this.client = createNetworkClient(coordinatorAddress, {
      clock,
      transport,
      logger,
      ids: countedIds(`${machine}-client-${incarnation}`),
      localAgents: false
    })
    world.observe({ kind: 'started', process: machine })
    this.register()
  }

  register(): void {
    this.client.register(this.agent).catch(() => {
      // Refused or closed: whoever restarts it registers it anew.
    })
  }

  /** Told to end: it is on its way out. */
  get draining(): boolean {
    return this.#draining
  }

  /** What a program does upon SIGTERM. */
  async drain(): Promise<void> {
    this.#draining = true
    await this.server.drain()
    await this.client.close()
  }

  /** Leaves the network and comes back at once. */
  registerAgain(): void {
    if (this.#draining) return
    this.client.unregister(this.agent).then(
      () => this.process.enter(() => this.register()),
      () => {}
    )
  }

  /** Ends one of its containers. */
  async terminate(pick: number): Promise<void> {
    const records = await this.agent.list()
    const record = records[pick % Math.max(1, records.length)]
    if (record === undefined) return
    await this.agent.terminate(record.uuid)
    if (record.kind === storeKind && this.process.alive) this.#bringAlong(record.uuid)
  }

  readonly #observe = (seen: Observation): void => {
    if (this.process.alive) this.#world.observe(seen)
  }

  readonly #failed = (error: unknown): void => this.#world.model.report('uncaught', String(error))

  #factory(kind: string): ContainerFactory {
    return async (options, endpoint) => {
      const askedAt = this.#world.elapsedMs
      const { factories } = this.#troubles
      if (factories !== undefined) this.#troubles.factoriesHit++
      if (factories === 'fail') throw new Error('this factory is broken')
      if (factories === 'slow') await this.#wait(this.#troubles.slowMs)
      if (factories === 'hang') await new Promise<never>(() => {})
      // Named by the time, so that agents now and then choose the same name.
      const time = Math.trunc(this.#world.elapsedMs / nameEveryMs)
      const uuid = (options.uuid ?? `${kind}-${time}`) as ContainerUuid
      const container = this.#make(uuid, kind, options.labels ?? [], askedAt)
      return { uuid, container, endpoint: containerOnAgentEndpointRef(endpoint, uuid) }
    }
  }

  #bringAlong(uuid: string): void {
    const container = this.#make(uuid, storeKind, [], undefined)
    const endpoint = containerOnAgentEndpointRef(this.agent.endpoint ?? '', uuid as ContainerUuid)
    this.agent.addStatelessContainer(uuid as ContainerUuid, storeKind as ContainerKind, endpoint, container)
  }

  /** @param asked when its factory was asked; undefined for one that the agent brings along */
  #make(
    uuid: string,
    containerKind: string,
    labels: readonly string[],
    asked: number | undefined
  ): SimContainer {
    const instance = this.#world.count('instance')
    const askedAt = asked ?? this.#world.elapsedMs
    const stateless = asked === undefined
    this.#observe({ kind: 'made', instance, uuid, containerKind, labels, stateless, askedAt, ...this.#host })
    return new SimContainer({
      ...this.#host,
      instance,
      uuid,
      clock: this.process.clock,
      observe: this.#observe,
      terminateMs: () => this.#terminateMs()
    })
  }

  #terminateMs(): number | undefined {
    const { terminate } = this.#troubles
    if (terminate !== undefined) this.#troubles.terminateHit++
    return terminate === undefined ? 0 : terminate === 'slow' ? this.#troubles.slowMs : undefined
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.process.clock.after(ms, resolve)
    })
  }
}
