import type { Logger } from '@hcengineering/network-core'
import { Cluster } from '../cluster/cluster.ts'
import { Faults } from '../cluster/faults.ts'
import { coreNodes } from '../cluster/names.ts'
import { World } from '../cluster/world.ts'
import type { Violation } from '../model/observation.ts'
import { isFault, type FaultName, type Script } from '../script/action.ts'
import { settleDown } from './settle-down.ts'

/** What came of a run. */
export interface Outcome {
  readonly seed: number
  readonly mode: Script['mode']
  readonly violations: readonly Violation[]
  readonly hash: string
  readonly virtualMs: number
  readonly faults: Readonly<Partial<Record<FaultName, number>>>
  readonly events: number
  readonly deliveries: number
  /** Operations of clients that succeeded, and those that failed. */
  readonly succeeded: number
  readonly failed: number
}

/** Who reads along. */
export interface RunOptions {
  readonly line?: ((line: string) => void) | undefined
  readonly logger?: Logger | undefined
  /** The run ends at the first violation of another invariant than these. @default it goes on */
  readonly stopAtFirstBut?: ReadonlySet<string> | undefined
}

/** Runs a script from its start to its end. The same script has the same outcome, everywhere. */
export async function runScript(script: Script, options: RunOptions = {}): Promise<Outcome> {
  const world = new World(script.seed, options.line, options.stopAtFirstBut)
  const cluster = new Cluster(world, options.logger)
  const faults = new Faults(cluster)
  for (const action of script.actions) {
    world.clock.after(action.at, () => {
      if (isFault(action)) faults.begin(action)
      else cluster.perform(action)
    })
  }
  await world.run(script.chaosMs)
  if (!world.isOver) await settleDown(cluster, faults, script.mode === 'core' ? coreNodes : undefined)
  const { violations } = world.model
  for (const { invariant, text } of violations) world.trace.note(`${invariant} ${text}`)
  return {
    seed: script.seed,
    mode: script.mode,
    violations,
    hash: world.trace.digest(),
    virtualMs: world.elapsedMs,
    faults: faults.effective(),
    events: world.clock.ran,
    deliveries: world.network.deliveries,
    ...world.settled
  }
}
