/** A process that hosts containers until it is told to end. */

import { createAgent, createNetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  containerUuid,
  type AgentUuid,
  type Container,
  type ContainerFactory,
  type ContainerUuid
} from '@hcengineering/network-core'
import { once } from 'node:events'
import { kinds, NoticeBoard, TicketCounter, ticketCounterUuid, WordCounter } from './containers.ts'
import { environment, tellJob } from './messages.ts'

const name = environment('AGENT')

/** A factory of containers that are reached at this agent's listener. */
function hosting(make: (uuid: ContainerUuid, host: string) => Container): ContainerFactory {
  return ({ uuid = containerUuid() }, agentEndpoint) => {
    console.log(`starts container ${uuid}`)
    return { uuid, container: make(uuid, name), endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid) }
  }
}

const stopRequested = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])

const client = createNetworkClient(environment('NETWORK'))
await client.waitConnection(10_000)

const { agent, server } = await createAgent(
  'localhost:0',
  {
    [kinds.wordCounter]: hosting((uuid, host) => new WordCounter(uuid, host)),
    [kinds.noticeBoard]: hosting((uuid, host) => new NoticeBoard(uuid, host))
  },
  { uuid: name as AgentUuid }
)
agent.addStatelessContainer(
  ticketCounterUuid,
  kinds.ticketCounter,
  containerOnAgentEndpointRef(server.endpoint, ticketCounterUuid),
  new TicketCounter(ticketCounterUuid, name)
)
await client.register(agent)
console.log(`has joined, and listens at ${server.endpoint}`)
tellJob({ type: 'ready' })

await stopRequested
// Its containers end first, then it leaves.
await server.close()
await client.close()
