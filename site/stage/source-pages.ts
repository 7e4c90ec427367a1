import { readFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'

const languages: Readonly<Record<string, string>> = {
  '.ts': 'ts',
  '.mjs': 'js',
  '.json': 'json',
  '.html': 'html',
  '.yaml': 'yaml'
}

/** Files that pages link to, and that are no pages themselves: each gets one that shows it. */
export class SourcePages {
  private readonly root: string
  private readonly wanted = new Set<string>()

  constructor(root: string) {
    this.root = root
  }

  /** The page that will show a file. */
  slugFor(file: string): string {
    const path = relative(this.root, file)
    this.wanted.add(path)
    return slugOf(path)
  }

  /** All that have been asked for. */
  async pages(): Promise<{ slug: string; text: string }[]> {
    return await Promise.all(
      [...this.wanted].map(async (path) => {
        const source = await readFile(join(this.root, path), 'utf8')
        const slug = slugOf(path)
        const head = [
          '---',
          `title: ${JSON.stringify(path)}`,
          `slug: ${JSON.stringify(slug)}`,
          'pagefind: false'
        ]
        // Longer than any fence within the file.
        const fence = '`'.repeat(8)
        const text = [...head, '---', '', fence + (languages[extname(path)] ?? 'text'), source, fence, '']
        return { slug, text: text.join('\n') }
      })
    )
  }
}

function slugOf(path: string): string {
  return `source/${path
    .toLowerCase()
    .replaceAll(/[^a-z\d/-]+/g, '-')
    .replace(/^-/, '')}`
}
