import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { blockFile, blocksFolder } from './compile.ts'
import type { Block, Finding } from './page.ts'

const timeoutMs = 60_000

/** Runs the blocks whose output the page tells, and says where they print something else. They lie there compiled. */
export async function runBlocks(root: string, blocks: readonly Block[]): Promise<Finding[]> {
  const waiting = blocks.flatMap((block, index) =>
    block.output === undefined ? [] : [{ block, output: block.output, file: blockFile(index) }]
  )
  const findings: Finding[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { path, line } = next.block
      const message = await problemOf(join(blocksFolder(root), next.file), next.output, root)
      if (message !== undefined) findings.push({ path, line, message })
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return findings.toSorted((a, b) => a.path.localeCompare(b.path) || a.line - b.line)
}

async function problemOf(file: string, output: string, root: string): Promise<string | undefined> {
  const options = ['--conditions=source', file]
  const ended = await runCommand(process.execPath, options, root, { timeoutMs }).catch(() => undefined)
  if (ended === undefined) return `the program has not ended after ${timeoutMs / 1000} s`
  const { exitCode, stdout, stderr } = ended
  if (exitCode !== 0) return `the program ends with exit code ${exitCode}: ${stderr.trim()}`
  const printed = stdout.trimEnd().split('\n')
  const expected = output.split('\n')
  for (let line = 0; line < Math.max(printed.length, expected.length); line++) {
    if (printed[line] === expected[line]) continue
    return `the program prints ${quoted(printed[line])} where the page says ${quoted(expected[line])}`
  }
  return undefined
}

function quoted(line: string | undefined): string {
  return line === undefined ? 'nothing more' : JSON.stringify(line)
}
