import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readGuide } from '../docs/guide.ts'
import { llmsText } from '../docs/llms.ts'
import { parsePage } from '../docs/page.ts'
import type { PackedPackage } from '../packages/pack.ts'
import { startRegistry } from '../packages/registry.ts'
import { compareSizes, recordSizes } from '../packages/sizes.ts'

const fence = '```'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packages-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function packed(name: string, bytes: number): PackedPackage {
  const manifest = { name, version: '1.2.3', dependencies: { other: '1.0.0' } }
  return { folder: 'packages/some', manifest, tarball: join(folder, 'some-1.2.3.tgz'), bytes }
}

describe('the registry that stands in for npm', () => {
  it('tells what there is and hands out the tarball, and nothing else', async () => {
    await writeFile(join(folder, 'some-1.2.3.tgz'), 'packed')
    await using registry = await startRegistry([packed('@scope/some', 6)], 0)
    const answer = await fetch(`${registry.url}/@scope%2fsome`)
    const { versions, ...rest } = (await answer.json()) as any
    expect(rest).toStrictEqual({ name: '@scope/some', 'dist-tags': { latest: '1.2.3' } })
    const { dist, dependencies } = versions['1.2.3']
    expect(dependencies).toStrictEqual({ other: '1.0.0' })
    expect(dist.integrity).toMatch(/^sha512-/)
    expect(await (await fetch(dist.tarball)).text()).toBe('packed')
    expect((await fetch(`${registry.url}/other`)).status).toBe(404)
    expect((await fetch(`${registry.url}/%zz`)).status).toBe(404)
  })
})

describe('the sizes of packages', () => {
  it('may differ a little from those on record', () => {
    const packages = ['a', 'b', 'c', 'd'].map((name) => packed(name, 1000))
    expect(compareSizes(packages, JSON.parse(recordSizes(packages)))).toStrictEqual([])
    expect(compareSizes(packages, { a: 950, b: 1000, c: 500, e: 1 })).toStrictEqual([
      'c has 1000 bytes where 500 are recorded (+100 %)',
      'd has 1000 bytes, and none are recorded',
      'e is recorded, and not packed any more'
    ])
  })
})

describe('a guide', () => {
  it('is read off its page: files, commands, and what the last one prints', () => {
    const page = parsePage(
      'guide.md',
      [
        `${fence}sh clone\nnot for the reader's folder\n${fence}`,
        `${fence}ts title="a.mts"\nlet a\n${fence}`,
        `${fence}sh\none\ntwo\n${fence}`,
        `${fence}text\ndone\n${fence}`
      ].join('\n\n')
    )
    expect(readGuide(page)).toStrictEqual({
      files: new Map([['a.mts', 'let a']]),
      commands: ['one', 'two'],
      output: 'done'
    })
    expect(() => readGuide(parsePage('empty.md', '# Nothing'))).toThrow('empty.md lists no commands')
  })
})

describe('llms.txt', () => {
  it('lists guides, reference and the rest, each with its first sentence', () => {
    const pages = [
      parsePage('docs/errors.md', '# Errors\n\nEvery error has a `code`. Match it.\n'),
      parsePage('docs/CORE_CONCEPTS.md', '# Core concepts\n\nFive words:\n'),
      parsePage('CHANGELOG.md', '# Changelog\n')
    ]
    const text = llmsText(pages)
    expect(text).toContain('## Guides\n\n- [Core concepts](docs/CORE_CONCEPTS.md): Five words.\n')
    expect(text).toContain('## Reference\n\n- [Errors](docs/errors.md): Every error has a code.\n')
    expect(text).toContain('## Optional\n\n- [Changelog](CHANGELOG.md)\n')
  })
})
