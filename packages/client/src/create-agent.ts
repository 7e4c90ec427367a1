import {
  AgentImpl,
  agentUuid,
  NetworkError,
  systemClock,
  TickManagerImpl,
  type AgentOptions,
  type AgentUuid,
  type ContainerFactories
} from '@hcengineering/network-core'
import type { AgentListenerOptions } from './agent-listener.ts'
import { NetworkAgentServer } from './agent-server.ts'

/** Options of {@link createAgent}. */
export interface CreateAgentOptions extends AgentListenerOptions, AgentOptions {
  /** @default a random one */
  uuid?: AgentUuid | undefined
  /** The address to listen on. @default the endpoint's host if that is this machine by name, else all interfaces */
  bindHost?: string | undefined
}

/** An agent with its server. */
export interface ServedAgent extends AsyncDisposable {
  readonly agent: AgentImpl
  readonly server: NetworkAgentServer
  /** Ends the agent's containers, lets the agent go, and stops listening: as the server's own `close`. */
  close(): Promise<void>
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Makes an agent that listens at `endpoint`. It still has to be registered: see `client.register`.
 *
 * @param endpoint `host:port`, as clients reach it; port 0 lets the system choose
 * @param factories a function for each kind that it offers
 * @throws NetworkError `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `INVALID_ARGUMENT`
 */
export async function createAgent(
  endpoint: string,
  factories: ContainerFactories,
  options: CreateAgentOptions = {}
): Promise<ServedAgent> {
  const { host, port } = parseEndpoint(endpoint)
  const clock = options.clock ?? systemClock
  const agent = new AgentImpl(options.uuid ?? agentUuid(options.ids), factories, options)
  const bindHost = options.bindHost ?? (loopbackNames.has(host) ? host : '*')
  const server = new NetworkAgentServer(new TickManagerImpl(1, { clock }), host, bindHost, port, options)
  await server.start(agent)
  return {
    agent,
    server,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close()
  }
}

function parseEndpoint(endpoint: string): { host: string; port: number } {
  const colon = typeof endpoint === 'string' ? endpoint.lastIndexOf(':') : -1
  const host = endpoint.slice(0, Math.max(0, colon))
  const digits = endpoint.slice(colon + 1)
  if (host === '' || !/^\d{1,5}$/.test(digits)) {
    throw new NetworkError('ADDRESS_INVALID', `an agent's endpoint must be 'host:port', got '${endpoint}'`)
  }
  return { host, port: Number(digits) }
}
