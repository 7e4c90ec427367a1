/** The command line: `pnpm chaos`. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualLan } from '@hcengineering/network-testing'
import { Command, InvalidArgumentError } from 'commander'
import { sum } from 'simple-statistics'
import { lanScene, loopbackScene, whyNoLan, type Scene } from './src/clusters.ts'
import { now } from './src/history.ts'
import { isWithinBound, recoveryTable, violationText } from './src/report.ts'
import { examine, run } from './src/run.ts'

interface Options {
  readonly minutes: number
  readonly seconds?: number
  readonly seed?: number
  readonly cluster?: string[]
  readonly cutSeconds: number
  readonly attempts: number
  readonly keep?: true
}

const clusterNames = ['zeromq', 'tcp', 'machines'] as const

function positive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a positive number.')
}

const command = new Command('chaos')
  .description('Does faults to networks of real processes, and checks what they guarantee.')
  .option('--minutes <n>', 'how long faults are done', positive, 10)
  .option('--seconds <n>', 'the same in seconds; namespaces are left out unless they are asked for', positive)
  .option('--seed <n>', 'what decides which fault is done when, and to whom', positive)
  .option('--cluster <names...>', `only these of ${clusterNames.join(', ')}`)
  .option('--cut-seconds <n>', 'how long a machine is cut off', positive, 20)
  .option(
    '--attempts <n>',
    'how often to try until no bound is missed, as one is on a machine that is busy elsewhere; a violation fails at once',
    positive,
    1
  )
  .option('--keep', 'keep the histories')

const began = now()

function say(who: string, text: string): void {
  console.log(`${((now() - began) / 1000).toFixed(1).padStart(6)} s  ${who.padEnd(8)}  ${text}`)
}

type Verdict = 'fine' | 'bounds missed' | 'bad'

async function main(): Promise<void> {
  const options = command.parse().opts<Options>()
  let verdict: Verdict = 'bounds missed'
  for (let attempt = 1; attempt <= options.attempts && verdict === 'bounds missed'; attempt++) {
    if (attempt > 1) console.log(`\na bound was missed, and nothing violated: attempt ${attempt}`)
    verdict = await perform(options)
  }
  if (verdict !== 'fine') process.exitCode = 1
}

async function perform(options: Options): Promise<Verdict> {
  const seed = Math.floor(options.seed ?? Math.random() * 1e9)
  const durationMs = options.seconds === undefined ? options.minutes * 60_000 : options.seconds * 1000
  const chosen = options.cluster ?? (options.seconds === undefined ? clusterNames : ['zeromq', 'tcp'])
  const times = { agentStoppedMs: 7000, coordinatorStoppedMs: 5000, cutMs: options.cutSeconds * 1000 }
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'))
  console.log(`seed ${seed}, histories in ${folder}`)

  const scenes: Scene[] = []
  let lan: VirtualLan | undefined
  try {
    if (chosen.includes('zeromq')) scenes.push(await loopbackScene('zeromq', folder, times))
    if (chosen.includes('tcp')) scenes.push(await loopbackScene('tcp', folder, times))
    const whyNot = whyNoLan()
    if (chosen.includes('machines') && whyNot === undefined) {
      lan = new VirtualLan()
      scenes.push(lanScene(lan, folder, times))
    } else if (chosen.includes('machines')) console.log(`no machine is cut off: ${whyNot}`)

    const results = await Promise.all(
      scenes.map((scene, index) =>
        run({
          scene,
          seed: seed + index,
          durationMs,
          say: (text) => say(scene.cluster.name, text)
        })
      )
    )
    const findings = scenes.map(({ cluster }) => examine(join(folder, cluster.name)))
    const recoveries = results.flatMap((result) => result.recoveries)
    const violations = findings.flatMap((found) => found.violations)
    console.log(`\n${recoveryTable(recoveries)}\n`)
    if (violations.length > 0) console.log(`${violationText(violations)}\n`)
    const missed = recoveries.filter((recovery) => !isWithinBound(recovery)).length
    console.log(
      `${sum(results.map(({ faults }) => faults))} faults, ${sum(findings.map(({ requests }) => requests))} requests, ` +
        `${sum(findings.map(({ dispatches }) => dispatches))} dispatches: ` +
        `${violations.length} violations, ${missed} bounds missed (seed ${seed})`
    )
    const failed = results.some(({ failure }) => failure !== undefined)
    const verdict = failed || violations.length > 0 ? 'bad' : missed > 0 ? 'bounds missed' : 'fine'
    if (verdict !== 'fine' || options.keep === true) console.log(`histories are kept in ${folder}`)
    else rmSync(folder, { recursive: true })
    return verdict
  } finally {
    lan?.close()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
