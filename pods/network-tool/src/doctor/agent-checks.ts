import type { AgentRecord } from '@hcengineering/network-core'
import { plural } from '../output/numbers.ts'
import { isLoopback, splitAddress } from './address.ts'
import { finding, type Finding } from './finding.ts'
import { probePort, type Probe } from './probe.ts'

const probesAtOnce = 16
const probedMax = 200

/** Whether there are agents, and whether this machine reaches them directly. */
export async function* checkAgents(network: string, agents: readonly AgentRecord[]): AsyncGenerator<Finding> {
  if (agents.length === 0) {
    yield finding(
      'agents',
      'warning',
      'no agent is registered: nothing can be started',
      'start an agent that dials this coordinator, or look at the log of the ones that should be there'
    )
    return
  }
  const elsewhere = !isLoopback(splitAddress(network)?.host ?? '')
  let reached = 0
  const looked = agents.slice(0, probedMax)
  for (let at = 0; at < looked.length; at += probesAtOnce) {
    const findings = await Promise.all(
      looked.slice(at, at + probesAtOnce).map((agent) => checkAgent(agent, elsewhere))
    )
    for (const found of findings) {
      if (found === undefined) reached++
      else yield found
    }
  }
  const rest = agents.length > looked.length ? ` (the first ${probedMax} were looked at)` : ''
  yield finding(
    'agents',
    'ok',
    `${plural(agents.length, 'agent')}, of which ${reached} answer this machine directly${rest}`
  )
}

/** Says what is wrong; undefined when it answers. */
async function checkAgent(
  { agentId, endpoint }: AgentRecord,
  elsewhere: boolean
): Promise<Finding | undefined> {
  if (endpoint === undefined) {
    return finding(
      'agent',
      'note',
      `agent ${agentId} has no listener: it is reached through the coordinator only`
    )
  }
  const address = splitAddress(endpoint)
  const advice =
    'requests to its containers go through the coordinator, which takes longer: open the port to this machine, or ' +
    'have the agent name an address that is reached from here'
  if (address === undefined) {
    return finding('agent', 'warning', `agent ${agentId} names '${endpoint}', which is not host:port`, advice)
  }
  if (elsewhere && isLoopback(address.host)) {
    return finding(
      'agent',
      'warning',
      `agent ${agentId} says that it is at ${endpoint}, which on every other machine is that machine itself`,
      'give the agent an endpoint by which other machines reach it'
    )
  }
  const probe = await probePort(address.host, address.port)
  if (probe.kind === 'zeromq') return undefined
  return finding('agent', 'warning', `agent ${agentId} at ${endpoint} ${describe(probe)}`, advice)
}

function describe(probe: Exclude<Probe, { kind: 'zeromq' }>): string {
  switch (probe.kind) {
    case 'refused':
      return 'is not reached from here: the connection is refused'
    case 'no-host':
      return 'is not reached from here: this machine knows no such host'
    case 'no-answer':
      return `is not reached from here: ${probe.reason}`
    case 'http':
    case 'unknown':
      return 'is not what listens there: something that is no agent answers'
    default:
      return probe satisfies never
  }
}
