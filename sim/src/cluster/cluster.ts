import { silentLogger, type Logger } from '@hcengineering/network-core'
import type { Work } from '../script/action.ts'
import { AgentNode, type AgentTroubles } from './agent.ts'
import { ClientNode, type Held } from './client.ts'
import { CoordinatorNode } from './coordinator.ts'
import { agentNames, clientNames, twinOf } from './names.ts'
import type { World } from './world.ts'

/** Clients that hear every event of the network. */
const subscribers: readonly string[] = ['client-1', 'client-9']

/** The whole network: a coordinator, agents and clients, each a process on a machine of the world. */
export class Cluster {
  readonly world: World
  readonly agents = new Map<string, AgentNode>()
  /** By the agent's name, the other process of it that runs, or ran last. */
  readonly twins = new Map<string, AgentNode>()
  readonly clients = new Map<string, ClientNode>()
  readonly troubles: ReadonlyMap<string, AgentTroubles>
  readonly #logger: Logger
  #coordinator: CoordinatorNode

  constructor(world: World, logger: Logger = silentLogger) {
    this.world = world
    this.#logger = logger
    this.troubles = new Map(
      agentNames.map((name) => [
        name,
        { factories: undefined, terminate: undefined, slowMs: 0, factoriesHit: 0, terminateHit: 0 }
      ])
    )
    this.#coordinator = new CoordinatorNode(world, logger)
    for (const name of [...agentNames, ...clientNames]) this.start(name)
  }

  /** The coordinator that runs, or ran last. */
  get coordinator(): CoordinatorNode {
    return this.#coordinator
  }

  /** Starts whatever runs on this machine, unless it does. */
  start(name: string): void {
    if (this.world.machine(name).running) return
    const troubles = this.troubles.get(name)
    if (name === 'coordinator') this.#coordinator = new CoordinatorNode(this.world, this.#logger)
    else if (troubles !== undefined)
      this.agents.set(name, new AgentNode(name, name, this.world, troubles, this.#logger))
    else this.clients.set(name, new ClientNode(name, this.world, this.#logger, subscribers.includes(name)))
  }

  /** Starts another process of an agent, whether or not the first one is there. */
  startTwin(name: string): void {
    const troubles = this.troubles.get(name)
    if (troubles === undefined) return
    this.twins.set(name, new AgentNode(name, twinOf(name), this.world, troubles, this.#logger))
  }

  /** Does a piece of work, if whoever is to do it is there. Never throws: the model hears what comes of it. */
  perform(work: Work): void {
    const name = 'client' in work ? work.client : work.agent
    const machine = this.world.machine(name)
    machine.process?.enter(() => {
      if ('client' in work) this.#performClient(work, this.clients.get(name))
      else this.#performAgent(work, this.agents.get(name))
    })
  }

  #performClient(work: Extract<Work, { client: string }>, node: ClientNode | undefined): void {
    if (node === undefined) return
    if (work.do === 'get') {
      node.get(work).catch(this.#failed)
      return
    }
    const held = pickOf(node.held, work.pick)
    if (held === undefined) return
    switch (work.do) {
      case 'release':
        node.release(held)
        return
      case 'request':
        node.request(held, 'work', work).catch(this.#failed)
        return
      case 'stream':
        node.stream(held, work).catch(this.#failed)
        return
      case 'broadcast': {
        const request = { workMs: 0, timeoutMs: 8000, idempotent: false }
        node.request(held, 'broadcast', request, work.events).catch(this.#failed)
        return
      }
    }
  }

  #performAgent(work: Extract<Work, { agent: string }>, node: AgentNode | undefined): void {
    if (node === undefined) return
    if (work.do === 'register') node.registerAgain()
    else if (work.do === 'drain') this.#drain(node, work).catch(this.#failed)
    else node.terminate(work.pick).catch(() => {})
  }

  async #drain(node: AgentNode, { agent, downMs }: Extract<Work, { do: 'drain' }>): Promise<void> {
    if (node.draining) return
    await node.drain()
    if (!node.process.alive) return
    node.process.kill()
    this.world.observe({ kind: 'killed', process: agent })
    this.world.clock.after(downMs, () => this.start(agent))
  }

  readonly #failed = (error: unknown): void => {
    this.world.model.report(
      'uncaught',
      error instanceof Error ? (error.stack ?? error.message) : String(error)
    )
  }
}

function pickOf(held: readonly Held[], pick: number): Held | undefined {
  return held[pick % Math.max(1, held.length)]
}
