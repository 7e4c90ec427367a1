import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrival } from './answers.ts'
import { patienceMs, type Cluster } from './cluster.ts'
import { now } from './history.ts'
import type { Random } from './random.ts'

/** What came of a fault. */
export interface Recovery {
  readonly fault: string
  readonly boundMs: number
  /** Until the last of those concerned had its answer; undefined if that did not come in time. */
  readonly recoveredMs: number | undefined
  /** Whom it struck. */
  readonly detail: string
  /** What else went wrong. */
  readonly problem?: string | undefined
}

/** One fault: done to a cluster, and waited for until that has recovered. */
export interface Fault {
  readonly name: string
  /** How often it is done in one round of all faults. */
  readonly weight: number
  run(cluster: Cluster, random: Random): Promise<Recovery[]>
}

/** Timings of the faults, in milliseconds. */
export interface FaultTimes {
  readonly agentStoppedMs: number
  readonly coordinatorStoppedMs: number
  readonly cutMs: number
}

const aliveTimeoutMs = 3000
const takeOverMs = 4500
const healedMs = 3000

/** One bound for a container that moves when its agent is proven dead. */
const proofOfDeathMs = 1000

/** Describes an arrival as a recovery from a fault that ended, or began, at that time. */
function recovery(
  fault: string,
  options: { from: number; boundMs: number; arrival: Arrival; detail: string; problem?: string | undefined }
): Recovery {
  const { from, boundMs, arrival, detail } = options
  const isMissing = arrival.missing.length > 0
  const problem = isMissing ? `no answer for ${arrival.missing.join(', ')}` : options.problem
  const recoveredMs = isMissing ? undefined : Math.max(0, arrival.at - from)
  return { fault, boundMs, recoveredMs, detail, problem }
}

/** Which containers have become other instances, and should not have. */
function moved(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string | undefined {
  const changes = [...before].filter(([uuid, instance]) => after.get(uuid) !== instance)
  if (changes.length === 0) return undefined
  return `started anew: ${changes.map(([uuid, from]) => `${uuid} (${from} → ${after.get(uuid)})`).join(', ')}`
}

function pickHost(cluster: Cluster, random: Random): (typeof cluster.agents)[number] {
  const hosts = cluster.agents.filter(({ name }) => cluster.pathsTo(name).length > 0)
  return random.pick(hosts.length > 0 ? hosts : cluster.agents)
}

const names = (cluster: Cluster): string[] => cluster.agents.map(({ name }) => name)

/** SIGKILL of an agent that serves; it is started again once others have taken over. */
export function agentKilled(provable: boolean, weight: number): Fault {
  const name = provable ? 'agent killed' : 'agent killed, unprovable'
  return {
    name,
    weight,
    async run(cluster, random) {
      const victim = pickHost(cluster, random)
      const paths = cluster.pathsTo(victim.name)
      const from = now()
      const killed = victim.kill()
      const arrival = await cluster.expect({ paths, accept: ({ agent }) => agent !== victim.name })
      await killed
      await victim.start()
      await cluster.whenAgentsAre(names(cluster))
      const boundMs = provable ? proofOfDeathMs : takeOverMs
      return [recovery(name, { from, boundMs, arrival, detail: `${victim.name}, ${paths.length} paths` })]
    }
  }
}

/** SIGSTOP of an agent that serves, until others have long taken over; then SIGCONT. */
export function agentStopped({ agentStoppedMs }: FaultTimes): Fault {
  return {
    name: 'agent stopped',
    weight: 1,
    async run(cluster, random) {
      const victim = pickHost(cluster, random)
      const paths = cluster.pathsTo(victim.name)
      const detail = `${victim.name}, ${paths.length} paths`
      const from = now()
      victim.running.signal('SIGSTOP')
      const arrival = await cluster.expect({ paths, accept: ({ agent }) => agent !== victim.name })
      await sleep(Math.max(0, from + agentStoppedMs - now()))
      const woken = now()
      victim.running.signal('SIGCONT')
      const [back, settled] = await Promise.all([cluster.whenAgentsAre(names(cluster)), cluster.calm()])
      const healed = back === undefined ? { at: 0, missing: ['the agent itself'] } : later(settled, back)
      return [
        recovery('agent stopped: take-over', { from, boundMs: takeOverMs, arrival, detail }),
        recovery('agent stopped: woken', { from: woken, boundMs: healedMs, arrival: healed, detail })
      ]
    }
  }
}

function later(arrival: Arrival, at: number): Arrival {
  return { ...arrival, at: Math.max(arrival.at, at) }
}

/** SIGKILL of the coordinator; a new one takes its data and its port. */
export function coordinatorKilled(): Fault {
  const name = 'coordinator killed'
  return {
    name,
    weight: 2,
    async run(cluster, random) {
      const before = cluster.instances()
      const killedAt = now()
      await cluster.coordinator.running.kill()
      await sleep(random.below(300))
      const from = await cluster.coordinator.start()
      const arrival = await cluster.expect({
        paths: cluster.paths(),
        accept: ({ askedAt, at }) => askedAt >= killedAt && at >= from
      })
      const detail = `down for ${Math.round(from - killedAt)} ms`
      await cluster.whenAgentsAre(names(cluster))
      const problem = moved(before, cluster.instances())
      return [recovery(name, { from, boundMs: 2000, arrival, detail, problem })]
    }
  }
}

/** SIGSTOP and SIGCONT of the coordinator: nobody is given up for that. */
export function coordinatorStopped({ coordinatorStoppedMs }: FaultTimes): Fault {
  const name = 'coordinator stopped'
  return {
    name,
    weight: 1,
    async run(cluster) {
      const before = cluster.instances()
      cluster.coordinator.running.signal('SIGSTOP')
      await sleep(coordinatorStoppedMs)
      const from = now()
      cluster.coordinator.running.signal('SIGCONT')
      const arrival = await cluster.expect({ paths: cluster.paths(), accept: ({ at }) => at >= from })
      await cluster.calm()
      await cluster.whenAgentsAre(names(cluster))
      const detail = `for ${coordinatorStoppedMs / 1000} s`
      const problem = moved(before, cluster.instances())
      return [recovery(name, { from, boundMs: healedMs, arrival, detail, problem })]
    }
  }
}

/** SIGKILL of a client: the containers that it alone refers to end. */
export function clientKilled(): Fault {
  const name = 'client killed'
  return {
    name,
    weight: 1,
    async run(cluster, random) {
      const victim = random.pick(cluster.clients)
      const left = new Set(victim.settings.own)
      const boundMs = aliveTimeoutMs + cluster.unusedContainerTimeout * 1000 + 2000
      const from = now()
      const ended = cluster.next((report) => {
        if (report.type === 'ended') left.delete(report.uuid)
        return report.type === 'ended' && left.size === 0 ? report.at : undefined
      }, boundMs + patienceMs)
      await cluster.killClient(victim)
      const at = await ended
      await victim.start()
      const arrival = { at: at ?? 0, missing: [...left] }
      return [
        recovery(name, {
          from,
          boundMs,
          arrival,
          detail: `${victim.name}, ${victim.settings.own.length} own`
        })
      ]
    }
  }
}

/** All connections through one of the proxies are reset, in the middle of what they carry. */
export function connectionsReset(): Fault {
  const name = 'connections reset'
  return {
    name,
    weight: 3,
    async run(cluster, random) {
      const proxy = random.pick(cluster.proxies)
      const before = cluster.instances()
      await proxy.resetAfter(random.below(3000), 2000)
      const from = now()
      const arrival = await cluster.calm()
      const problem = moved(before, cluster.instances())
      return [recovery(name, { from, boundMs: 1000, arrival, detail: `at ${proxy.address}`, problem })]
    }
  }
}

/** The cable of an agent that serves is pulled, until others have long taken over. */
export function agentCut({ cutMs }: FaultTimes): Fault {
  return {
    name: 'agent cut off',
    weight: 2,
    async run(cluster, random) {
      const victim = pickHost(cluster, random)
      const paths = cluster.pathsTo(victim.name)
      const detail = `${victim.name} for ${cutMs / 1000} s, ${paths.length} paths`
      const from = now()
      cluster.machines.get(victim.name)?.cut()
      const arrival = await cluster.expect({ paths, accept: ({ agent }) => agent !== victim.name })
      await sleep(Math.max(0, from + cutMs - now()))
      const healedAt = now()
      cluster.machines.get(victim.name)?.heal()
      const [back, settled] = await Promise.all([cluster.whenAgentsAre(names(cluster)), cluster.calm()])
      const healed = back === undefined ? { at: 0, missing: ['the agent itself'] } : later(settled, back)
      return [
        recovery('agent cut off: take-over', { from, boundMs: takeOverMs, arrival, detail }),
        recovery('agent cut off: healed', { from: healedAt, boundMs: healedMs, arrival: healed, detail })
      ]
    }
  }
}

/**
 * The cable of an agent, a client or the coordinator is pulled for a moment: nothing moves.
 *
 * An agent renews its lease every second, and TCP sends what was lost again after 0.2, 0.6, 1.4 and 3 seconds. So the
 * coordinator, which gives nobody up before 3 seconds of silence, hears of it after 2.4 at the latest if the cut takes
 * no longer than a second. If the agent gives the connection up meanwhile, it dials, and again after 0.3 and 0.6 more
 * seconds: then it is 2.6. After a cut of 1.5 seconds the silence can be one of 4: then it may rightly be given up.
 */
export function brieflyCut(): Fault {
  const name = 'briefly cut off'
  const cutMs = 1000
  return {
    name,
    weight: 2,
    async run(cluster, random) {
      const before = cluster.instances()
      const [victim, machine] = random.pick([...cluster.machines])
      machine.cut()
      await sleep(cutMs)
      const from = now()
      machine.heal()
      const arrival = await cluster.calm()
      const problem = moved(before, cluster.instances())
      const detail = `${victim} for ${cutMs / 1000} s`
      return [recovery(name, { from, boundMs: healedMs, arrival, detail, problem })]
    }
  }
}

/** The cable of a client or of the coordinator is pulled for long. */
export function othersCut({ cutMs }: FaultTimes, role: 'client' | 'pod'): Fault {
  const name = role === 'pod' ? 'coordinator cut off' : 'client cut off'
  return {
    name,
    weight: 1,
    async run(cluster, random) {
      const [victim, machine] = random.pick([...cluster.machines].filter(([name]) => name.startsWith(role)))
      machine.cut()
      await sleep(cutMs)
      const from = now()
      machine.heal()
      const arrival = await cluster.expect({ paths: cluster.paths(), accept: ({ at }) => at >= from })
      const back = await cluster.whenAgentsAre(names(cluster))
      const healed = back === undefined ? { at: 0, missing: ['the agents'] } : later(arrival, back)
      const detail = `${victim} for ${cutMs / 1000} s`
      return [recovery(name, { from, boundMs: healedMs, arrival: healed, detail })]
    }
  }
}
