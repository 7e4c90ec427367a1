import type { Action, Script } from '../script/action.ts'
import { runScript } from './run-script.ts'

/** What is left of a script, and what was tried to get there. */
export interface Shrunk {
  readonly script: Script
  readonly invariant: string
  readonly runs: number
}

const none: ReadonlySet<string> = new Set()
const runsMax = 400

/**
 * Finds a short part of a failing script that still breaks the same invariant: by leaving out halves, quarters
 * and so on, down to single actions. (A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
 * Input", 2002.)
 *
 * @returns undefined if the script does not fail
 */
export async function shrink(script: Script, progress?: (left: number) => void): Promise<Shrunk | undefined> {
  const first = (await runScript(script, { stopAtFirstBut: none })).violations[0]
  if (first === undefined) return undefined
  const { invariant } = first
  const tried = { runs: 0 }
  const mayTry = (): boolean => tried.runs < runsMax
  const fails = async (actions: readonly Action[]): Promise<boolean> => {
    tried.runs++
    const { violations } = await runScript({ ...script, actions }, { stopAtFirstBut: none })
    return violations[0]?.invariant === invariant
  }
  let left = script.actions
  const before = left.filter(({ at }) => at <= first.at)
  if (before.length < left.length && (await fails(before))) left = before
  for (let size = Math.ceil(left.length / 2); mayTry();) {
    let isShorter = false
    for (let start = 0; start < left.length && mayTry();) {
      const rest = left.toSpliced(start, size)
      if (await fails(rest)) {
        left = rest
        isShorter = true
        progress?.(left.length)
      } else {
        start += size
      }
    }
    if (size === 1 && !isShorter) break
    size = Math.max(1, Math.ceil(size / 2))
  }
  return { script: { ...script, actions: left }, invariant, runs: tried.runs }
}
