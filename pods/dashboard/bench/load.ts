/** A process with agents that have very many containers, of which some come and go all the time. */

import { createAgent, createNetworkClient } from '@hcengineering/network-client'
import {
  containerOnAgentEndpointRef,
  containerUuid,
  type AgentUuid,
  type Container,
  type ContainerFactory,
  type ContainerKind,
  type ContainerReference
} from '@hcengineering/network-core'
import { leaveRequested } from '../network/leave.ts'

const { NETWORK = '', CONTAINERS = '', EVENTS_PER_SECOND = '' } = process.env
const kinds = ['workspace', 'chat-room', 'query-engine', 'session', 'transactor'].map(
  (kind) => kind as ContainerKind
)
const regions = ['eu-west', 'us-east', 'ap-south']
const agentsCount = 8
const atOnce = 256
const tickMs = 100

const idle: Container = {
  request: async () => null,
  connect() {},
  disconnect() {},
  async ping() {},
  async terminate() {}
}

const factory: ContainerFactory = ({ uuid = containerUuid() }, agentEndpoint) => ({
  uuid,
  container: idle,
  endpoint: containerOnAgentEndpointRef(agentEndpoint, uuid)
})

const leave = leaveRequested()
const client = createNetworkClient(NETWORK, { aliveTimeout: 60, timeoutMs: 120_000 })
await client.waitConnection()
for (let number = 1; number <= agentsCount; number++) {
  const { agent } = await createAgent(
    'localhost:0',
    Object.fromEntries(kinds.map((kind) => [kind, factory])),
    {
      uuid: `bench-${number}` as AgentUuid
    }
  )
  await client.register(agent)
}

let made = 0
const kept: ContainerReference[] = []

async function make(): Promise<void> {
  const number = made++
  const kind = kinds[number % kinds.length] ?? kinds[0]!
  const labels = [regions[number % regions.length] ?? '', `tenant-${number % 997}`, `number-${number}`]
  kept.push(await client.get(kind, { uuid: containerUuid(), labels }))
}

const all = Number(CONTAINERS)
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (made < all) await make()
  })
)
console.log('ready')

// One event for each that comes, one for each that goes.
const eachTick = Math.round((Number(EVENTS_PER_SECOND) / 2 / 1000) * tickMs)
const churn = setInterval(() => {
  for (const reference of kept.splice(0, eachTick)) reference.close().catch(report)
  for (let count = 0; count < eachTick; count++) make().catch(report)
}, tickMs)

function report(error: unknown): void {
  console.error(String(error))
}

await leave
clearInterval(churn)
process.exit(0)
