import type { NetworkClient } from '@hcengineering/network-client'
import { hasCode, toNetworkError, type AgentRecord } from '@hcengineering/network-core'
import { connectTimeoutMs, type ToolContext } from '../context.ts'
import { duration } from '../output/numbers.ts'
import { UsageError } from '../usage-error.ts'
import { splitAddress } from './address.ts'
import { finding, type Finding } from './finding.ts'
import { probePort } from './probe.ts'

const latencyRounds = 20
const slowMs = 50
/** How agents' and containers' listeners refuse what is asked of coordinators. */
const notOfCoordinators: ReadonlySet<string> = new Set([
  'UNKNOWN_OPERATION',
  'INVALID_MESSAGE',
  'NOT_SERVING'
])

/**
 * Whether anything that could be a coordinator listens at the address.
 *
 * @throws UsageError for an address that is none
 */
export async function checkPort(network: string): Promise<Finding> {
  const address = splitAddress(network)
  if (address === undefined)
    throw new UsageError(`--network (or NETWORK) is wrong: it must be host:port, got '${network}'`)
  const probe = await probePort(address.host, address.port)
  const start = 'start the coordinator there (network-pod), or give its address by --network or NETWORK'
  switch (probe.kind) {
    case 'zeromq':
      return finding('port', 'ok', `${network} takes connections, and speaks ZeroMQ`)
    case 'refused':
      return finding('port', 'problem', `nothing listens at ${network}: the connection is refused`, start)
    case 'no-host':
      return finding(
        'port',
        'problem',
        `there is no host '${address.host}' as far as this machine knows`,
        'look for a typing error, or at DNS and /etc/hosts of this machine'
      )
    case 'no-answer':
      return finding(
        'port',
        'problem',
        `${network} cannot be reached: ${probe.reason}`,
        'look whether the machine is up, and whether a firewall or network policy drops connections to the port'
      )
    case 'http':
      return finding(
        'port',
        'problem',
        `an HTTP server listens at ${network}, not a coordinator`,
        "it may be the coordinator's admin port, which is given by --admin; the network's own port is 3737 by default"
      )
    case 'unknown':
      return finding(
        'port',
        'problem',
        `something listens at ${network}, but it does not speak ZeroMQ as coordinators do`,
        start
      )
    default:
      return probe satisfies never
  }
}

/** Whether a session comes about, and whether it is one with a coordinator. */
export async function* checkSession(
  context: ToolContext,
  client: NetworkClient,
  network: string
): AsyncGenerator<Finding, readonly AgentRecord[] | undefined> {
  const began = context.clock.now()
  try {
    await client.waitConnection(connectTimeoutMs)
  } catch (error) {
    yield sessionFault(error, network)
    return undefined
  }
  yield finding('session', 'ok', `connected after ${duration(context.clock.now() - began)}`)
  try {
    const agents = await client.agents()
    yield finding('coordinator', 'ok', 'a coordinator answers')
    return agents
  } catch (error) {
    const { code, message } = toNetworkError(error)
    yield notOfCoordinators.has(code)
      ? finding(
          'coordinator',
          'problem',
          `an agent or a container listens at ${network}, not a coordinator`,
          "give the coordinator's address by --network or NETWORK; its port is 3737 by default"
        )
      : finding(
          'coordinator',
          'problem',
          `the coordinator does not do what is asked of it: ${code}: ${message}`
        )
    return undefined
  }
}

function sessionFault(error: unknown, network: string): Finding {
  const { code, message } = toNetworkError(error)
  if (hasCode(error, 'CONNECTION_TIMEOUT')) {
    return finding(
      'session',
      'problem',
      `what listens at ${network} does not answer as a coordinator within ${connectTimeoutMs / 1000} s`,
      'it may be another program that speaks ZeroMQ, or a coordinator that is stopped or overloaded: look at its log'
    )
  }
  return finding(
    'session',
    'problem',
    `the coordinator refuses this tool: ${code}: ${message}`,
    'use the same version of the tool and of the coordinator'
  )
}

/** How long a question to the coordinator and its answer take. */
export async function checkLatency(context: ToolContext, client: NetworkClient): Promise<Finding> {
  const taken: number[] = []
  for (let round = 0; round < latencyRounds; round++) {
    const began = context.clock.now()
    await client.kinds()
    taken.push(context.clock.now() - began)
  }
  taken.sort((left, right) => left - right)
  const median = taken[Math.floor(latencyRounds / 2)] ?? 0
  const longest = taken.at(-1) ?? 0
  const says = `the coordinator answers in ${duration(median)}, ${duration(longest)} at most (of ${latencyRounds})`
  return median < slowMs
    ? finding('latency', 'ok', says)
    : finding(
        'latency',
        'warning',
        says,
        'each get and each request through the coordinator takes longer than that: look at the way between, and at ' +
          "the load of the coordinator's machine"
      )
}
