import { Worker } from 'node:worker_threads'
import type { Job, JobDone } from './jobs.ts'

/**
 * Runs jobs in several threads. Each takes the next job when it is done with its last.
 *
 * @param next the next job; undefined when there are no more
 */
export async function runAll(
  threads: number,
  next: () => Job | undefined,
  done: (answer: JobDone) => void
): Promise<void> {
  await Promise.all(Array.from({ length: threads }, () => runThread(next, done)))
}

function runThread(next: () => Job | undefined, done: (answer: JobDone) => void): Promise<void> {
  const first = next()
  if (first === undefined) return Promise.resolve()
  const worker = new Worker(new URL('./worker.ts', import.meta.url))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const send = (job: Job): void => worker.postMessage(job)
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('message', (answer: JobDone) => {
      done(answer)
      const job = next()
      if (job !== undefined) {
        send(job)
        return
      }
      worker.terminate().then(() => resolve(), reject)
    })
    send(first)
  })
}
