/**
 * Checks the documentation: links and anchors lead somewhere, docs/README.md lists all pages beside it, `pnpm`
 * commands exist, and the TypeScript in README.md, docs/ and the `@example`s of packages/ compiles against the
 * packages' sources. A block that is no program is marked ```` ```ts fragment ````. One with a ```` ```text ````
 * block right behind it is run, and must print exactly that.
 */

import { glob, readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { findUnknownCommands } from './docs/commands.ts'
import { compileBlocks } from './docs/compile.ts'
import { findBrokenLinks, findUnlisted } from './docs/links.ts'
import { parsePage, typescriptBlocks } from './docs/page.ts'
import type { Finding } from './docs/page.ts'
import { runBlocks } from './docs/run.ts'
import { exampleBlocks } from './docs/tsdoc.ts'

const root = process.cwd()
const ignored = ['**/node_modules/**', '**/dist/**', '**/.tmp/**', '.git/**', 'site/src/content/**']

async function filesMatching(pattern: string): Promise<string[]> {
  const found: string[] = []
  for await (const path of glob(pattern, { cwd: root, exclude: ignored })) found.push(relative('.', path))
  return found.toSorted()
}

const manifest = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8')) as {
  scripts?: Record<string, string>
}
const scripts = new Set(Object.keys(manifest.scripts ?? {}))

const markdown = [...(await filesMatching('**/*.md')), ...(await filesMatching('.github/**/*.md'))]
const pages = await Promise.all(
  [...new Set(markdown)].map(async (path) => parsePage(path, await readFile(resolve(root, path), 'utf8')))
)
const findings: Finding[] = [
  ...(await findBrokenLinks(root, pages)),
  ...findUnlisted(pages, 'docs/README.md'),
  ...pages.flatMap((page) => findUnknownCommands(page, scripts))
]

const programs = pages
  .filter(({ path }) => path === 'README.md' || path.startsWith('docs/'))
  .flatMap((page) => typescriptBlocks(page))
for (const path of await filesMatching('packages/*/src/**/*.ts')) {
  const { blocks, findings: unfenced } = exampleBlocks(path, await readFile(resolve(root, path), 'utf8'))
  programs.push(...blocks)
  findings.push(...unfenced)
}
const mistakes = await compileBlocks(root, programs)
findings.push(...mistakes)
// What does not compile need not be run.
if (mistakes.length === 0) findings.push(...(await runBlocks(root, programs)))

for (const { path, line, message } of findings) console.error(`${path}:${line} ${message}`)
if (findings.length > 0) process.exitCode = 1
else {
  const run = programs.filter(({ output }) => output !== undefined).length
  console.log(`docs: ${pages.length} pages and ${programs.length} programs are in order, ${run} of them run`)
}
