import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

/** What the benchmarks ran on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** What it takes to touch a page of memory for the first time, in microseconds. */
  readonly pageFaultUs: number
  /** Of everything that was measured, by name. */
  readonly versions: Readonly<Record<string, string>>
}

/** Looks at this machine. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    pageFaultUs: measurePageFault(),
    versions: { ...packageVersions(), 'nats-server': natsServerVersion() }
  }
}

/** In one line. */
export function machineText(machine: Machine): string {
  const { cpu, cores, memoryGiB, system, node, pageFaultUs, versions } = machine
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const about = [
    cpu,
    `${cores} cores`,
    `${memoryGiB} GiB`,
    system,
    `Node ${node}`,
    `${pageFaultUs} µs a page fault`
  ]
  return `${about.join(', ')}; ${named.join(', ')}`
}

const pageBytes = 4096
const touchedBytes = 64 * 1024 * 1024

/** Some virtual machines take a hundred times as long as others: whatever allocates feels that. */
function measurePageFault(): number {
  const memory = Buffer.allocUnsafeSlow(touchedBytes)
  const began = performance.now()
  for (let offset = 0; offset < touchedBytes; offset += pageBytes) memory[offset] = 1
  const tookUs = (performance.now() - began) * 1000
  return Number(((tookUs * pageBytes) / touchedBytes).toPrecision(3))
}

const measured = ['zeromq', 'moleculer', '@nats-io/transport-node', '@grpc/grpc-js']

function packageVersions(): Record<string, string> {
  const versions: Record<string, string> = {}
  for (const name of measured) {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
    versions[name] = version
  }
  return versions
}

function natsServerVersion(): string {
  try {
    const text = execFileSync('/usr/sbin/nats-server', ['--version'], { encoding: 'utf8' })
    return /v(\d\S*)/.exec(text)?.[1] ?? 'unknown'
  } catch {
    return 'not installed'
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore']
  }).trim()
}

/** The commit that is measured, and whether the work tree has changed since. */
export function describeCommit(): { readonly commit: string; readonly changed: boolean } {
  try {
    return { commit: git('rev-parse', '--short', 'HEAD'), changed: git('status', '--porcelain') !== '' }
  } catch {
    return { commit: 'uncommitted', changed: true }
  }
}
