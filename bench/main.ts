/** The command line: `pnpm bench`. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { describeCommit, describeMachine, machineText } from './src/machine.ts'
import { picture } from './src/picture.ts'
import { profileSummaries } from './src/profile.ts'
import { report, type Outcome } from './src/report.ts'
import { rows, runsOf, type Row } from './src/rows.ts'
import { runs } from './src/runs.ts'
import { carryOut } from './src/schedule.ts'
import { table } from './src/table.ts'

interface Options {
  readonly only?: RegExp
  readonly json?: true
  readonly quick?: true
  readonly list?: true
  readonly rounds?: number
  readonly measureMs?: number
  readonly profile?: string
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i')
  } catch {
    throw new InvalidArgumentError('It must be a regular expression.')
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a positive whole number.')
}

const command = new Command('bench')
  .description('Measures the network against the raw transport and beside its peers.')
  .option('--only <regex>', 'only rows whose work or metric matches, with what they are compared to', pattern)
  .option('--json', 'print the rows as JSON, and nothing else, to standard output')
  .option('--quick', 'fewer rows and shorter rounds: under 5 minutes on 2 cores')
  .option('--list', 'list the rows and stop')
  .option('--rounds <n>', 'how often each row is measured (5; 3 with --quick)', positive)
  .option('--measure-ms <ms>', 'how long each round measures (2000; 500 with --quick)', positive)
  .option('--profile <folder>', 'write a CPU profile of every process there, and show where the time goes')

// Warming up takes longer than measuring would: a fresh process has to compile what it runs, and to let its heap grow.
const full = {
  rounds: 5,
  warmUpMs: 4000,
  busyWarmUpMs: 8000,
  measureMs: 2000,
  idleMs: 20_000,
  getsTimes: 3,
  limitMs: 3_600_000
}
const quick = {
  rounds: 2,
  warmUpMs: 1600,
  busyWarmUpMs: 1600,
  measureMs: 500,
  idleMs: 6000,
  getsTimes: 3,
  limitMs: 285_000
}

function nameOf({ work, metric }: Row): string {
  return `${work}, ${metric}`
}

/** Standard output is for what was measured. */
function progress(text: string): void {
  console.error(text)
}

async function main(): Promise<void> {
  const options = command.parse().opts<Options>()
  const chosen = rows.filter((row) => options.only?.test(nameOf(row)) ?? true)
  if (options.list === true) {
    for (const row of chosen) console.log(nameOf(row))
    return
  }
  const scale = options.quick === true ? quick : full
  const measureMs = options.measureMs ?? scale.measureMs
  // A row that is asked for by its name is not left out.
  const leftOut =
    options.quick === true && options.only === undefined ? chosen.filter((row) => row.fullOnly) : []
  const measured = runsOf(chosen.filter((row) => !leftOut.includes(row)))
  const machine = describeMachine()
  const { commit, changed } = describeCommit()
  progress(machineText(machine))
  const { profile } = options
  if (profile !== undefined) mkdirSync(profile, { recursive: true })
  const began = new Date()
  const outcomes = await carryOut({
    runs: runs.filter(({ id }) => measured.has(id)),
    rounds: options.rounds ?? scale.rounds,
    durations: { ...scale, measureMs },
    runLimitMs: 120_000,
    limitMs: scale.limitMs,
    profileFolder: profile,
    progress
  })
  for (const { source } of leftOut) {
    const outcome: Outcome = { rounds: [], problem: { kind: 'left out', message: 'by --quick' } }
    if (!outcomes.has(source.run)) outcomes.set(source.run, outcome)
  }
  const reported = report(chosen, outcomes)
  const parts = [began.toISOString().slice(0, 10), commit, ...(options.quick === true ? ['quick'] : [])]
  if (options.only !== undefined) parts.push('partial')
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = (extension: string): URL => new URL(`${parts.join('-')}.${extension}`, folder)
  const results = {
    began: began.toISOString(),
    ended: new Date().toISOString(),
    commit,
    changed,
    machine,
    rows: reported,
    runs: Object.fromEntries(outcomes)
  }
  writeFileSync(file('json'), `${JSON.stringify(results, undefined, 2)}\n`)
  writeFileSync(file('svg'), picture(reported, machineText(machine)))
  progress(`written: ${fileURLToPath(file('json'))} and .svg beside it`)
  if (profile !== undefined) for (const text of profileSummaries(profile)) progress(text)
  if (options.json === true) console.log(JSON.stringify(reported, undefined, 2))
  else console.log(`\n${machineText(machine)}\n\n${table(reported)}`)
  if ([...outcomes.values()].some(({ problem }) => problem?.kind === 'failed')) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    progress(`ended by ${signal}`)
    process.exit(1)
  })
}

await main()
