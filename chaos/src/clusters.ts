import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { VirtualLan } from '@hcengineering/network-testing'
import { Cluster } from './cluster.ts'
import {
  agentCut,
  agentKilled,
  agentStopped,
  brieflyCut,
  clientKilled,
  connectionsReset,
  coordinatorKilled,
  coordinatorStopped,
  othersCut,
  type Fault,
  type FaultTimes
} from './faults.ts'
import { freePorts } from './ports.ts'
import type { TransportName } from './transports.ts'

/** A cluster, and what is done to it. */
export interface Scene {
  readonly cluster: Cluster
  readonly faults: readonly Fault[]
}

const portsOfCluster = 20

/** A cluster whose members are all on the loopback, some behind proxies. */
export async function loopbackScene(
  transport: TransportName,
  folder: string,
  times: FaultTimes
): Promise<Scene> {
  const port = await freePorts(portsOfCluster)
  const cluster = new Cluster({
    name: transport,
    transport,
    folder: join(folder, transport),
    port,
    agents: 3,
    clients: 2
  })
  const faults = [
    agentKilled(true, 4),
    agentStopped(times),
    coordinatorKilled(),
    coordinatorStopped(times),
    clientKilled(),
    connectionsReset()
  ]
  return { cluster, faults }
}

/** A cluster each of whose members is on a machine of its own. */
export function lanScene(lan: VirtualLan, folder: string, times: FaultTimes): Scene {
  const cluster = new Cluster({
    name: 'machines',
    transport: 'zeromq',
    folder: join(folder, 'machines'),
    port: 3737,
    agents: 3,
    clients: 2,
    machine: (name) => lan.machine(name)
  })
  const faults = [
    agentCut(times),
    brieflyCut(),
    othersCut(times, 'client'),
    othersCut(times, 'pod'),
    agentKilled(false, 1)
  ]
  return { cluster, faults }
}

/** Why there can be no network namespaces here; undefined if there can. */
export function whyNoLan(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'network namespaces need iproute2 (apt-get install iproute2)'
  }
}
