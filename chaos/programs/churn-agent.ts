/** The agent of a churn: its containers hold nothing. */

import { createNetworkClient } from '@hcengineering/network-client'
import { containerOnAgentEndpointRef, containerUuid, type Container } from '@hcengineering/network-core'
import { kinds } from '../src/kinds.ts'
import { serveMeasurements } from '../src/memory.ts'

const { coordinator } = JSON.parse(process.argv[2] ?? '') as { coordinator: string }
let containers = 0
let connected = 0

function createContainer(): Container {
  containers++
  return {
    request: async (_operation, data: unknown) => data,
    connect: () => void connected++,
    disconnect: () => void connected--,
    terminate: async () => void containers--,
    ping: async () => {}
  }
}

const client = createNetworkClient(coordinator)
await client.serveAgent('127.0.0.1:0', {
  [kinds.ordinary]: ({ uuid = containerUuid() }, agentEndpoint) => ({
    uuid,
    container: createContainer(),
    endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
  })
})
serveMeasurements(() => ({ containers, connected }))
console.log('ready')
