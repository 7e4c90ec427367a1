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
const oneKind = 'workspace' as ContainerKind
const kinds = [
  oneKind,
  ...['chat-room', 'query-engine', 'session', 'transactor'].map((kind) => kind as ContainerKind)
]
const regions = ['eu-west', 'us-east', 'ap-south']
const agentsCount = 8
const atOnce = 256
const tickMs = 100
/** Only the newest come and go: lists are read from their beginning, where there is something to read. */
const comeAndGoMost = 2000

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
  const kind = kinds[number % kinds.length] ?? oneKind
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

// One event for each that comes, one for each that goes; by the clock, for timers come late on a busy machine.
const firstToGo = Math.max(0, all - comeAndGoMost)
const perSecond = Number(EVENTS_PER_SECOND) / 2
const began = performance.now()
let changed = 0
const churn = setInterval(() => {
  const due = Math.floor(((performance.now() - began) / 1000) * perSecond) - changed
  changed += due
  for (const reference of kept.splice(firstToGo, due)) reference.close().catch(report)
  for (let count = 0; count < due; count++) make().catch(report)
}, tickMs)

function report(error: unknown): void {
  console.error(String(error))
}

await leave
clearInterval(churn)
process.exit(0)
