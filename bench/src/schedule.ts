import { Unavailable, type Figures } from './messages.ts'
import type { Outcome } from './report.ts'
import type { Run } from './runs.ts'
import { Stage, type Durations, type ProfilePlan } from './stage.ts'

/** How much is run, and for how long at most. */
export interface Plan {
  readonly runs: readonly Run[]
  readonly rounds: number
  readonly durations: Durations
  /** What one run may take. */
  readonly runLimitMs: number
  /** What all of it may take: what would begin later is left out. */
  readonly limitMs: number
  readonly profileFolder: string | undefined
  /** Hears how far it is. */
  readonly progress: (text: string) => void
}

/** Runs what is planned, in rounds: the floor, ours, the peers, the floor, … */
export async function carryOut(plan: Plan): Promise<Map<string, Outcome>> {
  const endsAt = performance.now() + plan.limitMs
  const outcomes = new Map<string, Outcome>()
  const turns = turnsOf(plan)
  for (const [index, { run, round }] of turns.entries()) {
    const earlier = outcomes.get(run.id)
    const leftMs = endsAt - performance.now()
    const result = earlier?.problem ?? (await take(plan, run, round, leftMs))
    const seconds = ((plan.limitMs - endsAt + performance.now()) / 1000).toFixed(0)
    const said = 'figures' in result ? summary(result.figures) : `${result.kind}: ${result.message}`
    plan.progress(`${seconds} s, ${index + 1} of ${turns.length}: ${run.id}, round ${round + 1}: ${said}`)
    const rounds = earlier?.rounds ?? []
    outcomes.set(
      run.id,
      'figures' in result
        ? { rounds: [...rounds, result.figures] }
        : { rounds: [...rounds, undefined], problem: result }
    )
  }
  return outcomes
}

interface Turn {
  readonly run: Run
  readonly round: number
}

/** Round after round, so that what there is no time for is a round of many rows, and not all rounds of some. */
function turnsOf({ runs, rounds }: Plan): Turn[] {
  const turns: Turn[] = []
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) if (round === 0 || run.once !== true) turns.push({ run, round })
  }
  return turns
}

const noTimeLeft = { kind: 'left out', message: 'there was no time left' } as const

async function take(
  { durations, runLimitMs, profileFolder }: Plan,
  run: Run,
  round: number,
  leftMs: number
): Promise<{ readonly figures: Figures } | NonNullable<Outcome['problem']>> {
  if (leftMs <= 0) return noTimeLeft
  const began = performance.now()
  const profile: ProfilePlan | undefined =
    profileFolder === undefined ? undefined : { folder: profileFolder, prefix: `${run.id}-${round + 1}` }
  const stage = new Stage(durations, Math.min(runLimitMs, leftMs), profile)
  try {
    return { figures: await run.perform(stage) }
  } catch (error) {
    if (performance.now() - began >= leftMs) return noTimeLeft
    const message = error instanceof Error ? error.message : String(error)
    return { kind: error instanceof Unavailable ? 'unavailable' : 'failed', message }
  } finally {
    await stage.close()
  }
}

function summary(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value >= 1000 ? value.toFixed(0) : value.toPrecision(3)}`)
    .join(', ')
}
