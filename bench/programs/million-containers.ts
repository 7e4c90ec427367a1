/**
 * A coordinator that is told of a million containers by what a server calls for clients and agents; only the
 * sockets are left out. Names come in as they would from a socket: decoded from bytes.
 */

import { decodeValue, encodeValue } from '@hcengineering/network-backrpc'
import {
  containerOnAgentEndpointRef,
  networkError,
  NetworkImpl,
  randomIds,
  TickManagerImpl,
  type AgentLink,
  type AgentUuid,
  type ClientUuid,
  type ContainerUuid,
  type StartResult
} from '@hcengineering/network-core'
import { echoKind } from './network.ts'
import { serveCalls } from './program.ts'

/** Strings made by joining pieces take several times the memory of those that came in as bytes. */
function arrived<T>(value: T): T {
  return decodeValue(encodeValue(value, networkError), networkError) as T
}

const endpoint = '127.0.0.1:40000'
const tickManager = new TickManagerImpl(10)
tickManager.start()
const network = new NetworkImpl(tickManager)

/** Starts at once whatever it is told to. These are the parts of an agent that a coordinator uses here. */
function createAgentLink(): AgentLink {
  const parts: Partial<AgentLink> = {
    agentId: arrived(randomIds()) as AgentUuid,
    incarnation: arrived(randomIds()),
    start: async ({ uuid }): Promise<StartResult> => {
      if (uuid === undefined) throw new Error('every get names its container')
      return arrived({ uuid, endpoint: containerOnAgentEndpointRef(endpoint, uuid) })
    },
    grant: async () => {}
  }
  return parts as AgentLink
}

const agent = createAgentLink()
const clients: ClientUuid[] = []

serveCalls({
  start: async () => {
    const { gateway } = network
    const registration = {
      agentId: agent.agentId,
      incarnation: agent.incarnation,
      kinds: [echoKind],
      endpoint: undefined,
      seen: undefined,
      leased: false,
      draining: false,
      containers: []
    }
    await new Promise<void>((resolve, reject) => {
      gateway.link.register(registration, agent, (error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
    // What a real agent does once a second.
    setInterval(() => {
      const { identity } = gateway
      gateway.link
        .renew({ agentId: agent.agentId, incarnation: agent.incarnation, coordinator: identity })
        .catch((error: unknown) => console.error(error))
    }, 1000)
    return {}
  },
  clients: ({ count }: { count: number }) => {
    for (let n = 0; n < count; n++) {
      const client = arrived(randomIds()) as ClientUuid
      // As a client says it that is never silent for long; nobody here sends its pings.
      network.gateway.clientSeen(client, 86_400_000)
      clients.push(client)
    }
    return {}
  },
  /** Every container is got by one client, in turn. */
  containers: async ({ count }: { count: number }) => {
    const atOnce = 1000
    for (let from = 0; from < count; from += atOnce) {
      const gets = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => {
        const client = clients[(from + index) % clients.length]
        if (client === undefined) throw new Error('there are no clients')
        const uuid = randomIds() as ContainerUuid
        const message = arrived({ handle: randomIds(), kind: echoKind, uuid, labels: [] })
        return network.gateway.get({
          ...message,
          client,
          extra: undefined,
          deadline: tickManager.now() + 30_000
        }).record
      })
      await Promise.all(gets)
      // Lets renewals and timers run, as between two messages.
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
    // Counted, not listed: a list of a million records would be measured, too.
    const { containers, gets } = network.counts()
    if (containers !== count || gets !== 0) {
      throw new Error(`${containers} containers are there, not ${count}, and ${gets} gets wait`)
    }
    return { containers }
  }
})
