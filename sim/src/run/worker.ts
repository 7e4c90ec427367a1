/** A worker thread: runs the seeds that it is given, one after another. */

import { parentPort } from 'node:worker_threads'
import { withMutant } from '../mutants/mutants.ts'
import { draw } from '../script/draw.ts'
import type { Job, JobDone } from './jobs.ts'
import { runScript } from './run-script.ts'

async function run(job: Job): Promise<JobDone> {
  const script = draw(job.seed, job.mode)
  try {
    const outcome =
      job.mutant === undefined
        ? await runScript(script)
        : await withMutant(job.mutant, () => runScript(script, { stopEarly: true }))
    return { kind: 'done', job, outcome }
  } catch (error) {
    return { kind: 'failed', job, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

parentPort?.on('message', (job: Job) => {
  run(job).then(
    (done) => parentPort?.postMessage(done),
    (error: unknown) => {
      throw error
    }
  )
})
