import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const program = resolve(import.meta.dirname, '../main.ts')

test('faults in real processes over tcp violate nothing', { timeout: 60_000 }, async () => {
  const args = ['--conditions=source', program, '--seconds', '8', '--cluster', 'tcp', '--seed', '7']
  const { stdout } = await run(process.execPath, args)
  expect(stdout).toMatch(/^[1-9]\d* faults, .* 0 violations, 0 bounds missed/m)
})
