import { RpcError } from '../../errors.ts'
import type {
  ConnectionEvents,
  ListenOptions,
  Transport,
  TransportConnection,
  TransportLimits,
  TransportListener
} from '../port.ts'
import { dialPort, listenPort } from '../ports.ts'
import { MemoryPipe, type Arrival, type MemoryConnection } from './connection.ts'
import { microtaskSchedule, type MemoryLink, type Schedule } from './schedule.ts'

/** What a dial is answered with: whatever the port says, a refusal, or silence. */
export type DialAnswer = 'pass' | 'refuse' | 'ignore'

/** Options of a {@link MemoryNetwork}. */
export interface MemoryNetworkOptions {
  /**
   * Decides when things arrive.
   *
   * @default microtaskSchedule()
   */
  readonly schedule?: Schedule
  /**
   * Bytes under way in one direction of a connection; more end it.
   *
   * @default 67108864 (64 MiB)
   */
  readonly queuedBytesMax?: number
}

/** A port that somebody listens at. */
interface Listening {
  readonly node: string
  readonly limits: TransportLimits
  readonly accept: (connection: TransportConnection) => ConnectionEvents
}

/** The first port given to who asks for port 0. */
const firstFreePort = 49_152
const lastFreePort = 65_535

/**
 * A network within one process, without sockets, timers or random numbers: what is sent arrives when the
 * schedule says so. Nodes are the machines or processes on it; each transport belongs to one.
 *
 * To use it: `transport(node)` for each node, then listen and dial. To break it: `cut`, `answerDials`, `crash`,
 * and the connections that `connections()` lists.
 *
 * @example
 * ```ts
 * import { createMemoryNetwork } from '@hcengineering/network-backrpc'
 *
 * const network = createMemoryNetwork()
 * const limits = { messageBytesMax: 65_536 }
 * network.transport('server').listen({ host: '*', port: 3737 }, limits, (connection) => ({
 *   received: (message) => connection.send(message),
 *   closed: () => {}
 * }))
 * const client = network.transport('client').dial('localhost:3737', limits, {
 *   received: (message) => console.log(message.length),
 *   closed: (reason) => console.log(reason)
 * })
 * client.send(new Uint8Array(3))
 * ```
 */
export class MemoryNetwork {
  readonly #schedule: Schedule
  readonly #queuedBytesMax: number
  readonly #listeners = new Map<number, Listening>()
  /** Each connection, with what accepted it. */
  readonly #pipes = new Map<MemoryPipe, Listening | undefined>()
  readonly #cuts: MemoryLink[] = []
  readonly #dialAnswers = new Map<number, DialAnswer>()
  #lastNode = 0
  #lastConnection = 0

  constructor(options: MemoryNetworkOptions = {}) {
    this.#schedule = options.schedule ?? microtaskSchedule()
    this.#queuedBytesMax = options.queuedBytesMax ?? 64 * 1024 * 1024
    if (!(this.#queuedBytesMax > 0)) throw new RangeError('queuedBytesMax must be more than 0')
  }

  /** A node's way onto this network. Without a name, a new node. */
  transport(node = `node-${++this.#lastNode}`): Transport {
    return {
      name: 'memory',
      listen: (options, limits, accept) => this.#listen(node, options, limits, accept),
      dial: (address, limits, events) => this.#dial(node, address, limits, events)
    }
  }

  /** The connections there are, oldest first, those being dialled included. */
  connections(): readonly MemoryConnection[] {
    return [...this.#pipes.keys()]
  }

  /**
   * A black hole from one node to another: what is under way or sent while it lasts vanishes, dials too, and
   * nobody is told. A connection that lost something stays dead in that direction. Returns what mends it.
   */
  cut(link: MemoryLink): () => void {
    const cut = { ...link }
    this.#cuts.push(cut)
    return () => {
      const index = this.#cuts.indexOf(cut)
      if (index >= 0) this.#cuts.splice(index, 1)
    }
  }

  /** Says what dials to a port meet from now on. */
  answerDials(port: number, answer: DialAnswer): void {
    if (answer === 'pass') this.#dialAnswers.delete(port)
    else this.#dialAnswers.set(port, answer)
  }

  /** A killed process: its listeners are gone, its ends hear nothing more, the other ends hear `closed`. */
  crash(node: string): void {
    for (const [port, listening] of this.#listeners) {
      if (listening.node === node) this.#listeners.delete(port)
    }
    for (const pipe of this.#pipes.keys()) {
      if (pipe.dialler === node) pipe.crash('dialler')
      if (pipe.listener === node) pipe.crash('listener')
    }
  }

  #listen(
    node: string,
    options: ListenOptions,
    limits: TransportLimits,
    accept: (connection: TransportConnection) => ConnectionEvents
  ): TransportListener {
    const port = options.port === 0 ? this.#freePort() : listenPort(options.port)
    if (this.#listeners.has(port)) {
      throw new RpcError('ADDRESS_IN_USE', `Port ${port} is taken: stop what listens there, or take another`)
    }
    const listening: Listening = { node, limits, accept }
    this.#listeners.set(port, listening)
    return {
      port,
      close: async () => {
        if (this.#listeners.get(port) === listening) this.#listeners.delete(port)
        // The ends here hear of it too, and not from within this call.
        await Promise.resolve()
        for (const [pipe, acceptedBy] of this.#pipes) {
          if (acceptedBy === listening) pipe.endListenerSide('the listener has closed')
        }
      }
    }
  }

  #freePort(): number {
    for (let port = firstFreePort; port <= lastFreePort; port++) {
      if (!this.#listeners.has(port)) return port
    }
    throw new RpcError('ADDRESS_IN_USE', 'No port is free: close listeners that are not needed')
  }

  #dial(
    node: string,
    address: string,
    limits: TransportLimits,
    events: ConnectionEvents
  ): TransportConnection {
    const port = dialPort(address)
    const pipe = new MemoryPipe({
      id: ++this.#lastConnection,
      dialler: node,
      // A port where nobody listens belongs to nobody: cuts do not apply, and the dial is refused.
      listener: this.#listeners.get(port)?.node ?? '',
      port,
      address,
      limits,
      queuedBytesMax: this.#queuedBytesMax,
      schedule: this.#schedule,
      isCut: (ends) => this.#cuts.some((cut) => cut.from === ends.from && cut.to === ends.to),
      arrived: (arrived) => this.#dialArrived(arrived),
      gone: (gone) => this.#pipes.delete(gone)
    })
    pipe.diallerEnd.listen(events)
    this.#pipes.set(pipe, undefined)
    return pipe.diallerEnd
  }

  #dialArrived(pipe: MemoryPipe): Arrival {
    const answer = this.#dialAnswers.get(pipe.port) ?? 'pass'
    if (answer === 'ignore') return { kind: 'ignored' }
    const listening = this.#listeners.get(pipe.port)
    if (answer === 'refuse' || listening === undefined || listening.node !== pipe.dialled) {
      return { kind: 'refused', reason: `nobody listens at port ${pipe.port}` }
    }
    this.#pipes.set(pipe, listening)
    const end = pipe.acceptEnd(listening.limits)
    end.listen(listening.accept(end))
    return { kind: 'accepted' }
  }
}

/** A new {@link MemoryNetwork}. */
export function createMemoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new MemoryNetwork(options)
}

/** The transport of one network that the whole process shares. */
export const memoryTransport: Transport = createMemoryNetwork().transport('process')
