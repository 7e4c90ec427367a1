import type { Random } from '@hcengineering/network-testing'
import { agentNames, clientNames } from '../cluster/names.ts'
import { isFault, type Action, type Fault } from './action.ts'

/** So long before a stall there is no fault that could be what somebody is given up for. */
const calmBeforeMs = 13_000
const calmAfterMs = 6000
const earliestMs = 14_000
const latestMs = 38_000

/**
 * In some runs the coordinator stands still once while one of the agents, and their connection, have had no fault for
 * long: only then is it certain that whatever this agent loses, it loses for the coordinator's own stall. What goes
 * wrong at that time goes wrong elsewhere.
 */
export function withQuietStall(actions: readonly Action[], random: Random): Action[] {
  if (!random.chance(0.25)) return [...actions]
  const at = random.whole(earliestMs, latestMs)
  const forMs = random.whole(3200, 5400)
  const window = { from: at - calmBeforeMs, to: at + forMs + calmAfterMs }
  const agent = random.pick(agentNames)
  const elsewhere = new Elsewhere(agent, random)
  const moved = actions.map((action) => {
    if (action.at > window.to || endOf(action) < window.from) return action
    return isFault(action) ? { ...elsewhere.fault(action), at: action.at } : elsewhere.work(action)
  })
  return [...moved, { at, fault: 'stop', node: 'coordinator', forMs }]
}

/** When the last of it is over. */
function endOf(action: Action): number {
  if (!isFault(action)) return action.at
  const downMs = 'downMs' in action ? (action.downMs ?? 0) : 0
  const forMs = 'forMs' in action ? (action.forMs ?? 0) : 0
  return action.at + downMs + forMs
}

/** Finds somebody else for what would touch the coordinator, or one of the agents. */
class Elsewhere {
  readonly #agent: string
  readonly #others: readonly string[]
  readonly #random: Random

  constructor(agent: string, random: Random) {
    this.#agent = agent
    this.#others = agentNames.filter((name) => name !== agent)
    this.#random = random
  }

  work(action: Action): Action {
    if (isFault(action) || !('agent' in action) || action.agent !== this.#agent) return action
    return action.do === 'terminate' ? action : { ...action, agent: this.#random.pick(this.#others) }
  }

  fault(fault: Fault): Fault {
    if (fault.fault === 'slowDisk' || fault.fault === 'newDisk') return this.#reset()
    if ('from' in fault) return { ...fault, ...this.#link(fault.from, fault.to) }
    if (fault.fault === 'reset' && fault.other !== undefined) {
      const { from, to } = this.#link(fault.node, fault.other)
      return { ...fault, node: from, other: to }
    }
    return { ...fault, node: this.#node(fault.node) }
  }

  #reset(): Fault {
    return { fault: 'reset', node: this.#random.pick(clientNames), other: this.#random.pick(this.#others) }
  }

  #node(name: string): string {
    if (name === this.#agent) return this.#random.pick(this.#others)
    return name === 'coordinator' ? this.#random.pick(clientNames) : name
  }

  /** A link between a client and one of the other agents, in the same direction. */
  #link(from: string, to: string): { from: string; to: string } {
    if (![from, to].includes(this.#agent) && ![from, to].includes('coordinator')) return { from, to }
    const other = this.#random.pick(this.#others)
    const client = [from, to].find(isClient) ?? this.#random.pick(clientNames)
    return isClient(from) || to === 'coordinator' ? { from: client, to: other } : { from: other, to: client }
  }
}

function isClient(name: string): boolean {
  return clientNames.includes(name)
}
