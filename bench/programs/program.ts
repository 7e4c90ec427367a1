import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Unavailable, type Answer, type Call } from '../src/messages.ts'

/** What a program can be asked to do, by name. */
export type Functions = Readonly<Record<string, (data: never) => unknown>>

/** Frees what is garbage; the flag is set here, so that nothing else runs differently for it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
}

const builtIn: Functions = {
  /** Processor time of this process so far, and when that was, in milliseconds. */
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return { cpuMs: (user + system) / 1000, atMs: performance.now() }
  },
  /** Memory after a forced collection, in bytes. */
  memory: async () => {
    collectGarbage()
    // Pages are given back a little later, by another thread.
    await setTimeout(200)
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, live: heapUsed + external, peakRss: process.resourceUsage().maxRSS * 1024 }
  }
}

function answer(message: Answer): void {
  process.send?.(message)
}

/** Answers the bench's calls with these functions, until the bench lets go. */
export function serveCalls(own: Functions): void {
  const functions = new Map<string, (data: never) => unknown>(Object.entries({ ...builtIn, ...own }))
  const run = async ({ id, name, data }: Call): Promise<void> => {
    try {
      const found = functions.get(name)
      if (found === undefined) throw new Error(`this program has no function '${name}'`)
      answer({ kind: 'answered', id, value: await found(data as never) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      answer({ kind: 'failed', id, message, unavailable: error instanceof Unavailable })
    }
  }
  process.on('message', (call: Call) => {
    run(call).catch((error: unknown) => console.error(error))
  })
  // The bench is done with this program, or is no more. Exiting here, not by a signal, lets a profile be written.
  process.on('disconnect', () => process.exit(0))
}
