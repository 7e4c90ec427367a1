import type { ActivationToken } from '@hcengineering/network-core'
import type { Check, Handlers, InstanceId, Report } from './observation.ts'
import { order, written } from './tokens.ts'

/** What the model knows of the world's clocks and timeouts. */
export interface Timing {
  readonly leaseMs: number
  readonly terminateTimeoutMs: number
  /** The slowest and the fastest clock. */
  readonly rateMin: number
  readonly rateMax: number
}

interface AgentSeen {
  alive: boolean
  /** When the newest lease that it can have was asked for; it has none before. */
  leasedAt: number
  /** When the newest lease that it surely has was asked for: an answer after its lease has lapsed is not taken. */
  surelyLeasedAt: number
  /** Whom it has obeyed last. */
  coordinator: string | undefined
  /** When its process stood still last, or its clock jumped: its timers may be late. */
  haltedAt: number
}

interface InstanceSeen {
  readonly id: InstanceId
  readonly uuid: string
  readonly host: string
  /** Its kind and labels; undefined if it has none. */
  readonly labelled: string | undefined
  readonly stateless: boolean
  /** `offered`: a grant was handed over in this turn. */
  right: 'none' | 'offered' | 'granted'
  /** Whether it has a right for certain: one that is granted under a lapsed lease serves nothing. */
  sure: boolean
  token: ActivationToken | undefined
  /** The token that it had before it was offered another one. */
  before: ActivationToken | undefined
  terminatingAt: number | undefined
  ended: boolean
  /** Since when it has had its right. */
  grantedAt: number
  /** When its factory was asked for it. */
  readonly askedAt: number
}

interface UuidSeen {
  readonly instances: InstanceSeen[]
  /** The newest token under which anything was handed in, and to whom. */
  newest: { readonly token: ActivationToken; readonly instance: InstanceSeen } | undefined
  /** Who has served last. */
  last: InstanceSeen | undefined
}

/** What serves for so long was known when a start that is being carried out was decided on. */
const underWayMs = 8000

/** So long after its machine slept, whatever came due meanwhile is over: its timers were as late as it slept long. */
const haltedMs = 12_000

/**
 * I1, I2, labels (I9) and the lease: who may serve, who does, and under which token. It knows of leases only what was asked
 * for and answered, by the shared time, and allows for the clocks' rates.
 */
export class Activations implements Check {
  readonly #timing: Timing
  readonly #report: Report
  readonly #agents = new Map<string, AgentSeen>()
  readonly #instances = new Map<InstanceId, InstanceSeen>()
  readonly #uuids = new Map<string, UuidSeen>()

  constructor(timing: Timing, report: Report) {
    this.#timing = timing
    this.#report = report
  }

  readonly on: Handlers = {
    made: ({ uuid, containerKind, labels, stateless, askedAt, instance: id, agent, incarnation }) => {
      const labelled = labels.length === 0 ? undefined : `${containerKind} ${labels.toSorted().join()}`
      const host = `${agent}#${incarnation}`
      const instance: InstanceSeen = {
        id,
        uuid,
        host,
        labelled,
        stateless,
        right: 'none',
        sure: false,
        token: undefined,
        before: undefined,
        terminatingAt: undefined,
        ended: false,
        grantedAt: Infinity,
        askedAt
      }
      this.#instances.set(id, instance)
      this.#uuid(uuid).instances.push(instance)
    },
    leased: (seen, at) => {
      const agent = this.#agent(seen)
      if (seen.registering || this.#isSurelyLeased(agent, at)) agent.surelyLeasedAt = seen.sentAt
      if (seen.registering || this.#mayBeLeased(agent, at))
        agent.leasedAt = Math.max(agent.leasedAt, seen.sentAt)
    },
    left: (seen) => {
      const agent = this.#agent(seen)
      agent.leasedAt = -Infinity
      agent.surelyLeasedAt = -Infinity
    },
    // Its lease is counted by the wall clock, too.
    jumped: ({ process }, at) => {
      for (const agent of this.#on(process)) agent.surelyLeasedAt = -Infinity
      this.#halted(process, at)
    },
    stopped: ({ process }) => this.#halted(process, Infinity),
    continued: ({ process }, at) => this.#halted(process, at),
    granted: (seen, at) => {
      const instance = this.#find(seen)
      if (seen.had === undefined && instance !== undefined) this.#bearsItsLabelsAlone(instance, at)
      // What it is only offered in the same moment, it was not reported to have.
      const own = instance?.right === 'offered' ? instance.before : instance?.token
      const isMeant = seen.had === undefined || own !== undefined
      if (isMeant) this.#granted(instance, seen.token, at)
    },
    offered: (seen) => {
      const instance = this.#find(seen)
      if (instance?.right !== 'none') return
      instance.right = 'offered'
      instance.before = instance.token
      instance.token = seen.token
    },
    refused: (seen) => {
      const instance = this.#find(seen)
      if (instance?.right !== 'offered') return
      instance.right = 'none'
      instance.token = instance.before
    },
    revoked: (seen) => {
      const instance = this.#find(seen)
      if (instance !== undefined) instance.right = 'none'
    },
    registered: (seen) => {
      const agent = this.#agent(seen)
      const host = `${seen.agent}#${seen.incarnation}`
      const isSame = agent.coordinator === seen.coordinator
      agent.coordinator = seen.coordinator
      for (const instance of this.#instances.values()) {
        if (instance.host !== host || seen.reported.includes(instance.uuid)) continue
        // Made since it asked. Of a lease that had lapsed by then, and of another coordinator, nothing goes on.
        if (instance.terminatingAt !== undefined || !isSame) instance.right = 'none'
        if (!this.#isSurelyLeased(agent, seen.sentAt)) instance.sure = false
      }
    },
    dispatched: (seen, at) => {
      const instance = this.#instances.get(seen.instance)
      if (instance !== undefined) this.#dispatched(instance, seen.token, at)
    },
    worked: ({ instance: id, aborted }, at) => {
      const instance = this.#instances.get(id)
      const agent = instance === undefined ? undefined : this.#agents.get(instance.host)
      if (instance === undefined || agent === undefined || aborted || this.#mayBeLeased(agent, at)) return
      if (at - agent.haltedAt < haltedMs) return
      this.#report('lease', `${named(instance)} was not told that its agent has no lease any more`)
    },
    output: (seen, at) => {
      const instance = this.#instances.get(seen.instance)
      if (instance !== undefined) this.#serves(instance, at, 'lets something out')
    },
    terminating: (seen, at) => {
      const instance = this.#instances.get(seen.instance)
      if (instance !== undefined) instance.terminatingAt = at
    },
    terminated: (seen) => {
      const instance = this.#instances.get(seen.instance)
      if (instance !== undefined) instance.ended = true
    },
    killed: ({ process }, at) => {
      for (const agent of this.#on(process)) agent.alive = false
      // The next one there is not stopped.
      this.#halted(process, at)
    }
  }

  #halted(process: string, at: number): void {
    for (const agent of this.#on(process)) agent.haltedAt = at
  }

  /** All that have run there. */
  #on(process: string): AgentSeen[] {
    return [...this.#agents].filter(([host]) => host.startsWith(`${process}#`)).map(([, agent]) => agent)
  }

  /**
   * A get by labels finds what bears them: nothing new is made for the very same ones (I9). What is claimed by its
   * uuid comes back beside it all the same.
   */
  #bearsItsLabelsAlone(instance: InstanceSeen, at: number): void {
    const { labelled, uuid, askedAt } = instance
    if (labelled === undefined || this.#uuid(uuid).instances.length > 1) return
    for (const other of this.#instances.values()) {
      if (other.labelled !== labelled || other.uuid === uuid || other.terminatingAt !== undefined) continue
      if (other.grantedAt > askedAt - underWayMs) continue
      if (this.#mayServe(other, at))
        this.#report('I9', `${named(instance)} bears the labels of ${named(other)}, which serves`)
    }
  }

  #granted(instance: InstanceSeen | undefined, token: ActivationToken, at: number): void {
    if (instance === undefined || instance.ended) return
    // What was ending before anybody knew serves nothing under it: it is reported to have ended, or refuses.
    if (instance.terminatingAt !== undefined && instance.right === 'none') return
    const isNew = instance.token === undefined || order(token, instance.token) > 0
    // What is granted anew was not served meanwhile, so that a get did not find it.
    if (instance.right !== 'granted' || isNew) instance.grantedAt = at
    instance.right = 'granted'
    const agent = this.#agents.get(instance.host)
    instance.sure = agent !== undefined && this.#isSurelyLeased(agent, at)
    if (isNew) instance.token = token
    this.#alone(instance, at, 'is granted')
  }

  #dispatched(instance: InstanceSeen, token: ActivationToken | undefined, at: number): void {
    this.#serves(instance, at, 'takes something in')
    if (token === undefined) return
    const known = this.#uuid(instance.uuid)
    const { newest } = known
    if (newest !== undefined) {
      const newer = order(token, newest.token)
      if (newer < 0) {
        this.#report(
          'I2',
          `${named(instance)} serves under ${written(token)}, after ${written(newest.token)} was seen`
        )
      } else if (newer === 0 && newest.instance !== instance) {
        this.#report('I1', `${named(instance)} and ${named(newest.instance)} both serve as ${written(token)}`)
      }
      if (newer < 0) return
    }
    known.newest = { token, instance }
  }

  #serves(instance: InstanceSeen, at: number, doing: string): void {
    const agent = this.#agents.get(instance.host)
    if (instance.right === 'none') {
      this.#report('I1', `${named(instance)} ${doing} without having been granted`)
    }
    if (agent === undefined || !this.#mayBeLeased(agent, at)) {
      const since = agent === undefined ? 'ever' : `for ${Math.round(at - agent.leasedAt)} ms`
      this.#report('lease', `${named(instance)} ${doing}; no lease was asked for ${since}`)
    }
    const known = this.#uuid(instance.uuid)
    const { last } = known
    if (last !== undefined && last !== instance && this.#isOlder(instance, last)) {
      this.#report('I1', `${named(instance)} ${doing} after ${named(last)} had begun to serve`)
    } else {
      known.last = instance
    }
    this.#alone(instance, at, doing)
  }

  /** Whether an instance's right was given before that of the one which serves now. */
  #isOlder(instance: InstanceSeen, than: InstanceSeen): boolean {
    if (instance.token === undefined) return true
    return than.token !== undefined && order(instance.token, than.token) < 0
  }

  /** Nobody else may serve this uuid now, as far as can be told for certain. */
  #alone(instance: InstanceSeen, at: number, doing: string): void {
    for (const other of this.#uuid(instance.uuid).instances) {
      if (other === instance || !this.#mayServe(other, at)) continue
      if (instance.token !== undefined && other.token !== undefined && order(instance.token, other.token) < 0)
        continue
      this.#report('I1', `${named(instance)} ${doing} while ${named(other)} still may serve`)
    }
  }

  #mayServe(instance: InstanceSeen, at: number): boolean {
    const agent = this.#agents.get(instance.host)
    if (agent === undefined || !agent.alive || instance.ended) return false
    if (instance.right !== 'granted' || !instance.sure || !this.#isSurelyLeased(agent, at)) return false
    const { terminateTimeoutMs, rateMax } = this.#timing
    return (
      instance.terminatingAt === undefined || at - instance.terminatingAt < terminateTimeoutMs / rateMax - 1
    )
  }

  /** By the slowest clock. */
  #mayBeLeased(agent: AgentSeen, at: number): boolean {
    const { leaseMs, rateMin } = this.#timing
    return at - agent.leasedAt <= leaseMs / rateMin + 1
  }

  #isSurelyLeased(agent: AgentSeen, at: number): boolean {
    const { leaseMs, rateMax } = this.#timing
    return at - agent.surelyLeasedAt < leaseMs / rateMax - 1
  }

  #agent({ agent, incarnation }: { agent: string; incarnation: number }): AgentSeen {
    const host = `${agent}#${incarnation}`
    let known = this.#agents.get(host)
    if (known === undefined) {
      known = {
        alive: true,
        leasedAt: -Infinity,
        surelyLeasedAt: -Infinity,
        coordinator: undefined,
        haltedAt: -Infinity
      }
      this.#agents.set(host, known)
    }
    return known
  }

  #uuid(uuid: string): UuidSeen {
    let known = this.#uuids.get(uuid)
    if (known === undefined) {
      known = { instances: [], newest: undefined, last: undefined }
      this.#uuids.set(uuid, known)
    }
    return known
  }

  /** The instance of a uuid that an agent has now. */
  #find(seen: { agent: string; incarnation: number; uuid: string }): InstanceSeen | undefined {
    const host = `${seen.agent}#${seen.incarnation}`
    const here = this.#uuids.get(seen.uuid)?.instances.filter((item) => item.host === host && !item.ended)
    // A factory can make a second one of a name that is taken there: it ends at once, without a right.
    return (
      here?.findLast(({ terminatingAt }) => terminatingAt === undefined) ??
      here?.findLast(({ right }) => right !== 'none') ??
      here?.at(-1)
    )
  }
}

function named({ id, uuid, host }: InstanceSeen): string {
  return `${uuid} (instance ${id} on ${host})`
}
