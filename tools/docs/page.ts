import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'

/** Something wrong, and where. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** A TypeScript program inside a file. `line` is the line of its first statement. */
export interface Block {
  readonly path: string
  readonly line: number
  readonly source: string
  /** The file that its reader is told to save it as, which others on the page may import. */
  readonly title?: string
  /** What it must print: the ```` ```text ```` block right behind it, if there is one. */
  readonly output?: string
}

type Tree = ReturnType<typeof fromMarkdown>

/** A markdown file, and the anchors that a link may name. */
export interface Page {
  readonly path: string
  readonly tree: Tree
  readonly anchors: ReadonlySet<string>
}

/** Reads a markdown file. A YAML head, as issue templates have, is blanked out: line numbers stay. */
export function parsePage(path: string, text: string): Page {
  const head = /^---\n[\s\S]*?\n---\n/.exec(text)?.[0] ?? ''
  const tree = fromMarkdown(head.replaceAll(/[^\n]/g, '') + text.slice(head.length))
  return { path, tree, anchors: anchorsOf(tree) }
}

/** The TypeScript blocks of a page that claim to be programs. */
export function typescriptBlocks({ path, tree }: Page): Block[] {
  const blocks: Block[] = []
  visit(tree, 'code', ({ lang, meta, value, position }, index, parent) => {
    if (lang !== 'ts' && lang !== 'typescript') return
    if (meta?.split(/\s+/).includes('fragment') === true) return
    const title = titleOf(meta)
    const next = parent?.children[(index ?? 0) + 1]
    const output = next?.type === 'code' && next.lang === 'text' ? { output: next.value } : {}
    const line = (position?.start.line ?? 0) + 1
    blocks.push({ path, line, source: value, ...(title !== undefined && { title }), ...output })
  })
  return blocks
}

/** What follows the language of a block may name its file: `title="agent.mts"`. */
export function titleOf(meta: string | null | undefined): string | undefined {
  return /\btitle="([^"]+)"/.exec(meta ?? '')?.[1]
}

/** Anchors as GitHub makes them from headings, and those written as HTML. */
function anchorsOf(tree: Tree): Set<string> {
  const slugger = new GithubSlugger()
  const anchors = new Set<string>()
  visit(tree, (node) => {
    if (node.type === 'heading') anchors.add(slugger.slug(toString(node)))
    if (node.type !== 'html') return
    for (const [, name] of node.value.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(name ?? '')
  })
  return anchors
}
