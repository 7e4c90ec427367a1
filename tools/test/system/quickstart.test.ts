import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readGuide, type Guide } from '../../docs/guide.ts'
import { parsePage } from '../../docs/page.ts'
import { packPackages } from '../../packages/pack.ts'
import { scopeSetting, startRegistry, type Registry } from '../../packages/registry.ts'

const repository = join(import.meta.dirname, '../../..')
const page = 'docs/QUICKSTART.md'
// npm, the compiler and real processes, on a machine that may be busy.
const timeoutMs = 600_000

let guide: Guide
let registry: Registry
let folder: string
/** npm's settings of this user: the folder itself begins empty. */
let settings: string
const running: ChildProcess[] = []

beforeAll(async () => {
  guide = readGuide(parsePage(page, await readFile(join(repository, page), 'utf8')))
  registry = await startRegistry(await packPackages(repository, join(repository, '.tmp/packed-guide')), 0)
  folder = await mkdtemp(join(tmpdir(), 'quickstart-'))
  settings = `${folder}.npmrc`
  await writeFile(settings, `${scopeSetting}=${registry.url}\n`)
}, timeoutMs)

afterAll(async () => {
  // Whole groups: `npx` starts the program that it runs as a child.
  for (const { pid } of running.toReversed()) if (pid !== undefined) killGroup(pid)
  await registry[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
  await rm(settings, { force: true })
}, timeoutMs)

describe('the quick-start guide', () => {
  it('has five commands', () => {
    expect(guide.commands).toHaveLength(5)
  })

  it(
    'leads from an empty folder to a running container, taken literally',
    async () => {
      for (const [name, source] of guide.files) await writeFile(join(folder, name), `${source}\n`)
      // All that differs from what a reader does: where the packages come from, and a port that is free.
      const port = await freePort()
      const environment = {
        npm_config_userconfig: settings,
        PORT: String(port),
        NETWORK: `localhost:${port}`
      }
      let last: Outcome | undefined
      for (const command of guide.commands) {
        last = await runLine(command, environment)
        expect(last, `${command}\n${last.lines.join('\n')}`).toMatchObject({ failed: false })
      }
      expect(last?.lines).toStrictEqual(guide.output.split('\n'))
    },
    timeoutMs
  )
})

interface Outcome {
  readonly failed: boolean
  readonly lines: readonly string[]
}

/** Programs that go on running, as the page says of them: the next command comes once they have said something. */
const goesOn = /^npx network-pod$|^node agent\.mts$/

/** Types a line into a shell. */
async function runLine(command: string, environment: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  running.push(child)
  const lines: string[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then(([code]) => ({ failed: code !== 0, lines }))
  if (!goesOn.test(command)) return await ended
  return await Promise.race([ended, once(output, 'line').then(() => ({ failed: false, lines }))])
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
