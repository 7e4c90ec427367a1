/** The command line: `pnpm churn`. */

import { Command, InvalidArgumentError } from 'commander'
import { markdownTable } from 'markdown-table'
import { churn, type ChurnResult } from './src/churn.ts'
import { mebibytes } from './src/memory.ts'

interface Options {
  readonly containers: number
  readonly clients: number
  readonly quick?: true
}

/**
 * How much more or less may be held afterwards, as a share of the baseline. Much less says that the baseline was not
 * steady, and hides what has grown.
 */
const growthMax = 0.1
const warmUpShare = 0.05
const quick = { containers: 4000, clients: 200 }

function whole(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a positive whole number.')
}

const command = new Command('churn')
  .description('Lets containers and clients come and go, and checks that nothing of them stays.')
  .option('--containers <n>', 'how many containers', whole, 100_000)
  .option('--clients <n>', 'how many clients', whole, 10_000)
  .option('--quick', `${quick.containers} containers and ${quick.clients} clients`)

function growth({ baseline, end }: ChurnResult): number {
  return end.bytes / baseline.bytes - 1
}

/** What is counted more often than before. */
function leftOver({ baseline, end }: ChurnResult): string {
  const more = Object.entries(end.counts).filter(([name, count]) => count > (baseline.counts[name] ?? 0))
  return more.map(([name, count]) => `${name} ${baseline.counts[name] ?? 0} → ${count}`).join(', ')
}

function isOk(result: ChurnResult): boolean {
  return Math.abs(growth(result)) <= growthMax && leftOver(result) === ''
}

async function main(): Promise<void> {
  const options = command.parse().opts<Options>()
  const { containers, clients } = options.quick === true ? quick : options
  const share = { containers, clients }
  const warmUp = {
    // Enough for the tables to have grown and the code to be compiled.
    containers: Math.max(2000, Math.ceil(containers * warmUpShare)),
    clients: Math.max(100, Math.ceil(clients * warmUpShare)),
    roundsMax: options.quick === true ? 2 : 8
  }
  const began = performance.now()
  const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1).padStart(6)
  const results = await churn(share, warmUp, (text) => console.log(`${seconds()} s  ${text}`))
  const rows = results.map((result) => [
    result.process,
    mebibytes(result.baseline.bytes),
    mebibytes(result.end.bytes),
    `${(growth(result) * 100).toFixed(1)} %`,
    `± ${growthMax * 100} %`,
    isOk(result) ? 'yes' : 'NO',
    leftOver(result)
  ])
  const head = ['process', 'baseline', 'end', 'growth', 'bound', 'ok', 'left over']
  console.log(`\n${markdownTable([head, ...rows], { align: ['l', 'r', 'r', 'r', 'r', 'l', 'l'] })}`)
  if (!results.every(isOk)) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
