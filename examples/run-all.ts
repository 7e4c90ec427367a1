/**
 * Runs every example against a live network, each as a process of its own, and compares what it prints with
 * `expected.ts`: `pnpm examples`. Names of examples as arguments run those alone.
 */

import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectedOutputs } from './expected.ts'
import { findDifference } from './runner/compare.ts'
import { startCoordinator } from './runner/coordinator.ts'
import { describeEnd, Program } from './runner/program.ts'

const folder = import.meta.dirname
const timeoutMs = 120_000
/** These wait most of the time: they begin first, so that the others run meanwhile. */
const slow = [
  'custom-timeout-example.ts',
  'lifecycle-monitoring.ts',
  'workspaces.ts',
  'collaborative-counter.ts',
  'leader-with-standbys.ts',
  'quick-start.ts'
]

const running = new Set<Program>()

/** Runs one example; returns why it failed, or undefined. */
async function run(name: string, network: string): Promise<boolean> {
  const startedAt = performance.now()
  const program = new Program({ name, file: resolve(folder, name), env: { NETWORK: network, PORT: '0' } })
  running.add(program)
  const cancel = new AbortController()
  const timeout = sleep(timeoutMs, undefined, { signal: cancel.signal }).catch(() => undefined)
  const end = await Promise.race([program.ended, timeout])
  cancel.abort()
  if (end === undefined) await program.kill()
  running.delete(program)

  const seconds = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`.padStart(7)
  const failure = findFailure(program, end === undefined ? `no end after ${timeoutMs} ms` : describeEnd(end))
  console.log(`${failure === undefined ? 'passed' : 'FAILED'} ${seconds}  ${name}`)
  if (failure === undefined) return true
  console.log(`    ${failure}`)
  console.log('    all that it printed:')
  for (const line of program.lines) console.log(`      | ${line}`)
  return false
}

function findFailure(program: Program, end: string): string | undefined {
  if (end !== 'exit code 0') return `it ended with ${end}`
  if (program.complaints.length > 0) return `it complained: ${program.complaints[0]}`
  const expected = expectedOutputs[program.name]
  if (expected === undefined) return 'nothing is expected of it: add it to expected.ts'
  return findDifference(expected, program.lines)
}

/** All examples there are, those that wait most first. */
async function findExamples(): Promise<string[]> {
  const notExamples = new Set(['run-all.ts', 'expected.ts'])
  const files = await readdir(folder)
  const names = files.filter((name) => name.endsWith('.ts') && !notExamples.has(name)).toSorted()
  const missing = Object.keys(expectedOutputs).filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`expected.ts names what is not there: ${missing.join(', ')}`)
  return [...slow.filter((name) => names.includes(name)), ...names.filter((name) => !slow.includes(name))]
}

function choose(names: string[], wanted: string[]): string[] {
  const unknown = wanted.filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new Error(`there is no example ${unknown.join(', ')}; there are:\n${names.join('\n')}`)
  return wanted.length === 0 ? names : wanted
}

/** The coordinator, which began first, goes last: the others take leave of it. */
async function endAll(): Promise<void> {
  const [coordinator, ...others] = running
  await Promise.all(others.map((program) => program.end()))
  await coordinator?.end()
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endAll().then(
      () => process.exit(1),
      () => process.exit(1)
    )
  })
}

const names = choose(await findExamples(), process.argv.slice(2))
const startedAt = performance.now()
const starting = startCoordinator()
const { coordinator } = starting
running.add(coordinator)
const address = await starting.address.catch(async (error: unknown) => {
  await endAll()
  console.log(coordinator.lines.join('\n'))
  throw error
})
console.log(`a network runs at ${address}; ${names.length} examples run in it`)

// They use different kinds of containers, so that they do not disturb each other.
const queue = [...names]
let passed = 0
const workers = Array.from({ length: Math.max(3, availableParallelism()) }, async () => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (await run(name, address)) passed++
  }
})
try {
  await Promise.all(workers)
} finally {
  await endAll()
}

const failed = names.length - passed
const end = await coordinator.ended
if (end.code !== 0)
  console.log(`the coordinator ended with ${describeEnd(end)}:`, coordinator.lines.join('\n'))
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`${passed} passed, ${failed} failed in ${seconds} s`)
if (failed > 0 || passed === 0 || end.code !== 0) process.exitCode = 1
