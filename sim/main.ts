/** The command line: `pnpm sim`. */

import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { mutants, withMutant } from './src/mutants/mutants.ts'
import { describeScript, describeViolation, Tally } from './src/report.ts'
import { runAll } from './src/run/pool.ts'
import { runScript } from './src/run/run-script.ts'
import { shrink } from './src/run/shrink.ts'
import type { Script } from './src/script/action.ts'
import { draw } from './src/script/draw.ts'

interface Options {
  readonly seeds: number
  readonly from: number
  readonly seed?: number
  readonly mode?: Script['mode']
  readonly threads: number
  readonly shrink: boolean
  readonly mutants?: true | string
  readonly quiet?: true
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}

/** Lines of the trace of a shortest script that are shown. */
const traceMax = 60

const program = new Command('sim')
  .description(
    'Runs the whole network on virtual time, with faults drawn from seeds, and checks what must hold.'
  )
  .option('--seeds <count>', 'how many seeds to run', whole, 100)
  .option('--from <seed>', 'the first of them', whole, 1)
  .option('--seed <seed>', 'replay one seed with a trace', whole)
  .addOption(
    new Option('--mode <mode>', 'heal: faults end; core: faults outside a healthy core stay').choices([
      'heal',
      'core'
    ])
  )
  .option('--threads <count>', 'threads to use', whole, availableParallelism())
  .option('--no-shrink', 'do not look for the shortest script of a failing seed')
  .option(
    '--mutants [name]',
    'put faults of our own into the product, one by one, and see that each is found'
  )
  .option('--quiet', 'no trace')

const options = program.parse().opts<Options>()
if (options.seed !== undefined) await replay(options.seed)
else if (options.mutants !== undefined) await findMutants(options.mutants)
else await runSeeds()

async function replay(seed: number): Promise<void> {
  const script = draw(seed, options.mode)
  const line = options.quiet === true ? undefined : (text: string): void => console.log(text)
  const run = (): ReturnType<typeof runScript> => runScript(script, { line })
  const { mutants: mutant } = options
  const outcome = await (typeof mutant === 'string' ? withMutant(mutant, run) : run())
  console.log(`seed ${seed} (${outcome.mode}), trace ${outcome.hash}`)
  console.log(`faults that took effect: ${JSON.stringify(outcome.faults)}`)
  for (const violation of outcome.violations) console.log(describeViolation(violation))
  if (outcome.violations.length === 0) return
  process.exitCode = 1
  if (options.shrink && mutant === undefined) await showShortest(script)
}

async function showShortest(script: Script): Promise<void> {
  const short = await shrink(script)
  if (short === undefined) return
  const { length } = short.script.actions
  console.log(
    `\nthe shortest script that breaks ${short.invariant}: ${length} of ${script.actions.length} actions`
  )
  console.log(describeScript(short.script))
  const lines: string[] = []
  await runScript(short.script, { stopAtFirstBut: new Set(), line: (line) => lines.push(line) })
  console.log(`\nits trace${lines.length > traceMax ? `, the last ${traceMax} lines` : ''}:`)
  console.log(lines.slice(-traceMax).join('\n'))
}

async function runSeeds(): Promise<void> {
  const { seeds, from, mode, threads } = options
  const tally = new Tally()
  const crashed: string[] = []
  let next = from
  let toldAt = 0
  await runAll(
    threads,
    () => (next < from + seeds ? { seed: next++, mode } : undefined),
    (answer) => {
      if (answer.kind === 'done') {
        tally.add(answer.outcome)
        const [violation] = answer.outcome.violations
        if (violation !== undefined) console.log(`seed ${answer.job.seed}: ${describeViolation(violation)}`)
      } else crashed.push(`seed ${answer.job.seed}: ${answer.error}`)
      if (tally.seconds - toldAt < 5) return
      toldAt = tally.seconds
      console.log(tally.progress(seeds))
    }
  )
  console.log(tally.summary())
  for (const text of crashed) console.log(text)
  if (tally.failing.length === 0 && crashed.length === 0) return
  process.exitCode = 1
  const [failing] = tally.failing
  if (options.shrink && failing !== undefined) {
    console.log(`\nseed ${failing.seed}:`)
    await showShortest(draw(failing.seed, mode))
  }
}

/** A mutant that is not found within so many seeds is a fault of the simulator. */
async function findMutants(only: true | string): Promise<void> {
  const seedsMax = Math.min(500, options.seeds === 100 ? 500 : options.seeds)
  const chosen = mutants.filter(({ name }) => only === true || name === only)
  const unfound: string[] = []
  for (const mutant of chosen) {
    const runs = { seeds: 0, found: 0, first: undefined as string | undefined }
    const began = performance.now()
    let next = options.from
    await runAll(
      options.threads,
      // Some more after the first, to say how often it is found.
      () => {
        const isEnough = runs.found > 0 && next >= options.from + 10
        return next < options.from + seedsMax && !isEnough
          ? { seed: next++, mode: mutant.mode, mutant: mutant.name }
          : undefined
      },
      (answer) => {
        runs.seeds++
        const [violation] = answer.kind === 'done' ? answer.outcome.violations : []
        if (violation === undefined) return
        runs.found++
        runs.first ??= `seed ${answer.job.seed}, ${describeViolation(violation)}`
      }
    )
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const { found, seeds, first } = runs
    console.log(`${mutant.name}: ${mutant.breaks}`)
    console.log(
      `  ${found === 0 ? 'NOT FOUND' : 'found'} in ${found} of ${seeds} seeds (${seconds} s)${first === undefined ? '' : `: ${first}`}`
    )
    if (found === 0) unfound.push(mutant.name)
  }
  console.log(`${chosen.length - unfound.length} of ${chosen.length} mutants found`)
  if (unfound.length > 0) {
    console.log(`not found: ${unfound.join(', ')}`)
    process.exitCode = 1
  }
}
