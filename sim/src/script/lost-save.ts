import type { Random } from '@hcengineering/network-testing'
import { agentNames } from '../cluster/names.ts'
import type { Action } from './action.ts'
import { elsewhere } from './elsewhere.ts'

/** Longer than it takes until all agents are known again after whatever went wrong before. */
const calmBeforeMs = 8000
const calmAfterMs = 4000
const earliestMs = 10_000
const latestMs = 36_000
/** Longer than it takes to find that an agent whose process is gone is dead, and to save that. */
const goneForMs = 1600
const writeMs = 2000
const downMs = 50
/** Longer than a lease lasts that was given before. */
const cutMs = 5000

/**
 * In some runs an agent comes back while the disk is slow, and before it has written, the coordinator is lost and the
 * agent cut off: the next coordinator has never heard of it. Whatever it was let do before its entry was durable, it
 * still does. All other agents are well, so that nobody has to be waited for.
 */
export function withLostSave(actions: readonly Action[], random: Random): Action[] {
  if (!random.chance(0.15)) return [...actions]
  const at = random.whole(earliestMs, latestMs)
  const lostAt = at + random.whole(1000, writeMs - 100)
  const calm = { fromMs: at - calmBeforeMs, toMs: lostAt + calmAfterMs, agents: agentNames }
  const agent = random.pick(agentNames)
  const link = { from: agent, to: 'coordinator', bothWays: true }
  return [
    ...elsewhere(actions, calm, random),
    { at: at - goneForMs, fault: 'crash', node: agent, downMs: goneForMs + downMs, powerLoss: false },
    { at, fault: 'slowDisk', latencyMs: writeMs, forMs: lostAt - at },
    { at: lostAt, fault: 'cut', ...link, forMs: cutMs },
    { at: lostAt, fault: 'crash', node: 'coordinator', downMs, powerLoss: false }
  ]
}
