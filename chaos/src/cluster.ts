import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from '@hcengineering/network-testing'
import { Answers, pathOf, type Arrival, type Expectation } from './answers.ts'
import { Coordinator } from './coordinator.ts'
import { HistoryFile, now } from './history.ts'
import { Member } from './members.ts'
import type { AgentSettings, ClientSettings, Order, Report } from './messages.ts'
import { Proxy } from './proxy.ts'
import type { TransportName } from './transports.ts'

/** Whatever should recover gets this long before it is given up. */
export const patienceMs = 15_000

const sharedContainers = 4
const ownContainers = 2
const leader = 'leader'
const vias = ['reference', 'connection'] as const

/** What a cluster is made of. */
export interface ClusterOptions {
  readonly name: string
  readonly transport: TransportName
  /** Of its own. */
  readonly folder: string
  /** The first of the ports that it may take. */
  readonly port: number
  readonly agents: number
  readonly clients: number
  /** Each member on a machine of its own; otherwise all are on the loopback. */
  readonly machine?: ((name: string) => Machine) | undefined
}

/** A coordinator, agents and clients, all processes of their own, with requests going on all the time. */
export class Cluster {
  readonly name: string
  readonly coordinator: Coordinator
  readonly agents: Member<AgentSettings>[] = []
  readonly clients: Member<ClientSettings>[] = []
  /** Between members and the coordinator, and before an agent. */
  readonly proxies: Proxy[] = []
  readonly machines = new Map<string, Machine>()
  readonly answers = new Answers()
  /** In seconds. */
  readonly unusedContainerTimeout = 1
  private readonly options: ClusterOptions
  private readonly history: HistoryFile
  private readonly shared: readonly string[]
  private readonly listeners = new Set<(report: Report) => void>()

  constructor(options: ClusterOptions) {
    this.options = options
    this.name = options.name
    mkdirSync(options.folder, { recursive: true })
    this.history = new HistoryFile(options.folder, 'chaos')
    this.shared = Array.from({ length: sharedContainers }, (_, index) => `shared-${index + 1}`)
    const { transport, port, folder } = options
    const pod = this.place('pod')
    this.coordinator = new Coordinator({
      transport,
      host: pod.address,
      port,
      dataDir: join(folder, 'data'),
      unusedContainerTimeout: this.unusedContainerTimeout,
      prefix: pod.prefix
    })
    const direct = `${pod.address}:${port}`
    for (let index = 1; index <= options.agents; index++) this.addAgent(index, direct)
    for (let index = 1; index <= options.clients; index++) this.addClient(index, direct)
  }

  private place(name: string): { address: string; prefix?: readonly string[] } {
    const machine = this.options.machine?.(name)
    if (machine === undefined) return { address: '127.0.0.1' }
    this.machines.set(name, machine)
    return machine
  }

  /** A way to the coordinator that can be reset, for the first member of each role. */
  private coordinatorFor(index: number, direct: string, port: number): string {
    if (index > 1 || this.options.machine !== undefined) return direct
    const proxy = new Proxy({ host: '127.0.0.1', port, to: { host: '127.0.0.1', port: this.options.port } })
    this.proxies.push(proxy)
    return proxy.address
  }

  private addAgent(index: number, direct: string): void {
    const { transport, folder, port: base } = this.options
    const name = `agent-${index}`
    const { address, prefix } = this.place(name)
    const port = base + 10 + index
    const coordinator = this.coordinatorFor(index, direct, base + 1)
    // The second agent is reached through a proxy, at the same port of another address of the loopback.
    const isBehindProxy = index === 2 && this.options.machine === undefined
    const proxy = isBehindProxy
      ? new Proxy({ host: '127.0.0.2', port, to: { host: address, port } })
      : undefined
    if (proxy !== undefined) this.proxies.push(proxy)
    const endpoint = proxy?.address ?? `${address}:${port}`
    this.agents.push(
      new Member({
        name,
        program: 'agent',
        prefix,
        proxy,
        onReport: (report) => this.hear(report),
        settings: (life) => ({
          life,
          agent: name,
          coordinator,
          transport,
          folder,
          leader,
          endpoint,
          bindHost: address
        })
      })
    )
  }

  private addClient(index: number, direct: string): void {
    const { transport, folder, port } = this.options
    const name = `client-${index}`
    const { prefix } = this.place(name)
    const coordinator = this.coordinatorFor(index, direct, port + 2)
    const { shared } = this
    this.clients.push(
      new Member({
        name,
        program: 'client',
        prefix,
        onReport: (report) => this.hear(report),
        settings: (life) => ({
          life,
          client: name,
          coordinator,
          transport,
          folder,
          leader,
          shared,
          own: Array.from({ length: ownContainers }, (_, own) => `${life}-own-${own + 1}`)
        })
      })
    )
  }

  /** Resolves when everything answers. */
  async start(): Promise<void> {
    await this.coordinator.start()
    for (const proxy of this.proxies) await proxy.up()
    await Promise.all(this.agents.map((agent) => agent.start()))
    await Promise.all(this.clients.map((client) => client.start()))
    const { missing } = await this.calm()
    if (missing.length > 0)
      throw new Error(`${this.name} did not come up: no answer for ${missing.join(', ')}`)
  }

  /** All ways of these clients to the containers that everybody uses. */
  paths(clients: readonly Member<ClientSettings>[] = this.clients): string[] {
    return clients.flatMap(({ name }) =>
      [...this.shared, leader].flatMap((uuid) => vias.map((via) => pathOf({ client: name, uuid, via })))
    )
  }

  /** Which instance each container was last seen as. */
  instances(): Map<string, string> {
    const instances = new Map<string, string>()
    for (const path of this.paths()) {
      const last = this.answers.last(path)
      if (last !== undefined) instances.set(last.uuid, last.instance)
    }
    return instances
  }

  /** Paths that now lead to this agent. */
  pathsTo(agent: string, clients?: readonly Member<ClientSettings>[]): string[] {
    return this.paths(clients).filter((path) => this.answers.last(path)?.agent === agent)
  }

  expect(expectation: Omit<Expectation, 'timeoutMs'> & { timeoutMs?: number }): Promise<Arrival> {
    return this.answers.expect({ timeoutMs: patienceMs, ...expectation })
  }

  /** Everything answers what is asked from now on. */
  calm(): Promise<Arrival> {
    const since = now()
    return this.expect({ paths: this.paths(), accept: ({ askedAt }) => askedAt >= since })
  }

  /** Resolves with the time when the coordinator lists exactly these agents; undefined if it does not in time. */
  async whenAgentsAre(names: readonly string[], timeoutMs = patienceMs): Promise<number | undefined> {
    const until = now() + timeoutMs
    while (now() < until) {
      const listed = await this.next(
        (report) => (report.type === 'agents' ? report.agents : undefined),
        1000,
        {
          type: 'agents'
        }
      )
      if (listed !== undefined && listed.toSorted().join() === names.toSorted().join()) return now()
      await sleep(50)
    }
    return undefined
  }

  /** The next report that this finds something in. */
  async next<T>(
    find: (report: Report) => T | undefined,
    timeoutMs: number,
    order?: Order
  ): Promise<T | undefined> {
    let listener: ((report: Report) => void) | undefined
    let timer: NodeJS.Timeout | undefined
    const found = await new Promise<T | undefined>((resolve) => {
      listener = (report) => {
        const value = find(report)
        if (value !== undefined) resolve(value)
      }
      this.listeners.add(listener)
      timer = setTimeout(() => resolve(undefined), timeoutMs)
      if (order !== undefined) this.clients[0]?.running.send(order)
    })
    clearTimeout(timer)
    if (listener !== undefined) this.listeners.delete(listener)
    return found
  }

  /** Kills a client; what it asked need not settle. */
  async killClient(client: Member<ClientSettings>): Promise<void> {
    await client.kill()
    this.history.write({ kind: 'clientGone', client: client.settings.life, at: now() })
  }

  /** Lets all requests settle, then ends all processes. */
  async stop(): Promise<void> {
    let left = this.clients.length
    const stopped = this.next((report) => {
      if (report.type === 'stopped') left--
      return left === 0 ? true : undefined
    }, patienceMs)
    for (const client of this.clients) client.running.send({ type: 'stop' } satisfies Order)
    await stopped
    await this.end()
  }

  /** Ends all processes at once. */
  async end(): Promise<void> {
    await Promise.all([...this.clients, ...this.agents].map((member) => member.kill().catch(() => {})))
    await this.coordinator.running.kill()
    for (const proxy of this.proxies) proxy.down()
  }

  private hear(report: Report): void {
    if (report.type === 'answer') this.answers.add(report)
    for (const listener of this.listeners) listener(report)
  }
}
