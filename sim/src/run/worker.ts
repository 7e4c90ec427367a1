/** A worker thread: runs the seeds that it is given, one after another. */

import { parentPort } from 'node:worker_threads'
import { withMutant } from '../mutants/mutants.ts'
import { draw } from '../script/draw.ts'
import type { Job, JobDone } from './jobs.ts'
import { runScript, type Outcome } from './run-script.ts'

/** What the product breaks by itself, by seed: a mutant has to break something else to be found. */
const withoutMutant = new Map<string, ReadonlySet<string>>()

async function run(job: Job): Promise<JobDone> {
  try {
    const outcome =
      job.mutant === undefined ? await runScript(draw(job.seed, job.mode)) : await runMutant(job, job.mutant)
    return { kind: 'done', job, outcome }
  } catch (error) {
    return {
      kind: 'failed',
      job,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
  }
}

async function runMutant(job: Job, mutant: string): Promise<Outcome> {
  const script = draw(job.seed, job.mode)
  const key = `${job.seed} ${script.mode}`
  let known = withoutMutant.get(key)
  if (known === undefined) {
    const { violations } = await runScript(script)
    known = new Set(violations.map(({ invariant }) => invariant))
    withoutMutant.set(key, known)
  }
  const ignored = known
  const outcome = await withMutant(mutant, () => runScript(script, { stopAtFirstBut: ignored }))
  return { ...outcome, violations: outcome.violations.filter(({ invariant }) => !ignored.has(invariant)) }
}

const port = parentPort
port?.on('message', (job: Job) => {
  run(job).then(
    (done) => port.postMessage(done),
    (error: unknown) => {
      throw error
    }
  )
})
