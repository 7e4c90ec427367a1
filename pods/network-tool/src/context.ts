import { createNetworkClient, type ClientOptions, type NetworkClient } from '@hcengineering/network-client'
import { hasCode, NetworkError } from '@hcengineering/network-core'
import { toJson } from './output/json.ts'
import { UsageError } from './usage-error.ts'

/** Where a run reads and writes. */
export interface ToolIo {
  /** Results: standard output. */
  out(text: string): void
  /** Errors and hints: standard error. */
  error(text: string): void
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What a run's client is made with; tests put a transport and a clock here. */
export type ToolClientOptions = Pick<ClientOptions, 'transport' | 'clock' | 'ids'>

/** The options that every command takes. */
export interface GlobalOptions {
  readonly network: string
  readonly json?: true
}

const connectTimeoutMs = 5000

/** What commands share: the way to the network, and the two ways to show a result. */
export class ToolContext {
  readonly #io: ToolIo
  readonly #clientOptions: ToolClientOptions

  constructor(io: ToolIo, clientOptions: ToolClientOptions) {
    this.#io = io
    this.#clientOptions = clientOptions
  }

  /**
   * Connects, does the work, and leaves.
   *
   * @throws UsageError for an address that is none
   * @throws NetworkError `CONNECTION_TIMEOUT` when nobody answers, or what the work throws
   */
  async withClient<T>(network: string, work: (client: NetworkClient) => Promise<T>): Promise<T> {
    await using client = this.#open(network)
    try {
      await client.waitConnection(connectTimeoutMs)
    } catch (error) {
      if (!hasCode(error, 'CONNECTION_TIMEOUT')) throw error
      throw new NetworkError(
        'CONNECTION_TIMEOUT',
        `no coordinator answers at ${network} (${connectTimeoutMs / 1000} s): is it running there? ` +
          'Another address is given by --network host:port or NETWORK.',
        { cause: error }
      )
    }
    return await work(client)
  }

  /** Shows a result: as JSON if that was asked for, else as `forPeople` makes it. */
  show(options: GlobalOptions, value: unknown, forPeople: () => string): void {
    this.#io.out(`${options.json === true ? toJson(value) : forPeople()}\n`)
  }

  #open(network: string): NetworkClient {
    try {
      return createNetworkClient(network, this.#clientOptions)
    } catch (error) {
      if (hasCode(error, 'ADDRESS_INVALID'))
        throw new UsageError(`--network (or NETWORK) is wrong: ${error.message}`)
      throw error
    }
  }
}
