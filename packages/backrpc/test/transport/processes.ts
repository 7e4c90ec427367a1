import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

type Child = ChildProcess & { readonly stdout: NodeJS.ReadableStream }

/** Starts a process that uses a transport: see transport-process.ts. */
export function start(transport: 'tcp' | 'zeromq', mode: 'echo' | 'close'): Child {
  const script = fileURLToPath(new URL('./transport-process.ts', import.meta.url))
  return spawn(process.execPath, ['--conditions=source', script, transport, mode], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
}

/** What a process says first. */
export async function firstLine(child: Child): Promise<string> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  return chunk.toString().trim()
}

/** Runs a test body with uncaught exceptions kept, and returns them. */
export async function uncaughtWhile(run: () => Promise<void>): Promise<unknown[]> {
  const thrown: unknown[] = []
  const keep = (error: unknown): void => void thrown.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', keep)
  try {
    await run()
  } finally {
    process.removeListener('uncaughtException', keep)
    for (const listener of others) process.on('uncaughtException', listener)
  }
  return thrown
}
