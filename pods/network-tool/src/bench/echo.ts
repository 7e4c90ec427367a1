import {
  containerOnAgentEndpointRef,
  type Container,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import type { ToolContext } from '../context.ts'

/** The container that is loaded when no kind was named. */
export interface EchoTarget {
  readonly kind: ContainerKind
  readonly operation: string
  readonly data: unknown
}

/**
 * Takes an agent with an echo container into the network for the time of some work. Its kind is of this run alone,
 * so that two runs at a time measure each their own.
 */
export async function withEcho<T>(
  context: ToolContext,
  network: string,
  work: (echo: EchoTarget) => Promise<T>
): Promise<T> {
  return await context.withClient(network, async (client) => {
    const kind = `network-tool-echo-${client.uuid}` as ContainerKind
    // Reached at this machine only: what is measured is this machine's way to the network and back.
    const { server } = await client.serveAgent('localhost:0', {
      [kind]: async (options, agentEndpoint) => {
        const uuid = options.uuid ?? (`${kind}-container` as ContainerUuid)
        return { uuid, container: echo(), endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid) }
      }
    })
    try {
      return await work({ kind, operation: 'echo', data: 'x'.repeat(64) })
    } finally {
      await server.close()
    }
  })
}

function echo(): Container {
  return {
    request: async (_operation: string, data?: unknown) => data,
    connect: () => {},
    disconnect: () => {},
    terminate: async () => {},
    ping: async () => {}
  }
}
