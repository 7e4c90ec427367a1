import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { startTestNetwork } from '@hcengineering/network-testing'
import { describe, expect, test } from 'vitest'

const main = resolve(import.meta.dirname, '../src/main.ts')

function runProcess(argv: readonly string[], environment: Record<string, string>) {
  return new Promise<{ code: unknown; out: string; error: string }>((done) => {
    const args = ['--conditions=source', main, ...argv]
    execFile(process.execPath, args, { env: environment }, (failure, out, error) =>
      done({ code: failure?.code ?? 0, out, error })
    )
  })
}

describe('the process of the tool', () => {
  test('asks a network over ZeroMQ, named by its environment', async () => {
    await using net = await startTestNetwork({ transport: 'zeromq' })
    await net.agent({ kinds: ['room'] })
    const environment = { NETWORK: net.address }
    expect(await runProcess(['kinds'], environment)).toEqual({ code: 0, out: 'KIND\nroom\n', error: '' })
    const request = ['request', 'room', 'say', '{"text":"hello"}', '--json']
    expect(await runProcess(request, environment)).toEqual({ code: 0, out: '{"text":"hello"}\n', error: '' })
  })

  test('ends with the exit code of the run', async () => {
    expect(await runProcess(['agnets'], {})).toMatchObject({ code: 2, out: '' })
  })
})
