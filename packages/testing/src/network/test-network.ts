import { createZeromqTransport, type Transport } from '@hcengineering/network-backrpc'
import {
  createAgent,
  createNetworkClient,
  type ClientOptions,
  type NetworkClient
} from '@hcengineering/network-client'
import {
  AgentImpl,
  containerOnAgentEndpointRef,
  NetworkImpl,
  silentLogger,
  systemClock,
  TickManagerImpl,
  type AgentEndpointRef,
  type AgentUuid,
  type Clock,
  type ContainerEndpointRef,
  type ContainerFactories,
  type ContainerFactory,
  type ContainerUuid,
  type IdSource,
  type Logger,
  type NetworkOptions
} from '@hcengineering/network-core'
import { NetworkServer, type NetworkServerOptions } from '@hcengineering/network-server'
import { EventRecorder } from '../doubles/event-recorder.ts'
import { echoContainer, type RecordingContainer } from '../doubles/recording-container.ts'
import { FaultyNetwork, type NetworkFault } from '../sim/faulty-network.ts'
import { SimProcess } from '../sim/sim-process.ts'
import { VirtualClock } from '../time/virtual-clock.ts'
import { countedIds } from './counted-ids.ts'
import { MemoryRoster } from './memory-roster.ts'
import { QuietSchedule } from './quiet-schedule.ts'
import type { TestAgent, TestAgentOptions, TestContainerFactory } from './test-agent.ts'
import { TrackedTransport } from './tracked-transport.ts'

/** Options of {@link startTestNetwork}. */
export interface TestNetworkOptions {
  /** `memory` in virtual time, or `zeromq` over real sockets in real time. @default memory */
  transport?: 'memory' | 'zeromq' | undefined
  /** Options of the coordinator: its timeouts, limits, epoch. */
  network?: NetworkOptions | undefined
  /** Whether a restarted coordinator remembers the agents of the last one, as with a data directory. @default false */
  roster?: boolean | undefined
  /** Options of the coordinator's server. */
  server?: Omit<NetworkServerOptions, 'transport'> | undefined
  /** Hears what everybody logs. @default says nothing */
  logger?: Logger | undefined
}

/** How a coordinator is to be restarted. */
export interface RestartOptions {
  /** How long there is none, in milliseconds. @default 0 */
  downMs?: number | undefined
  /** Options that differ from those of the last one. @default an epoch higher by 1 */
  network?: NetworkOptions | undefined
}

/** How members are to be cut off from each other. */
export interface PartitionOptions {
  /** Only what the first sends the second vanishes. @default false */
  oneWay?: boolean | undefined
}

/** Somebody who takes part in a test network. */
export type TestNetworkMember = NetworkClient | TestAgent | 'coordinator'

interface Coordinator {
  readonly process: SimProcess
  readonly network: NetworkImpl
  readonly server: NetworkServer
}

/**
 * A whole network in one process: a coordinator with its server, and as many agents and clients as a test asks
 * for, each a process of its own that can be killed, paused and cut off: the processes and the network of the
 * simulator that this project is tested with. See {@link startTestNetwork}.
 *
 * With the memory transport time is virtual: messages arrive by themselves, but whatever waits for time waits
 * for {@link advance} or {@link until}. Identifiers are counted (`client-1`, `agent-1`), so that every run is
 * the same. With `zeromq` the same calls let real time pass.
 */
export class TestNetwork {
  readonly clock: Clock
  /** Where the coordinator is reached. */
  readonly address: string

  readonly #options: TestNetworkOptions
  readonly #virtual: VirtualClock | undefined
  readonly #faulty: FaultyNetwork | undefined
  readonly #soon: (run: () => void) => void
  readonly #processes = new Map<TestNetworkMember, SimProcess>()
  readonly #open = new Map<SimProcess, () => Promise<void>>()
  readonly #faults: NetworkFault[] = []
  readonly #roster: MemoryRoster | undefined
  readonly #ids = new Map<string, IdSource>()
  readonly #starts = new Map<string, number>()
  #coordinator: Coordinator
  #epoch: number
  /** Settled when nothing of what was killed is open any more. */
  #ended: Promise<unknown> = Promise.resolve()

  private constructor(options: TestNetworkOptions) {
    this.#options = options
    if (options.roster === true) this.#roster = new MemoryRoster()
    if (options.transport === 'zeromq') {
      this.clock = systemClock
      this.#soon = setImmediate
    } else {
      const quiet = new QuietSchedule()
      const virtual = new VirtualClock({ settle: quiet.quiet })
      this.#soon = quiet.schedule
      // Messages that are not delayed take no virtual time, so that who awaits an answer needs no clock.
      const later = (delayMs: number, run: () => void): void => {
        if (delayMs > 0) virtual.after(delayMs, run)
        else quiet.schedule(run)
      }
      this.#faulty = new FaultyNetwork({ clock: virtual, seed: 'test', latencyMaxMs: 0, later })
      this.#virtual = virtual
      this.clock = virtual
    }
    this.#epoch = options.network?.epoch ?? 1
    this.#coordinator = this.#startCoordinator({}, 0)
    this.address = `localhost:${this.#coordinator.server.getPort()}`
  }

  /** For {@link startTestNetwork}. */
  static async start(options: TestNetworkOptions): Promise<TestNetwork> {
    return new TestNetwork(options)
  }

  /** The coordinator that runs now. */
  get network(): NetworkImpl {
    return this.#coordinator.network
  }

  /** The server of the coordinator that runs now. */
  get server(): NetworkServer {
    return this.#coordinator.server
  }

  /** Timers that wait in virtual time: 0 once everything has been closed. */
  get pendingTimers(): number {
    return this.#virtual?.pendingTimers ?? 0
  }

  // Members

  /** A connected client, in a process of its own. */
  async client(options: ClientOptions = {}): Promise<NetworkClient> {
    const process = this.#startProcess(this.#nextId('client'))
    const client = this.#createClient(process, options)
    this.#processes.set(client, process)
    this.#open.set(process, () => client.close())
    await this.until(client.waitConnection())
    return client
  }

  /** An agent in a process of its own, registered unless told otherwise. */
  async agent(options: TestAgentOptions = {}): Promise<TestAgent> {
    const uuid = this.#nextId('agent') as AgentUuid
    const process = this.#startProcess(uuid)
    const containers: RecordingContainer[] = []
    const factories = this.#factories(options, containers)
    const parts = {
      ids: countedIds(`${uuid}-incarnation`),
      logger: this.#logger,
      ...options.options,
      uuid,
      clock: process.clock,
      transport: process.transport
    }
    const hasListener = options.listener ?? true
    const { agent, server } = hasListener
      ? await createAgent('localhost:0', factories, parts)
      : { agent: new AgentImpl(uuid, factories, parts), server: undefined }
    for (const item of options.standbys?.(agent.endpoint ?? ('' as never)) ?? []) {
      agent.addStatelessContainer(item.uuid, item.kind, item.endpoint, item.container)
    }
    const client = this.#createClient(process, { tracing: options.options?.tracing })
    const close = async (): Promise<void> => {
      this.#open.delete(process)
      await agent.close()
      await client.close()
      await server?.close()
    }
    const made: TestAgent = { uuid, agent, server, client, containers, close }
    this.#processes.set(made, process)
    this.#processes.set(client, process)
    this.#open.set(process, close)
    await this.until(client.waitConnection())
    if (options.register ?? true) await this.until(client.register(agent))
    return made
  }

  /** A way onto this network for what else a test wants to put there: a server, a stranger. */
  transport(node: string): Transport {
    return this.#startProcess(node).transport
  }

  /** What the network tells its observers from now on, as a client of its own hears it. */
  async events(): Promise<EventRecorder> {
    const events = new EventRecorder()
    const client = await this.client()
    client.onUpdate(events.listener)
    await this.advance(0)
    return events
  }

  // Time

  /** Lets time pass: virtual time at once, real time by waiting. 0 lets all that is under way arrive. */
  async advance(ms: number): Promise<void> {
    if (this.#virtual !== undefined) await this.#virtual.advance(ms)
    else await this.#wait(ms)
  }

  /**
   * Lets time pass until a promise has settled, and gives what it gives; or until a predicate holds.
   *
   * @param maxMs how long at most; then it throws @default 60000
   */
  until<T>(promise: PromiseLike<T>, maxMs?: number): Promise<T>
  until(predicate: () => boolean, maxMs?: number): Promise<void>
  async until<T>(condition: PromiseLike<T> | (() => boolean), maxMs = 60_000): Promise<T | void> {
    if (typeof condition === 'function') {
      if (this.#virtual !== undefined) return await this.#virtual.until(condition, maxMs)
      return await this.#poll(condition, maxMs)
    }
    if (this.#virtual !== undefined) return await this.#virtual.until(condition, maxMs)
    return await condition
  }

  // Faults

  /** As SIGKILL: its ports are closed and its connections end, without a goodbye. */
  async kill(member: TestNetworkMember): Promise<void> {
    await this.#kill(this.#processOf(member))
  }

  /** As SIGSTOP: what arrives there or comes due waits until {@link resume}. */
  pause(member: TestNetworkMember): void {
    this.#processOf(member).pause()
  }

  /** As SIGCONT. */
  resume(member: TestNetworkMember): void {
    this.#processOf(member).resume()
  }

  /** As SIGKILL and a new start: the new coordinator knows nothing, and has a higher epoch. */
  async restartCoordinator(options: RestartOptions = {}): Promise<void> {
    const port = this.server.getPort()
    await this.#kill(this.#coordinator.process)
    this.#coordinator.network.close().catch(this.#report)
    if (options.downMs !== undefined) await this.advance(options.downMs)
    this.#epoch++
    this.#coordinator = this.#startCoordinator(options.network ?? {}, port)
  }

  /**
   * A black hole between two members until {@link heal}: what is sent vanishes, and nobody is told. Memory transport
   * only.
   */
  partition(a: TestNetworkMember, b: TestNetworkMember, options: PartitionOptions = {}): void {
    const network = this.#requireFaulty()
    const from = this.#processOf(a).name
    const to = this.#processOf(b).name
    this.#faults.push(network.cut(from, to))
    if (options.oneWay !== true) this.#faults.push(network.cut(to, from))
  }

  /** What either of two members sends the other takes about that long, until {@link heal}. Memory transport only. */
  delay(a: TestNetworkMember, b: TestNetworkMember, ms: number): void {
    const network = this.#requireFaulty()
    const names = [this.#processOf(a).name, this.#processOf(b).name] as const
    this.#faults.push(
      network.delay(names[0], names[1], ms, false),
      network.delay(names[1], names[0], ms, false)
    )
  }

  /** Resets the connections between two members: both sides lose them, and dial anew. Memory transport only. */
  resetConnections(a: TestNetworkMember, b: TestNetworkMember): void {
    this.#requireFaulty().reset(this.#processOf(a).name, this.#processOf(b).name)
  }

  /** Ends every {@link partition} and {@link delay}. */
  heal(): void {
    for (const fault of this.#faults.splice(0)) fault.end()
  }

  // End

  /** Closes every member that is still alive, then the coordinator. */
  async close(): Promise<void> {
    this.heal()
    for (const process of this.#open.keys()) process.resume()
    const { network, server, process } = this.#coordinator
    process.resume()
    const open = [...this.#open.values()]
    this.#open.clear()
    await this.until(Promise.all(open.map((close) => close())))
    if (process.alive) {
      await this.until(server.close())
      await this.until(network.close())
    }
    await this.#kill(process)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // Parts

  get #logger(): Logger {
    return this.#options.logger ?? silentLogger
  }

  #startCoordinator(changed: NetworkOptions, port: number): Coordinator {
    const process = this.#startProcess('coordinator')
    const tickManager = new TickManagerImpl(10, { clock: process.clock })
    const network = new NetworkImpl(tickManager, {
      ids: countedIds(`coordinator-${this.#nextId('incarnation')}`),
      logger: this.#logger,
      ...this.#options.network,
      epoch: this.#epoch,
      roster: this.#roster?.open(),
      ...changed
    })
    const server = new NetworkServer(network, tickManager, 'localhost', port, {
      ids: countedIds(`${this.#nextId('sessions')}-session`),
      logger: this.#logger,
      ...this.#options.server,
      transport: process.transport
    })
    this.#processes.set('coordinator', process)
    return { process, network, server }
  }

  #startProcess(name: string): SimProcess {
    const incarnation = (this.#starts.get(name) ?? 0) + 1
    this.#starts.set(name, incarnation)
    const parts = { name, incarnation, clock: this.clock, soon: this.#soon, delivered: () => {} }
    const faulty = this.#faulty
    if (faulty !== undefined) {
      const transport = faulty.memory.transport(name)
      return new SimProcess({ ...parts, transport, crashed: () => faulty.crash(name, false) })
    }
    const tracked = new TrackedTransport(createZeromqTransport())
    const crashed = (): void => {
      this.#ended = Promise.all([this.#ended, tracked.closeAll()])
    }
    return new SimProcess({ ...parts, transport: tracked.transport, crashed })
  }

  #createClient(process: SimProcess, options: ClientOptions): NetworkClient {
    // The first is the client's uuid.
    const made = countedIds(`${process.name}-id`)
    let first: string | undefined = process.name
    const ids = (): string => {
      const id = first ?? made()
      first = undefined
      return id
    }
    const { clock, transport } = process
    // Every member is a process of its own: nobody finds an agent without the transport.
    const own = { clock, transport, localAgents: false } as const
    return createNetworkClient(this.address, { ids, logger: this.#logger, ...options, ...own })
  }

  #factories(options: TestAgentOptions, containers: RecordingContainer[]): ContainerFactories {
    const made: Record<string, TestContainerFactory> = { ...options.containers }
    for (const kind of options.kinds ?? []) {
      made[kind] = () => {
        const container = echoContainer()
        containers.push(container)
        return container
      }
    }
    const whole = Object.entries(made).map(([kind, make]) => [kind, this.#factory(kind, make)] as const)
    return { ...Object.fromEntries(whole), ...options.factories }
  }

  #factory(kind: string, make: TestContainerFactory): ContainerFactory {
    return async (options, agentEndpoint) => {
      const uuid = options.uuid ?? (this.#nextId(kind) as ContainerUuid)
      const container = await make({ ...options, uuid })
      // An agent without a listener has no endpoint: its containers have free text for theirs.
      const address: AgentEndpointRef | undefined = agentEndpoint
      const endpoint =
        address === undefined
          ? (`test://${uuid}` as ContainerEndpointRef)
          : containerOnAgentEndpointRef(address, uuid)
      return { uuid, container, endpoint }
    }
  }

  #nextId(what: string): string {
    let ids = this.#ids.get(what)
    if (ids === undefined) {
      ids = countedIds(what)
      this.#ids.set(what, ids)
    }
    return ids()
  }

  #processOf(member: TestNetworkMember): SimProcess {
    const process = this.#processes.get(member)
    if (process === undefined) throw new Error('this is no member of the test network')
    return process
  }

  #requireFaulty(): FaultyNetwork {
    if (this.#faulty === undefined) throw new Error('only the memory transport has faults')
    return this.#faulty
  }

  async #kill(process: SimProcess): Promise<void> {
    this.#open.delete(process)
    process.kill()
    await this.#ended
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve)
    })
  }

  async #poll(predicate: () => boolean, maxMs: number): Promise<void> {
    const limit = this.clock.now() + maxMs
    while (!predicate()) {
      if (this.clock.now() > limit) throw new Error(`what was waited for did not come within ${maxMs} ms`)
      await this.#wait(5)
    }
  }

  readonly #report = (error: unknown): void => {
    this.#logger.debug({ error }, 'a killed coordinator did not close')
  }
}

/**
 * Starts a whole network in one process: a coordinator and its server, on an in-memory network and in virtual
 * time, or over ZeroMQ in real time.
 *
 * @example
 * ```ts
 * import type { ContainerKind } from '@hcengineering/network-core'
 * import { startTestNetwork } from '@hcengineering/network-testing'
 *
 * await using net = await startTestNetwork()
 * const first = await net.agent({ kinds: ['room'] })
 * await net.agent({ kinds: ['room'] })
 * const client = await net.client()
 * const room = await client.get('room' as ContainerKind, { labels: ['lobby'] })
 * console.log(await room.request('say', 'hello')) // hello
 *
 * await net.kill(first)
 * console.log(await net.until(room.request('say', 'still there?'))) // some virtual seconds later
 * ```
 */
export function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  return TestNetwork.start(options)
}
