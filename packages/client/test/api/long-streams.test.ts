import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { itemsTotal, type LongStreamFigures } from '../support/long-stream-figures.ts'

const bytesMax = 64 * 1024 * 1024

async function readLongStream(transport: string, way: string): Promise<LongStreamFigures> {
  const script = fileURLToPath(new URL('../support/long-stream.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', '--expose-gc', script, transport, way], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const kill = setTimeout(() => child.kill('SIGKILL'), 50_000)
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  clearTimeout(kill)
  expect(exitCode).toBe(0)
  return JSON.parse(output) as LongStreamFigures
}

test.each([
  ['tcp', 'directly'],
  ['tcp', 'through the coordinator'],
  ['zeromq', 'directly'],
  ['zeromq', 'through the coordinator']
])(
  'a reader that stops holds a stream of 1 GiB in under 64 MiB over %s, %s, and so does one that reads on',
  { timeout: 60_000 },
  async (transport, way) => {
    const figures = await readLongStream(transport, way)
    expect(figures).toMatchObject({ ended: true, read: itemsTotal, wrong: 0, producedWhileStopped: 0 })
    expect(figures.stoppedAhead).toBeGreaterThan(0)
    expect(figures.stoppedAhead).toBeLessThan(bytesMax)
    expect(figures.aheadMax).toBeLessThan(bytesMax)
    expect(figures.stoppedInUse).toBeLessThan(bytesMax)
    expect(figures.stoppedResident).toBeLessThan(bytesMax)
    expect(figures.inUseMax).toBeLessThan(bytesMax)
  }
)
