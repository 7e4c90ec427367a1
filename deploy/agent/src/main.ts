/**
 * An agent as it is deployed: told by its environment where the coordinator is and where clients reach it, watched by
 * probes, and leaving without a failed call when it is told to end. It offers the kind `counter`.
 */

import { createAgent, createNetworkClient, shutDownOnSignals } from '@hcengineering/network-client'
import type { AgentUuid } from '@hcengineering/network-core'
import { startHealthServer } from './health-server.ts'
import { counterFactory } from './counter.ts'

function environment(name: string, otherwise?: string): string {
  const value = process.env[name] || otherwise
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

const network = environment('NETWORK')
const endpoint = environment('ENDPOINT')
const uuid = environment('AGENT') as AgentUuid
const healthPort = Number(environment('HEALTH_PORT', '3781'))

let ready = false
const health = startHealthServer(healthPort, () => ready)
const client = createNetworkClient(network)
const { agent, server } = await createAgent(endpoint, { counter: counterFactory }, { uuid })
const drain = async (): Promise<void> => {
  ready = false
  await server.drain()
}
shutDownOnSignals({ servers: [{ drain }], clients: [client, health] })
// Waits for as long as it takes: a coordinator that comes later is found.
await client.register(agent)
ready = true
console.log(JSON.stringify({ msg: 'registered', agent: uuid, endpoint, healthPort: health.port() }))
