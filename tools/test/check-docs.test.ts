import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../command.ts'

// Real tools run here, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const repository = join(import.meta.dirname, '../..')
const fence = '```'

let project: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'docs-check-'))
  for (const file of ['tsconfig.base.json', 'tsconfig.check.json']) {
    await cp(join(repository, file), join(project, file))
  }
  await symlink(join(repository, 'node_modules'), join(project, 'node_modules'))
  await write({ 'package.json': '{ "type": "module", "scripts": { "start": "true" } }' })
})

afterEach(() => rm(project, { recursive: true, force: true }))

describe('the check of the docs', () => {
  it('passes pages that are in order', async () => {
    await write({
      'README.md': [
        '# Title\n\n[guide](docs/guide.md#the-end) [up](#title) [site](https://example.org/x)\n',
        'Run `npx -y pnpm@12 start`.\n',
        `${fence}ts\nconst answer: number = await Promise.resolve(42)\n${fence}\n`,
        `${fence}ts\nconsole.log('two')\nconsole.log('lines')\n${fence}\n\n${fence}text\ntwo\nlines\n${fence}\n`,
        `${fence}ts fragment\nclass Mine implements Unknown { … }\n${fence}\n`
      ].join('\n'),
      'docs/guide.md': '# Guide\n\n## The `end`\n\n[back](../README.md)\n',
      'packages/some/src/index.ts': [
        '/**',
        ' * Some.',
        ' *',
        ' * @example',
        ' * ```ts',
        " * import { some } from './index.ts'",
        ' * const one: 1 = some',
        ' * ```',
        ' */',
        'export const some = 1\n'
      ].join('\n')
    })
    expect(await checkDocs()).toStrictEqual({
      exitCode: 0,
      stderr: '',
      stdout: 'docs: 2 pages and 3 programs are in order, 1 of them run\n'
    })
  })

  it('names the line of each fault', async () => {
    await write({
      'README.md': [
        '[gone](docs/gone.md)',
        '[no such part](docs/guide.md#missing)',
        '[outside](../elsewhere.md)',
        '`pnpm nonsense`',
        '',
        `${fence}sh\nnpx -y pnpm@12 start\nnpx -y pnpm@12 test:nothing\n${fence}`
      ].join('\n'),
      'docs/guide.md': `# Guide\n\n- item\n\n  ${fence}typescript\n  const a = 1\n  const b: string = a\n  ${fence}\n`,
      'packages/some/src/index.ts': [
        '/**',
        ' * Some.',
        ' *',
        ' * @example',
        ' * ```ts',
        ' * const some: string = 1',
        ' * ```',
        ' * @returns nothing',
        ' */',
        'export const some = 1',
        '/** @example some() */',
        'export const other = 1\n'
      ].join('\n')
    })
    const { exitCode, stderr } = await checkDocs()
    expect(exitCode).toBe(1)
    expect(stderr.trim().split('\n').toSorted()).toStrictEqual([
      'README.md:1 link docs/gone.md: there is no docs/gone.md',
      'README.md:2 link docs/guide.md#missing: docs/guide.md has no heading #missing',
      'README.md:3 link ../elsewhere.md leaves the repository',
      "README.md:4 package.json has no script 'nonsense'",
      "README.md:8 package.json has no script 'test:nothing'",
      "docs/guide.md:7 error TS2322: Type 'number' is not assignable to type 'string'.",
      'packages/some/src/index.ts:11 @example without a ```ts block',
      "packages/some/src/index.ts:6 error TS2322: Type 'number' is not assignable to type 'string'."
    ])
  })

  it('names pages that the index of the docs does not list', async () => {
    await write({
      'docs/README.md':
        '# Docs\n\n[guide](guide.md#guide) [first](decisions/0001-first.md) [up](../README.md)\n',
      'docs/guide.md': '# Guide\n',
      'docs/decisions/0001-first.md': '# First\n',
      'docs/decisions/0002-second.md': '# Second\n',
      'README.md': '# Title\n'
    })
    const { exitCode, stderr } = await checkDocs()
    expect(exitCode).toBe(1)
    expect(stderr.trim()).toBe('docs/decisions/0002-second.md:1 docs/README.md does not list this page')
  })

  it('runs a program whose output stands behind it, and says what differs', async () => {
    await write({
      'README.md': [
        `${fence}ts\nconsole.log('one')\nconsole.log('too')\n${fence}\n\n${fence}text\none\ntwo\n${fence}\n`,
        `${fence}ts\nthrow new Error('broken')\n${fence}\n\n${fence}text\nwhole\n${fence}\n`
      ].join('\n')
    })
    const { exitCode, stderr } = await checkDocs()
    expect(exitCode).toBe(1)
    expect(stderr).toContain('README.md:2 the program prints "too" where the page says "two"')
    expect(stderr).toContain('README.md:12 the program ends with exit code 1: ')
    expect(stderr).toContain('Error: broken')
  })
})

async function write(files: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, file)), { recursive: true })
    await writeFile(join(project, file), text)
  }
}

function checkDocs() {
  return runCommand(process.execPath, [join(repository, 'tools/check-docs.ts')], project)
}
