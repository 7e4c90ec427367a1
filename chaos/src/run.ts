import { check, type Violation } from './check.ts'
import type { Scene } from './clusters.ts'
import type { Recovery } from './faults.ts'
import { now, readHistory } from './history.ts'
import { Random } from './random.ts'
import { isWithinBound, milliseconds } from './report.ts'

/** What came of the faults that were done to a cluster. */
export interface RunResult {
  readonly faults: number
  /** Why it ended before its time. */
  readonly failure: string | undefined
  readonly recoveries: readonly Recovery[]
}

/** How a cluster is to be run. */
export interface RunOptions {
  readonly scene: Scene
  readonly seed: number
  readonly durationMs: number
  readonly say: (text: string) => void
}

/** What a history says of the guarantees. */
export interface Findings {
  readonly violations: readonly Violation[]
  /** Requests and gets that were made. */
  readonly requests: number
  readonly dispatches: number
}

/** Does fault after fault to a cluster until the time is over. */
export async function run({ scene, seed, durationMs, say }: RunOptions): Promise<RunResult> {
  const { cluster } = scene
  const random = new Random(seed)
  const recoveries: Recovery[] = []
  let faults = 0
  let failure: string | undefined
  try {
    await cluster.start()
    say('is up')
    const until = now() + durationMs
    let deck: Scene['faults'] = []
    while (now() < until) {
      if (deck.length === 0) {
        deck = random.shuffled(
          scene.faults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault))
        )
      }
      const [fault, ...rest] = deck
      deck = rest
      if (fault === undefined) break
      const results = await fault.run(cluster, random)
      faults++
      for (const result of results) say(describe(result))
      recoveries.push(...results)
      const { missing } = await cluster.calm()
      if (missing.length > 0) throw new Error(`${cluster.name} does not come to rest: ${missing.join(', ')}`)
    }
    await cluster.stop()
  } catch (error) {
    failure = String(error)
    say(failure)
  } finally {
    await cluster.end().catch(() => {})
  }
  return { faults, failure, recoveries }
}

/**
 * Holds the history of a cluster against the guarantees. That takes seconds in which this process does nothing else:
 * for when no cluster runs any more, as the proxies are in here, too.
 */
export function examine(folder: string): Findings {
  const history = readHistory(folder)
  const requests = history.filter(({ kind }) => kind === 'asked').length
  const dispatches = history.filter(({ kind }) => kind === 'dispatched').length
  return { violations: check(history), requests, dispatches }
}

function describe(recovery: Recovery): string {
  const { fault, detail, recoveredMs, boundMs, problem } = recovery
  const time =
    recoveredMs === undefined ? 'has not recovered' : `recovered after ${milliseconds(recoveredMs)}`
  const verdict = isWithinBound(recovery) ? '' : `  BOUND ${milliseconds(boundMs)} MISSED`
  return `${fault} (${detail}): ${time}${verdict}${problem === undefined ? '' : `  ${problem}`}`
}
