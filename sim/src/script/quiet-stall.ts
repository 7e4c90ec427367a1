import type { Random } from '@hcengineering/network-testing'
import { agentNames } from '../cluster/names.ts'
import type { Action } from './action.ts'
import { elsewhere } from './elsewhere.ts'

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
  const calm = {
    fromMs: at - calmBeforeMs,
    toMs: at + forMs + calmAfterMs,
    agents: [random.pick(agentNames)]
  }
  return [...elsewhere(actions, calm, random), { at, fault: 'stop', node: 'coordinator', forMs }]
}
