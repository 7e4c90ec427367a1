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
  readonly #world: World
  readonly #troubles: AgentTroubles
  readonly #host: Host

  constructor(name: string, world: World, troubles: AgentTroubles, logger: Logger) {
    this.#world = world
    this.#troubles = troubles
    this.process = world.machine(name).start()
    const { clock, transport, incarnation } = this.process
    this.#host = { agent: name, incarnation }
    const ids = countedIds(`${name}-${incarnation}`)
    const factories: ContainerFactories = {
      [roomKind]: this.#factory(roomKind),
      [sheetKind]: this.#factory(sheetKind)
    }
    this.agent = new AgentImpl(name as AgentUuid, factories, {
      clock,
      logger,
      ids,
      terminateTimeout: timing.terminateTimeoutMs / 1000
    })
    probe(this.agent.link, { host: this.#host, now: () => world.elapsedMs, observe: this.#observe })
    const port = 5001 + agentNames.indexOf(name as (typeof agentNames)[number])
    const server = new NetworkAgentServer(new TickManagerImpl(1, { clock }), 'localhost', 'localhost', port, {
      transport,
      logger,
      ids: countedIds(`${name}-${incarnation}-session`)
    })
    server.start(this.agent).catch(this.#failed)
    for (const [uuid, agents] of Object.entries(stores)) if (agents.includes(name)) this.#bringAlong(uuid)
    this.client = createNetworkClient(coordinatorAddress, {
      clock,
      transport,
      logger,
      ids: countedIds(`${name}-client-${incarnation}`),
      localAgents: false
    })
    world.observe({ kind: 'started', process: name })
    this.register()
  }

  register(): void {
    this.client.register(this.agent).catch(() => {
      // Refused or closed: whoever restarts it registers it anew.
    })
  }

  /** Leaves the network and comes back at once. */
  registerAgain(): void {
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
      const { factories } = this.#troubles
      if (factories !== undefined) this.#troubles.factoriesHit++
      if (factories === 'fail') throw new Error('this factory is broken')
      if (factories === 'slow') await this.#wait(this.#troubles.slowMs)
      if (factories === 'hang') await new Promise<never>(() => {})
      // Named by the time, so that agents now and then choose the same name.
      const time = Math.trunc(this.#world.elapsedMs / nameEveryMs)
      const uuid = (options.uuid ?? `${kind}-${time}`) as ContainerUuid
      const container = this.#make(uuid, kind, options.labels ?? [], false)
      return { uuid, container, endpoint: containerOnAgentEndpointRef(endpoint, uuid) }
    }
  }

  #bringAlong(uuid: string): void {
    const container = this.#make(uuid, storeKind, [], true)
    const endpoint = containerOnAgentEndpointRef(this.agent.endpoint ?? '', uuid as ContainerUuid)
    this.agent.addStatelessContainer(uuid as ContainerUuid, storeKind as ContainerKind, endpoint, container)
  }

  #make(uuid: string, containerKind: string, labels: readonly string[], stateless: boolean): SimContainer {
    const instance = this.#world.count('instance')
    this.#observe({ kind: 'made', instance, uuid, containerKind, labels, stateless, ...this.#host })
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
