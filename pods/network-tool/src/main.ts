#!/usr/bin/env node
import { processTerminal } from './output/terminal.ts'
import { run } from './run.ts'

// Whoever reads a part only (`| head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

/** While somebody listens, a signal ends the process only the second time. */
function onStop(listener: () => void): Disposable {
  const remove = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  }
  const stop = (): void => {
    remove()
    listener()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return { [Symbol.dispose]: remove }
}

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  environment: process.env,
  terminal: processTerminal(process.stdin, process.stdout),
  progress: process.stderr.isTTY,
  onStop
})
