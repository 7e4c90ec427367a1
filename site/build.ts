/**
 * `pnpm docs:build`: the documentation as a site with search, in `site/dist/`. Pages are those of the repository,
 * the API reference comes from the doc comments of the packages. It fails when an export has no doc comment, or
 * a link leads nowhere.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeApiReference } from './stage/api.ts'
import { navigation } from './stage/navigation.ts'
import { PageImages } from './stage/page-images.ts'
import { documentPages, slugOfApiPage, type SitePage } from './stage/pages.ts'
import { SourcePages } from './stage/source-pages.ts'
import { stagePage } from './stage/stage-page.ts'

const here = import.meta.dirname
const root = join(here, '..')
const apiFolder = join(here, '.tmp/api')
const content = join(here, 'src/content/docs')
/** Where the site will stand: `/` unless told otherwise. */
const base = `/${process.env['DOCS_BASE'] ?? ''}/`.replaceAll(/\/{2,}/g, '/')

await Promise.all([apiFolder, content].map((folder) => rm(folder, { recursive: true, force: true })))
await writeApiReference(root, apiFolder)

const pages: SitePage[] = await documentPages(root)
for await (const path of glob('**/*.md', { cwd: apiFolder })) {
  const file = join(apiFolder, path)
  pages.push({ file, slug: slugOfApiPage(path), text: await readFile(file, 'utf8') })
}

const sources = new SourcePages(root)
const images = new PageImages(base)
const slugs = new Map(pages.map(({ file, slug }) => [file, slug]))
for (const page of pages) await write(page.slug, await stagePage(page, { slugs, sources, images, base }))
for (const { slug, text } of await sources.pages()) await write(slug, text)
await images.copyTo(join(here, 'public'))
await writeFile(join(here, '.tmp/site.json'), JSON.stringify({ base, sidebar: navigation(pages) }))

const astro = spawn(process.execPath, [join(here, 'node_modules/astro/bin/astro.mjs'), 'build'], {
  cwd: here,
  stdio: 'inherit',
  env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' }
})
const [exitCode] = (await once(astro, 'close')) as [number | null]
process.exitCode = exitCode ?? 1

async function write(slug: string, text: string): Promise<void> {
  const file = join(content, `${slug}.md`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
