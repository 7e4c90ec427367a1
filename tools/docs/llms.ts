import { toString } from 'mdast-util-to-string'
import type { Page } from './page.ts'

/** What `llms.txt` says before the lists of pages. */
const summary = `# Huly Virtual Network

> Live service objects, found by kind and name, wherever they run: a coordinator, agents that host containers, and clients that hold references to them. TypeScript, ESM, Node.js 22 and later; the packages are @hcengineering/network-core, -client, -server, -backrpc and -testing.

- Match errors on \`code\`, never on the message: docs/errors.md has all codes.
- A container's memory does not move with its name: keep state in a store, and fence it by \`context.token\`.
- There is no authentication or encryption yet: private networks only.
`

/** The parts of the list, and which pages belong there. The first that matches has it. */
const parts: readonly (readonly [string, RegExp])[] = [
  ['Guides', /^(README|docs\/[A-Z_]+)\.md$/],
  ['Reference', /^(docs\/[a-z]+|ARCHITECTURE|examples\/README|pods\/[^/]+\/README)\.md$/],
  ['Optional', /^(docs\/decisions\/.*|(bench|chaos|sim)\/README|CONTRIBUTING|CHANGELOG)\.md$/]
]

/** The contents of `llms.txt`: what there is to read, for programs that read documentation. */
export function llmsText(pages: readonly Page[]): string {
  const sorted = pages.filter(({ path }) => path !== 'docs/README.md').toSorted(byPath)
  const rest = new Set(sorted)
  const sections = parts.map(([title, pattern]) => {
    const lines = [...rest].flatMap((page) => {
      if (!pattern.test(page.path)) return []
      rest.delete(page)
      return [entry(page)]
    })
    return `## ${title}\n\n${lines.join('\n')}\n`
  })
  return [summary, ...sections].join('\n')
}

/** Not by locale, which differs between machines. */
function byPath(a: Page, b: Page): number {
  return a.path < b.path ? -1 : 1
}

/** A page, and the first sentence that it says. */
function entry({ path, tree }: Page): string {
  const heading = tree.children.find((node) => node.type === 'heading')
  const paragraph = tree.children.find((node) => node.type === 'paragraph')
  const text = paragraph === undefined ? '' : toString(paragraph).replaceAll(/\s+/g, ' ')
  const sentence = /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
  const link = `- [${heading === undefined ? path : toString(heading)}](${path})`
  return sentence === '' ? link : `${link}: ${sentence}`
}
