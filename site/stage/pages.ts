import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A markdown file that becomes a page of the site. */
export interface SitePage {
  /** Its path on disk. */
  readonly file: string
  /** Where the site has it: `quickstart`, `decisions/0001-codec`. */
  readonly slug: string
  readonly text: string
}

/** The pages that are written by hand. */
const patterns = [
  '*.md',
  'docs/**/*.md',
  'examples/README.md',
  'bench/README.md',
  'chaos/README.md',
  'sim/README.md',
  'pods/*/README.md'
]

const ownNames: Readonly<Record<string, string>> = {
  'README.md': 'index',
  'docs/README.md': 'documentation'
}

/** All pages of the repository that belong to the site. */
export async function documentPages(root: string): Promise<SitePage[]> {
  const pages: SitePage[] = []
  for (const pattern of patterns) {
    for await (const path of glob(pattern, { cwd: root })) {
      const file = join(root, path)
      pages.push({ file, slug: slugOfDocument(path), text: await readFile(file, 'utf8') })
    }
  }
  return pages
}

/** Where a page of the repository stands: `docs/QUICKSTART_HA.md` is `quickstart-ha`. */
export function slugOfDocument(path: string): string {
  const own = ownNames[path]
  if (own !== undefined) return own
  const name = path.replace(/^(docs|pods)\//, '').replace(/(\/README)?\.md$/, '')
  return name.toLowerCase().replaceAll('_', '-')
}

/** Where a page of the API reference stands. Names that differ in case only would be one file on some machines. */
export function slugOfApiPage(path: string): string {
  return `api/${path.replace(/\.md$/, '').replace(/(^|\/)index$/, '')}`.replace(/\/$/, '').toLowerCase()
}
