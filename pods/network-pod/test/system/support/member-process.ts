/** Runs on a machine of its own: `agent` hosts counters, `client` uses one as its parent tells it to. */
import { createNetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  NetworkError,
  type Broadcast,
  type ClientUuid,
  type Container,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import type { Count, Order, Report } from './orders.ts'

const [role, coordinator = '', address = ''] = process.argv.slice(2)
const counter = 'counter' as ContainerKind
const uuid = 'the-counter' as ContainerUuid

// Whoever started it is gone: nobody needs it any more.
process.on('disconnect', () => process.exit())

function tell(report: Report): void {
  process.send?.(report)
}

function createCounter(): Container {
  const connected = new Map<ClientUuid, Broadcast>()
  let count = 0
  const activation = crypto.randomUUID()
  return {
    request: async (operation: string): Promise<Count> => {
      if (operation === 'add') {
        count++
        for (const broadcast of connected.values()) await broadcast({ count, activation } satisfies Count)
      } else if (operation !== 'read') {
        throw new NetworkError('UNKNOWN_OPERATION', `a counter does not know '${operation}'`)
      }
      return { count, activation }
    },
    connect: (client, broadcast) => void connected.set(client, broadcast),
    disconnect: (client) => void connected.delete(client),
    terminate: async () => {},
    ping: async () => {}
  }
}

async function host(): Promise<void> {
  const client = createNetworkClient(coordinator)
  await client.serveAgent(`${address}:0`, {
    [counter]: async (_options, agentEndpoint) => ({
      uuid,
      container: createCounter(),
      endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
    })
  })
  tell({ kind: 'ready' })
}

async function use(): Promise<void> {
  const client = createNetworkClient(coordinator)
  const reference = await client.get(counter, { uuid })
  const connection = await reference.connect()
  connection.on = (event) => tell({ kind: 'event', event })
  process.on('message', ({ id, via, operation }: Order) => {
    const target = via === 'reference' ? reference : connection
    target.request(operation).then(
      (value: unknown) => tell({ kind: 'answer', id, value }),
      (error: unknown) => tell({ kind: 'failure', id, error: String(error) })
    )
  })
  tell({ kind: 'ready' })
}

await (role === 'agent' ? host() : use())
