/** Writes `llms.txt`, the list of all pages for programs that read them; `--check` only says whether it is right. */

import { glob, readFile, writeFile } from 'node:fs/promises'
import { llmsText } from './docs/llms.ts'
import { parsePage } from './docs/page.ts'

const file = 'llms.txt'
const patterns = ['*.md', 'docs/**/*.md', '{examples,bench,chaos,sim}/README.md', 'pods/*/README.md']

const pages = []
for (const pattern of patterns) {
  for await (const path of glob(pattern)) pages.push(parsePage(path, await readFile(path, 'utf8')))
}
const text = llmsText(pages)
if (!process.argv.includes('--check')) {
  await writeFile(file, text)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error(`${file} does not list the pages as they are: run node tools/llms.ts`)
  process.exitCode = 1
}
