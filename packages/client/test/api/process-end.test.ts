import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('nothing keeps a process alive once all has been closed', async () => {
  const script = fileURLToPath(new URL('../support/whole-life.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', script], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const kill = setTimeout(() => child.kill('SIGKILL'), 15_000)
  const [output, errors, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit')
  ])
  clearTimeout(kill)
  expect(errors).toBe('')
  expect(output).toBe('hello\nclosed\n')
  expect(exitCode).toBe(0)
})
