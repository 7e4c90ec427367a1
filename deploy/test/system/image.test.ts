import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createNetworkClient } from '@hcengineering/network-client'
import type { ContainerKind } from '@hcengineering/network-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, readStages, type Instruction } from '../support/dockerfile.ts'
import { read, root } from '../support/files.ts'

/**
 * No container engine is needed: what the Dockerfiles say is done here, line by line, in folders that stand for the
 * image's. What is run is read from them, so it cannot be anything else.
 */

const run = promisify(execFile)
const nobody = 65_534
const buildTimeoutMs = 300_000
const dockerfiles = { pod: 'pods/network-pod/Dockerfile', agent: 'deploy/agent/Dockerfile' }

/** Folders that stand for those of the image: every absolute path in the Dockerfiles is one of these. */
const imageFolders = ['/repository', '/pod', '/agent', '/data']

let work: string
const processes: ChildProcess[] = []

const real = (text: string): string =>
  text.replaceAll(/(^|[\s=])(\/[a-z]+)/g, (whole, before: string, path: string) =>
    imageFolders.includes(path) ? `${before}${work}${path}` : whole
  )

/** The machine's own user stands for `node`, which exists in the image alone. */
const userless = (text: string): string => text.replaceAll('node:node', `${nobody}:${nobody}`)

class Stage {
  readonly environment: Record<string, string> = {}
  workdir = '/'
  user: string | undefined
  cmd: string[] = []
  healthcheck: string[] = []

  async perform({ name, text }: Instruction): Promise<void> {
    switch (name) {
      case 'FROM':
      case 'ARG':
      case 'EXPOSE':
      case 'STOPSIGNAL':
      case 'VOLUME':
        return
      case 'ENV': {
        const [, key = '', value = ''] = /^(\w+)=(\S*)$/.exec(text) ?? []
        this.environment[key] = value
        return
      }
      case 'WORKDIR':
        this.workdir = real(text)
        await mkdir(this.workdir, { recursive: true })
        return
      case 'USER':
        this.user = text
        return
      case 'CMD':
        this.cmd = command(text)
        return
      case 'HEALTHCHECK':
        this.healthcheck = command(text)
        return
      case 'COPY':
        await this.#copy(text)
        return
      case 'RUN':
        await run('/bin/sh', ['-ec', userless(real(text))], {
          cwd: this.workdir,
          // How this machine reaches the registry is in its own environment.
          env: { ...process.env, ...this.#env() },
          maxBuffer: 64 * 1024 * 1024
        })
        return
      default:
        throw new Error(`the Dockerfile has an instruction that this test does not know: ${name}`)
    }
  }

  /** Starts a program of the image as its user, with what a deployment adds to the environment. */
  start(argv: readonly string[], environment: Record<string, string>): ChildProcess {
    const [program = '', ...args] = argv
    const child = spawn(
      'setpriv',
      [
        `--reuid=${nobody}`,
        `--regid=${nobody}`,
        '--clear-groups',
        '--no-new-privs',
        join(work, 'bin', program),
        ...args
      ],
      { cwd: this.workdir, env: { ...this.#env(), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] }
    )
    processes.push(child)
    return child
  }

  #env(): Record<string, string> {
    const set = Object.entries(this.environment).map(([key, value]) => [key, real(value)])
    return {
      // What `npm install --global` brings is found first, as in the image.
      PATH: `${work}/global/bin:${work}/bin:/usr/local/bin:/usr/bin:/bin`,
      npm_config_prefix: `${work}/global`,
      // A builder begins without what pnpm knows of the registry from earlier runs.
      XDG_CACHE_HOME: `${work}/cache`,
      ...(Object.fromEntries(set) as Record<string, string>)
    }
  }

  /** Of the build context, or of a stage before: both are folders here. */
  async #copy(text: string): Promise<void> {
    const words = text.split(' ').filter((word) => !word.startsWith('--from='))
    const from = words.slice(0, -1)
    const to = join(this.workdir, words.at(-1) ?? '')
    if (text.startsWith('--from=')) {
      // In this test both stages lie in one folder, so that it is there already.
      if (from.map(real).join() !== this.workdir) throw new Error(`COPY ${text}: to another folder than from`)
      return
    }
    const files = from.join() === '.' ? await contextFiles() : from
    for (const file of files) await cp(join(root, file), join(to, file), { recursive: true })
  }
}

/** What git knows, and a builder is therefore given: the .dockerignore leaves out what git ignores. */
async function contextFiles(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024
  })
  const files = stdout.split('\0').filter((file) => file !== '')
  const there = await Promise.all(
    files.map((file) =>
      stat(join(root, file)).then(
        () => file,
        () => undefined
      )
    )
  )
  return there.filter((file) => file !== undefined)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function end(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = ''
  child.stderr?.on('data', (text: Buffer) => (errors += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, errors }
}

/** Waits for a line of a process that contains a text; says what it wrote instead if it ends before. */
function lineWith(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const hear = (chunk: Buffer): void => {
      heard += chunk.toString()
      const line = heard.split('\n').find((line) => line.includes(text))
      if (line !== undefined) resolve(line)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('close', () => reject(new Error(`it ended, and had said: ${heard}`)))
  })
}

let stages: { pod: Stage; agent: Stage }

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'network-image-'))
  // The user of the image must get in.
  await chmod(work, 0o755)
  await mkdir(join(work, 'bin'))
  await copyFile(process.execPath, join(work, 'bin/node'))
  await chmod(join(work, 'bin/node'), 0o755)
  const [podBuild = [], podImage = []] = readStages(dockerfiles.pod)
  const [agentBuild = [], agentImage = []] = readStages(dockerfiles.agent)
  // Both are built from one repository: of the second, only what differs is done.
  const build = new Stage()
  for (const instruction of podBuild) await build.perform(instruction)
  const rest = agentBuild.filter(({ text }) => !podBuild.some((done) => done.text === text))
  if (rest.map(({ name }) => name).join() !== 'RUN') throw new Error('the builds differ by more than one RUN')
  for (const instruction of rest) await build.perform(instruction)
  stages = { pod: new Stage(), agent: new Stage() }
  for (const instruction of podImage) await stages.pod.perform(instruction)
  for (const instruction of agentImage) await stages.agent.perform(instruction)
}, buildTimeoutMs)

afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL')
  await rm(work, { recursive: true, force: true })
})

describe('the images', () => {
  test('hold production packages alone, and run as another user than root', async () => {
    for (const stage of Object.values(stages)) {
      const packages = await readdir(join(stage.workdir, 'node_modules/.pnpm'))
      expect(packages.filter((name) => /^(typescript|vitest|oxlint|@types\+node)@/.test(name))).toEqual([])
      expect(packages.some((name) => name.startsWith('zeromq@'))).toBe(true)
      expect(stage.user).toBe('node')
      expect(stage.environment['NODE_ENV']).toBe('production')
    }
    expect((await stat(join(work, 'data'))).uid).toBe(nobody)
  })

  test(
    'the coordinator starts, is healthy, takes an agent that drains and ends upon SIGTERM, and so does it',
    async () => {
      const { pod, agent } = stages
      const [port, adminPort, agentPort, healthPort] = [
        await freePort(),
        await freePort(),
        await freePort(),
        await freePort()
      ]
      const environment = { HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) }
      const coordinator = pod.start(pod.cmd, environment)
      await lineWith(coordinator, '"listening"')
      expect(await end(pod.start(pod.healthcheck, environment))).toEqual({ code: 0, errors: '' })

      const agentEnvironment = {
        NETWORK: `127.0.0.1:${port}`,
        AGENT: 'agent-1',
        ENDPOINT: `127.0.0.1:${agentPort}`,
        HEALTH_PORT: String(healthPort)
      }
      const agentProcess = agent.start(agent.cmd, agentEnvironment)
      await lineWith(agentProcess, '"registered"')
      expect(await end(agent.start(agent.healthcheck, agentEnvironment))).toEqual({ code: 0, errors: '' })
      const probes = ['livez', 'readyz', 'nothing'].map((path) =>
        fetch(`http://127.0.0.1:${healthPort}/${path}`)
      )
      expect((await Promise.all(probes)).map(({ status }) => status)).toEqual([200, 200, 404])

      {
        await using client = createNetworkClient(`127.0.0.1:${port}`)
        await using counter = await client.get('counter' as ContainerKind)
        expect(await counter.request('add', 2)).toBe(2)
      }
      agentProcess.kill('SIGTERM')
      expect(await end(agentProcess)).toEqual({ code: 0, errors: '' })
      coordinator.kill('SIGTERM')
      expect(await end(coordinator)).toEqual({ code: 0, errors: '' })
      expect(await readdir(join(work, 'data'))).toContain('roster.json')
      expect((await end(pod.start(pod.healthcheck, environment))).code).toBe(1)
    },
    buildTimeoutMs
  )

  test('what the builders are not given is what git does not keep', () => {
    for (const dockerfile of Object.values(dockerfiles)) {
      const ignored = read(`${dockerfile}.dockerignore`).trim().split('\n')
      expect(ignored).toEqual(expect.arrayContaining(['**/dist', '**/node_modules', '**/*.tsbuildinfo']))
    }
  })
})

function byName(one: string, other: string): number {
  return one < other ? -1 : 1
}

describe('the packed packages', () => {
  test(
    'install into an empty folder by npm, and the coordinator starts from there',
    async () => {
      const packed = join(work, 'packed')
      const empty = join(work, 'empty')
      await mkdir(packed)
      await mkdir(empty)
      const env = { ...process.env, PATH: `${work}/global/bin:${work}/bin:/usr/bin:/bin`, CI: 'true' }
      const closure = ['--filter-prod', '@hcengineering/network-pod...']
      await run('pnpm', [...closure, 'pack', '--pack-destination', packed], {
        cwd: join(work, 'repository'),
        env
      })
      const tarballs = await readdir(packed)
      expect(
        tarballs.map((name) => name.replace(/^hcengineering-network-|-\d.*$/g, '')).toSorted(byName)
      ).toEqual(['backrpc', 'client', 'core', 'dashboard', 'pod', 'server', 'telemetry'])
      await writeFile(join(empty, 'package.json'), JSON.stringify({ private: true }))
      const npm = [
        'install',
        '--omit=dev',
        '--no-audit',
        '--no-fund',
        ...tarballs.map((name) => join(packed, name))
      ]
      await run('npm', npm, { cwd: empty, env })
      const [port, adminPort] = [await freePort(), await freePort()]
      const pod = new Stage()
      pod.workdir = empty
      const main = join(empty, 'node_modules/.bin/network-pod')
      const coordinator = pod.start(['node', main], {
        HOST: '127.0.0.1',
        PORT: String(port),
        ADMIN_PORT: String(adminPort)
      })
      await lineWith(coordinator, '"listening"')
      {
        await using client = createNetworkClient(`127.0.0.1:${port}`)
        await client.waitConnection(5000)
      }
      coordinator.kill('SIGTERM')
      expect(await end(coordinator)).toEqual({ code: 0, errors: '' })
    },
    buildTimeoutMs
  )
})
