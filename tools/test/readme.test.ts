import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../command.ts'
import { parsePage, typescriptBlocks } from '../docs/page.ts'

// A whole network starts here, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const root = join(import.meta.dirname, '../..')

describe('the small example of the README', () => {
  let folder: string
  let source: string

  beforeAll(async () => {
    // Within the repository, so that the packages are found.
    await mkdir(join(root, '.tmp'), { recursive: true })
    folder = await mkdtemp(join(root, '.tmp/readme-'))
    const page = parsePage('README.md', await readFile(join(root, 'README.md'), 'utf8'))
    source = typescriptBlocks(page)[0]?.source ?? ''
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is at most 25 lines long and has no cast', () => {
    expect(source).toContain('defineService')
    expect(source.split('\n').length).toBeLessThanOrEqual(25)
    expect(source).not.toMatch(/\b(as|any|unknown|satisfies)\b|@ts-|[\w)]!/)
  })

  it('prints what its comments say', async () => {
    await writeFile(join(folder, 'hello.ts'), source)
    const node = join(root, 'node_modules/.bin/node')
    const run = await runCommand(node, ['--conditions=source', join(folder, 'hello.ts')], root)
    expect(run).toMatchObject({ exitCode: 0, stdout: 'now 42\n42\n' })
  })
})
