/**
 * How long the admin API takes over a page of many containers, and for how long it holds up everybody else meanwhile.
 * Prints a table; `npm run bench -- 1000000` for another number of containers than 100,000.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import {
  containerOnAgentEndpointRef,
  NetworkImpl,
  randomIds,
  silentLogger,
  TickManagerImpl,
  type AgentLink,
  type AgentUuid,
  type ClientUuid,
  type ContainerKind,
  type ContainerUuid
} from '@hcengineering/network-core'
import { NetworkServer } from '@hcengineering/network-server'
import { startAdminServer } from '../src/admin/server.ts'

const containers = Number(process.argv[2] ?? 100_000)
const rounds = 50
const [room, hall] = ['room', 'hall'] as [ContainerKind, ContainerKind]

const ticks = new TickManagerImpl(10)
// Nobody of these says that it is alive.
const network = new NetworkImpl(ticks, { aliveTimeout: 3600 })
const server = new NetworkServer(network, ticks, '127.0.0.1', 0)

/** Starts at once whatever it is told to: the parts of an agent that a coordinator uses here. */
const agent = {
  agentId: 'agent-1' as AgentUuid,
  incarnation: '1',
  start: async ({ uuid }) => ({
    uuid: uuid as ContainerUuid,
    endpoint: containerOnAgentEndpointRef('127.0.0.1:40000', uuid as ContainerUuid)
  }),
  inspect: async () => ({
    requests: 0,
    failures: 0,
    inFlight: 0,
    streams: 0,
    connections: 0,
    lastPing: undefined
  })
} satisfies Partial<AgentLink> as Partial<AgentLink> as AgentLink

await new Promise<void>((resolve, reject) => {
  const registration = {
    agentId: agent.agentId,
    incarnation: agent.incarnation,
    kinds: [room, hall],
    endpoint: undefined,
    seen: undefined,
    draining: false,
    containers: []
  }
  network.gateway.link.register(registration, agent, (error) => {
    if (error === undefined) resolve()
    else reject(error)
  })
})

const client = 'client-1' as ClientUuid
let lastUuid = ''
for (let index = 0; index < containers; index++) {
  const kind = index % 3 === 0 ? room : hall
  const uuid = randomIds() as ContainerUuid
  await network.get(client, uuid, { kind, labels: [`floor-${index % 100}`, `shelf-${index % 7}`] })
  lastUuid = uuid
}

const admin = await startAdminServer({
  network,
  server,
  clock: ticks,
  logger: silentLogger,
  configuration: { host: '127.0.0.1', port: 0, token: undefined }
})
const address = `http://127.0.0.1:${admin.port}`
const delay = monitorEventLoopDelay({ resolution: 1 })

async function measure(path: string): Promise<void> {
  const url = address + path
  for (let round = 0; round < 5; round++) await (await fetch(url)).text()
  const took: number[] = []
  delay.reset()
  delay.enable()
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    const answer = await fetch(url)
    await answer.text()
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`)
    took.push(performance.now() - began)
  }
  delay.disable()
  took.sort((a, b) => a - b)
  const at = (share: number): string => (took[Math.floor(share * (rounds - 1))] ?? 0).toFixed(1).padStart(8)
  const held = (delay.max / 1e6).toFixed(1).padStart(8)
  process.stdout.write(`${path.padEnd(58)}${at(0.5)}${at(0.99)}${held}\n`)
}

process.stdout.write(`${containers} containers, ${rounds} requests each, in milliseconds\n`)
process.stdout.write(`${''.padEnd(58)}${'p50'.padStart(8)}${'p99'.padStart(8)}${'held'.padStart(8)}\n`)
await measure('/api/containers')
await measure('/api/containers?limit=500')
await measure(`/api/containers?offset=${containers - 50}`)
await measure('/api/containers?kind=room&limit=50')
await measure('/api/containers?kind=room&label=floor-3')
await measure('/api/containers?label=floor-3&label=shelf-4')
await measure('/api/containers?agent=agent-1')
await measure('/api/containers?state=serving')
await measure('/api/containers?search=abc')
await measure(`/api/containers?search=${lastUuid}`)
await measure(`/api/containers/${lastUuid}`)
await measure('/api/overview')
await admin.close()
await server.close()
await network.close()
