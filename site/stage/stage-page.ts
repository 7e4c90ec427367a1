import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import type { PageImages } from './page-images.ts'
import type { SitePage } from './pages.ts'
import type { SourcePages } from './source-pages.ts'

/** Where links may lead. */
export interface Surroundings {
  /** The slug of each page, by its file. */
  readonly slugs: ReadonlyMap<string, string>
  readonly sources: Pick<SourcePages, 'slugFor'>
  readonly images: Pick<PageImages, 'urlFor'>
  /** What every path of the site begins with. */
  readonly base: string
}

/** A piece of the text that is to be replaced. */
interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
}

type Tree = ReturnType<typeof fromMarkdown>

/**
 * A page of the repository as the site's generator wants it: its first heading as the title, links that lead to
 * pages of the site, and Mermaid pictures as elements that the browser draws.
 */
export async function stagePage(page: SitePage, surroundings: Surroundings): Promise<string> {
  const tree = fromMarkdown(page.text)
  const heading = tree.children.find((node) => node.type === 'heading' && node.depth === 1)
  const title = heading === undefined ? page.slug : toString(heading)
  const changes = [
    ...pictures(tree),
    ...images(tree, page, surroundings),
    ...(await links(tree, page, surroundings))
  ]
  if (heading !== undefined) changes.push({ ...placeOf(heading), text: '' })
  // The first page is where its file is; named, it would be at /index/.
  const slug = page.slug === 'index' ? [] : [`slug: ${JSON.stringify(page.slug)}`]
  const head = ['---', `title: ${JSON.stringify(title)}`, ...slug, '---', '']
  return head.join('\n') + apply(page.text, changes)
}

function pictures(tree: Tree): Change[] {
  const changes: Change[] = []
  visit(tree, 'code', (node) => {
    if (node.lang !== 'mermaid') return
    const source = node.value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    changes.push({ ...placeOf(node), text: `<pre class="mermaid">\n${source}\n</pre>` })
  })
  return changes
}

function images(tree: Tree, { file }: SitePage, surroundings: Surroundings): Change[] {
  const changes: Change[] = []
  visit(tree, 'image', (node) => {
    if (/^[a-z][a-z\d+.-]*:/i.test(node.url)) return
    const url = surroundings.images.urlFor(resolve(dirname(file), decodeURI(node.url)))
    changes.push({ ...placeOf(node), text: `![${node.alt ?? ''}](${url})` })
  })
  return changes
}

async function links(tree: Tree, page: SitePage, surroundings: Surroundings): Promise<Change[]> {
  const found: { url: string; start: number; end: number; label: { start: number; end: number } }[] = []
  visit(tree, (node) => {
    if (node.type !== 'link') return
    const first = node.children[0]
    const last = node.children.at(-1)
    if (first === undefined || last === undefined) return
    const label = { start: placeOf(first).start, end: placeOf(last).end }
    found.push({ url: node.url, ...placeOf(node), label })
  })
  const changes: Change[] = []
  for (const { url, start, end, label } of found) {
    if (/^[a-z][a-z\d+.-]*:/i.test(url) || url.startsWith('#')) continue
    const text = page.text.slice(label.start, label.end)
    const target = await resolveLink(url, page, surroundings)
    changes.push({ start, end, text: target === undefined ? text : `[${text}](${target})` })
  }
  return changes
}

/** Where a link of a page leads on the site; undefined for a folder, which has no page. */
async function resolveLink(
  url: string,
  { file }: SitePage,
  { slugs, sources, base }: Surroundings
): Promise<string | undefined> {
  const [path = '', anchor] = url.split('#', 2)
  const target = resolve(dirname(file), decodeURI(path))
  const hash = anchor === undefined ? '' : `#${anchor}`
  const slug = slugs.get(target)
  if (slug !== undefined) return slug === 'index' ? `${base}${hash}` : `${base}${slug}/${hash}`
  const found = await stat(target).catch(() => undefined)
  if (found === undefined) throw new Error(`${file}: link ${url} leads nowhere`)
  return found.isFile() ? `${base}${sources.slugFor(target)}/` : undefined
}

function placeOf({ position }: { readonly position?: Tree['position'] }): { start: number; end: number } {
  return { start: position?.start.offset ?? 0, end: position?.end.offset ?? 0 }
}

function apply(text: string, changes: readonly Change[]): string {
  let result = text
  for (const { start, end, text } of changes.toSorted((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + text + result.slice(end)
  }
  return result
}
