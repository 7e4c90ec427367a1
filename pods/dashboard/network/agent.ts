/** A process with an agent, until it is told to end: then it drains. */

import { createNetworkClient } from '@hcengineering/network-client'
import { createServiceAgent } from './containers.ts'
import { leaveRequested } from './leave.ts'

const { NETWORK = '', AGENT = '', KINDS = '' } = process.env

const leave = leaveRequested()
const client = createNetworkClient(NETWORK)
await client.waitConnection()
const { agent, server } = await createServiceAgent(AGENT, KINDS.split(','))
await client.register(agent)
console.log('ready')

await leave
await server.drain()
await client.close()
