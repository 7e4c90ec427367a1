import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { runCommand } from '../command.ts'
import type { Block, Finding } from './page.ts'

/** Where the blocks lie as files. */
export function blocksFolder(root: string): string {
  return join(root, '.tmp/docs-check')
}

/** The file of a block, by its place among all of them. */
export function blockFile(index: number): string {
  return `block-${index}.ts`
}

/** What tsc says of the blocks, each compiled as a module of its own. */
export async function compileBlocks(root: string, blocks: readonly Block[]): Promise<Finding[]> {
  if (blocks.length === 0) return []
  const folder = blocksFolder(root)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const origins = new Map<string, Block>()
  const titled = new Map<string, string>()
  for (const [index, { path, title }] of blocks.entries()) {
    if (title !== undefined) titled.set(join(root, dirname(path), title), join(folder, blockFile(index)))
  }
  for (const [index, block] of blocks.entries()) {
    const name = blockFile(index)
    origins.set(name, block)
    // Leading empty lines make the compiler's line numbers those of the page.
    await writeFile(
      join(folder, name),
      '\n'.repeat(block.line - 1) + fromFolder(root, folder, block, titled) + '\n'
    )
  }
  const tsconfig = {
    extends: '../../tsconfig.check.json',
    compilerOptions: { moduleDetection: 'force', noUnusedLocals: false, noUnusedParameters: false },
    include: ['*.ts']
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const compiler = join(root, 'node_modules/.bin/tsc')
  const { exitCode, stdout, stderr } = await runCommand(compiler, ['-p', folder, '--pretty', 'false'], root)
  if (exitCode !== 0 && stdout === '') throw new Error(`tsc failed: ${stderr}`)
  return stdout.split('\n').flatMap((line) => {
    if (!/\berror TS\d+:/.test(line)) return []
    const match = /(block-\d+\.ts)\((\d+),\d+\): (.*)$/.exec(line)
    const block = match === null ? undefined : origins.get(match[1] ?? '')
    // An error in a package's own source stops the check as well: the blocks rest on it.
    if (match === null || block === undefined) return [{ path: 'package sources', line: 0, message: line }]
    return [{ path: block.path, line: Number(match[2]), message: match[3] ?? '' }]
  })
}

/**
 * The block's source, its relative imports made to lead where they lead from the block's own file, or to the block with
 * that title.
 */
function fromFolder(
  root: string,
  folder: string,
  { path, source }: Block,
  titled: ReadonlyMap<string, string>
): string {
  const home = dirname(join(root, path))
  return source.replaceAll(/(\bfrom |\bimport\()'(\.[^']*)'/g, (_, before: string, target: string) => {
    const whole = join(home, target)
    const way = relative(folder, titled.get(whole) ?? whole)
    return `${before}'${way.startsWith('.') ? way : `./${way}`}'`
  })
}
