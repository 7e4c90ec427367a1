import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mebibytes, type Measurement } from './memory.ts'
import { ChaosProcess } from './process.ts'

/** What the driver is told when it starts, as JSON in its argument. */
export interface ChurnSettings {
  readonly coordinator: string
}

/** How much is to come and go. */
export interface ChurnShare {
  readonly containers: number
  readonly clients: number
}

/** What one process held before and after. */
export interface ChurnResult {
  readonly process: string
  readonly baseline: Measurement
  readonly end: Measurement
}

const programs = resolve(import.meta.dirname, '../programs')
/** Longer than a listener remembers a session: alive timeout and 5 s more. */
const quietMs = 10_000

/** What differs less between two warm-ups is steady. */
const steadyShare = 0.02

function isSteady(before: number, after: number): boolean {
  return Math.abs(after / before - 1) <= steadyShare
}

/** A process of a churn, which answers each message with one of its own. */
class ChurnProcess {
  readonly process: ChaosProcess
  private answer: (message: unknown) => void = () => {}
  private readonly name: string

  constructor(name: string, settings?: object) {
    this.name = name
    // Without the flush, what was compiled for the start is held all the time: given up after a while, it would hide a
    // growth of four MiB.
    this.process = new ChaosProcess({
      file: resolve(programs, `churn-${name}.ts`),
      nodeOptions: ['--expose-gc', '--no-flush-bytecode'],
      ...(settings === undefined ? {} : { settings }),
      onMessage: (message) => this.answer(message)
    })
  }

  ask(message: object): Promise<unknown> {
    const ended = this.process.ended.then(() => {
      throw new Error(`the ${this.name} has ended`)
    })
    const answered = new Promise((resolve) => {
      this.answer = resolve
    })
    this.process.send(message)
    return Promise.race([answered, ended])
  }

  async measure(): Promise<Measurement> {
    return (await this.ask({})) as Measurement
  }
}

/**
 * Lets so much come and go, after warm-ups of its own kind, and says what coordinator and agent hold before and
 * after, each time when all is quiet and garbage has been collected. Warm-ups go on until what is held is steady:
 * tables grow to their size, code is compiled, and what was needed for the start alone is given up only after several
 * collections.
 */
export async function churn(
  whole: ChurnShare,
  warmUp: ChurnShare & { readonly roundsMax: number },
  say: (text: string) => void
): Promise<ChurnResult[]> {
  const coordinator = new ChurnProcess('coordinator')
  const started = [coordinator]
  try {
    const address = await coordinator.process.firstLine
    const agent = new ChurnProcess('agent', { coordinator: address })
    started.push(agent)
    await agent.process.firstLine
    const driver = new ChurnProcess('driver', { coordinator: address })
    started.push(driver)
    await driver.process.firstLine

    const round = async (name: string, share: ChurnShare): Promise<Measurement[]> => {
      await driver.ask(share)
      await sleep(quietMs)
      const held = [await coordinator.measure(), await agent.measure()]
      const sizes = held.map(({ bytes }) => mebibytes(bytes)).join(' and ')
      say(`${name}: ${share.containers} containers and ${share.clients} clients have come and gone: ${sizes}`)
      return held
    }
    let baseline = await round('warm-up', warmUp)
    for (let rounds = 1; rounds < warmUp.roundsMax; rounds++) {
      const before = baseline
      baseline = await round('warm-up', warmUp)
      if (baseline.every(({ bytes }, index) => isSteady(before[index]?.bytes ?? 0, bytes))) break
    }
    const end = await round('churn', whole)
    return ['coordinator', 'agent'].flatMap((process, index) => {
      const [from, to] = [baseline[index], end[index]]
      return from === undefined || to === undefined ? [] : [{ process, baseline: from, end: to }]
    })
  } finally {
    await Promise.all(started.map(({ process }) => process.kill()))
  }
}
