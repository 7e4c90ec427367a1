import { createNetworkClient, type NetworkClient } from '@hcengineering/network-client'
import {
  hasCode,
  NetworkError,
  silentLogger,
  systemClock,
  type Clock,
  type Logger
} from '@hcengineering/network-core'
import { resolveAdmin } from './admin/admin-address.ts'
import { AdminClient } from './admin/admin-client.ts'
import type { GlobalOptions, ToolClientOptions, ToolIo } from './io.ts'
import { createLogger, type LogLevel } from './log.ts'
import { toJson } from './output/json.ts'
import { createPaint, type Paint } from './output/paint.ts'
import { Progress } from './output/progress.ts'
import { UsageError } from './usage-error.ts'

export const connectTimeoutMs = 5000

/** What commands share: the ways to the network and its admin API, and the two ways to show a result. */
export class ToolContext {
  readonly io: ToolIo
  readonly clock: Clock
  readonly paint: Paint
  readonly #clientOptions: ToolClientOptions
  #logger: Logger = silentLogger

  constructor(io: ToolIo, clientOptions: ToolClientOptions) {
    this.io = io
    this.clock = clientOptions.clock ?? systemClock
    this.paint = createPaint(io.terminal?.colours === true)
    this.#clientOptions = clientOptions
  }

  /** Has what clients log written to standard error, from now on. */
  logAt(level: LogLevel): void {
    this.#logger = createLogger(level, (line) => this.io.error(line))
  }

  /**
   * Connects, does the work, and leaves.
   *
   * @throws UsageError for an address that is none
   * @throws NetworkError `CONNECTION_TIMEOUT` when nobody answers, or what the work throws
   */
  async withClient<T>(network: string, work: (client: NetworkClient) => Promise<T>): Promise<T> {
    await using client = this.openClient(network)
    try {
      await client.waitConnection(connectTimeoutMs)
    } catch (error) {
      if (!hasCode(error, 'CONNECTION_TIMEOUT')) throw error
      throw new NetworkError(
        'CONNECTION_TIMEOUT',
        `no coordinator answers at ${network} (${connectTimeoutMs / 1000} s): is it running there? ` +
          'Another address is given by --network host:port or NETWORK. `network-tool doctor` says more.',
        { cause: error }
      )
    }
    return await work(client)
  }

  /**
   * A client that has only begun to connect; whoever opens it closes it.
   *
   * @throws UsageError for an address that is none
   */
  openClient(network: string): NetworkClient {
    try {
      // Agents of this process are reached as anybody would reach them, so that what is measured is the network.
      return createNetworkClient(network, {
        ...this.#clientOptions,
        logger: this.#logger,
        localAgents: false
      })
    } catch (error) {
      if (hasCode(error, 'ADDRESS_INVALID'))
        throw new UsageError(`--network (or NETWORK) is wrong: ${error.message}`)
      throw error
    }
  }

  /**
   * The admin API that the options name. Nothing is asked of it yet.
   *
   * @param signal ends what is under way there
   * @throws UsageError for an address that is none, and a token that cannot be used
   */
  async admin(options: GlobalOptions, signal?: AbortSignal): Promise<AdminClient> {
    const token = this.io.environment['ADMIN_TOKEN']
    return new AdminClient({ ...(await resolveAdmin(options.admin, options.adminTokenFile, token)), signal })
  }

  /** Shows a result: as JSON if that was asked for, else as `forPeople` makes it. */
  show(options: GlobalOptions, value: unknown, forPeople: () => string): void {
    this.line(options.json === true ? toJson(value) : forPeople())
  }

  line(text: string): void {
    this.io.out(`${text}\n`)
  }

  progress(): Progress {
    return new Progress(this.io)
  }

  /** Aborted when the run is told to end. To be disposed of, and only then does Ctrl-C end the process again. */
  stop(): { readonly signal: AbortSignal } & Disposable {
    const controller = new AbortController()
    const listening = this.io.onStop?.(() => controller.abort())
    return { signal: controller.signal, [Symbol.dispose]: () => listening?.[Symbol.dispose]() }
  }

  /** Waits; true when `signal` was aborted before it was over. */
  sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(true)
    return new Promise((resolve) => {
      const done = (aborted: boolean): void => {
        cancel()
        signal?.removeEventListener('abort', onAbort)
        resolve(aborted)
      }
      const onAbort = (): void => done(true)
      const cancel = this.clock.after(ms, () => done(false))
      signal?.addEventListener('abort', onAbort)
    })
  }
}
