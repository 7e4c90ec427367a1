import type { Random } from '@hcengineering/network-testing'
import { agentNames, clientNames } from '../cluster/names.ts'
import { isFault, type Action, type Fault } from './action.ts'

/** A part of a run in which some of the processes have no fault but the ones they are meant to have. */
export interface Calm {
  readonly fromMs: number
  readonly toMs: number
  /** Agents; the coordinator is one of them always. */
  readonly agents: readonly string[]
}

/** Lets what goes wrong within a calm, or still goes wrong then, go wrong elsewhere. */
export function elsewhere(actions: readonly Action[], calm: Calm, random: Random): Action[] {
  const others = new Others(calm.agents, random)
  return actions.map((action) => {
    if (action.at > calm.toMs || endOf(action) < calm.fromMs) return action
    return isFault(action) ? { ...others.fault(action), at: action.at } : others.work(action)
  })
}

/** When the last of it is over. */
function endOf(action: Action): number {
  if (!isFault(action)) return action.at
  const downMs = 'downMs' in action ? (action.downMs ?? 0) : 0
  const forMs = 'forMs' in action ? (action.forMs ?? 0) : 0
  return action.at + downMs + forMs
}

/** Finds somebody else for what would touch those that are to have none. */
class Others {
  readonly #calm: readonly string[]
  readonly #agents: readonly string[]
  readonly #random: Random

  constructor(calm: readonly string[], random: Random) {
    this.#calm = calm
    this.#agents = agentNames.filter((name) => !calm.includes(name))
    this.#random = random
  }

  work(action: Action): Action {
    if (isFault(action) || !('agent' in action) || action.do === 'terminate') return action
    if (!this.#calm.includes(action.agent) || this.#agents.length === 0) return action
    return { ...action, agent: this.#random.pick(this.#agents) }
  }

  fault(fault: Fault): Fault {
    if (fault.fault === 'slowDisk' || fault.fault === 'newDisk') return this.#reset()
    if ('from' in fault) return { ...fault, ...this.#link(fault.from, fault.to) }
    if (fault.fault === 'reset' && fault.other !== undefined) {
      const { from, to } = this.#link(fault.node, fault.other)
      return { ...fault, node: from, other: to }
    }
    if (fault.node === 'coordinator') return { ...fault, node: this.#random.pick(clientNames) }
    if (!this.#calm.includes(fault.node)) return fault
    if (this.#agents.length > 0) return { ...fault, node: this.#random.pick(this.#agents) }
    return this.#reset()
  }

  #reset(): Fault {
    return { fault: 'reset', node: this.#random.pick(clientNames), other: this.#agent() }
  }

  #agent(): string {
    return this.#random.pick(this.#agents.length > 0 ? this.#agents : agentNames)
  }

  /** A link between a client and one of the other agents, in the same direction. */
  #link(from: string, to: string): { from: string; to: string } {
    const isCalm = (name: string): boolean => name === 'coordinator' || this.#calm.includes(name)
    if (!isCalm(from) && !isCalm(to)) return { from, to }
    const client = [from, to].find(isClient) ?? this.#random.pick(clientNames)
    return isClient(from) || to === 'coordinator'
      ? { from: client, to: this.#agent() }
      : { from: this.#agent(), to: client }
  }
}

function isClient(name: string): boolean {
  return clientNames.includes(name)
}
