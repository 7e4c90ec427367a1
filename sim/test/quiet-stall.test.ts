import { expect, test } from 'vitest'
import { agentNames } from '../src/cluster/names.ts'
import { isFault, type Action } from '../src/script/action.ts'
import { draw } from '../src/script/draw.ts'

const stallMs = 3200
const calmMs = 12_000

function touched(action: Action): string[] {
  if (!isFault(action)) return 'agent' in action && action.do !== 'terminate' ? [action.agent] : []
  if ('from' in action) return [action.from, action.to]
  if (action.fault === 'reset' && action.other !== undefined) return [action.node, action.other]
  return 'node' in action ? [action.node] : ['coordinator']
}

function endOf(action: Action): number {
  const { downMs = 0, forMs = 0 } = action as { downMs?: number; forMs?: number }
  return action.at + downMs + forMs
}

/** Agents that had no fault for so long before a stall of the coordinator, nor the coordinator itself. */
function calmAgents(actions: readonly Action[]): string[] {
  for (const stall of actions) {
    if (!isFault(stall) || stall.fault !== 'stop' || stall.node !== 'coordinator') continue
    if ((stall.forMs ?? 0) < stallMs) continue
    const before = actions.filter(
      (action) => action !== stall && action.at < endOf(stall) && endOf(action) > stall.at - calmMs
    )
    const names = new Set(before.flatMap(touched))
    if (!names.has('coordinator')) return agentNames.filter((name) => !names.has(name))
  }
  return []
}

test('some scripts have a stall of the coordinator during which an agent, and their link, have no fault', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1)
  const withCalm = seeds.filter((seed) => calmAgents(draw(seed).actions).length > 0)
  expect(withCalm.length).toBeGreaterThanOrEqual(4)
  expect(withCalm.length).toBeLessThan(25)
})
