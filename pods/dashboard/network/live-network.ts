import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'
import { kinds } from './containers.ts'
import { startPodProcess, type PodOptions, type PodProcess } from './pod.ts'

/** What a network consists of at its start. */
export interface LiveNetworkOptions extends Partial<PodOptions> {
  /** Their names. */
  readonly agents: readonly string[]
  /** Clients that send requests all the time. @default 0 */
  readonly clients?: number | undefined
}

const program = (name: string): string => fileURLToPath(import.meta.resolve(`./${name}.ts`))
const everyKind = Object.values(kinds)

/** A coordinator, agents and clients, each in a process of its own. All of them end with this process. */
export class LiveNetwork implements AsyncDisposable {
  readonly #options: LiveNetworkOptions
  readonly #agents = new Map<string, Child>()
  #pod: PodProcess
  #traffic: Child | undefined

  private constructor(options: LiveNetworkOptions, pod: PodProcess) {
    this.#options = options
    this.#pod = pod
  }

  static async start(options: LiveNetworkOptions): Promise<LiveNetwork> {
    const { agents, clients = 0, port = 0, adminPort = 0, ...pod } = options
    const network = new LiveNetwork(options, await startPodProcess({ port, adminPort, ...pod }))
    try {
      for (const name of agents) await network.startAgent(name)
      if (clients > 0) await network.startTraffic(clients)
    } catch (error) {
      await network.close()
      throw error
    }
    return network
  }

  /** Where the dashboard is. */
  get url(): string {
    return `http://127.0.0.1:${this.#pod.adminPort}`
  }

  /** Where clients reach the coordinator. */
  get address(): string {
    return `localhost:${this.#pod.port}`
  }

  async startAgent(name: string): Promise<void> {
    const env = { NETWORK: this.address, AGENT: name, KINDS: everyKind.join(',') }
    const child = new Child({ name, file: program('agent'), env })
    this.#agents.set(name, child)
    await child.ready()
  }

  /** Lets an agent leave as it should, with its process. */
  async stopAgent(name: string): Promise<void> {
    await this.#agents.get(name)?.end()
    this.#agents.delete(name)
  }

  async startTraffic(clients: number): Promise<void> {
    const env = { NETWORK: this.address, CLIENTS: String(clients) }
    this.#traffic = new Child({ name: 'the clients', file: program('traffic'), env })
    await this.#traffic.ready()
  }

  async stopCoordinator(): Promise<void> {
    await this.#pod.child.kill()
  }

  /** Starts it again where it was. */
  async startCoordinator(): Promise<void> {
    const { agents: _agents, clients: _clients, ...pod } = this.#options
    this.#pod = await startPodProcess({ ...pod, port: this.#pod.port, adminPort: this.#pod.adminPort })
  }

  /** The coordinator goes last: the others take leave of it. */
  async close(): Promise<void> {
    await this.#traffic?.end()
    await Promise.all([...this.#agents.values()].map((agent) => agent.end()))
    await this.#pod.child.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
