import { stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { visit } from 'unist-util-visit'
import type { Finding, Page } from './page.ts'

/** Relative links whose file or anchor is not there. Links to other sites are not followed. */
export async function findBrokenLinks(root: string, pages: readonly Page[]): Promise<Finding[]> {
  const byPath = new Map(pages.map((page) => [page.path, page]))
  const findings: Finding[] = []
  for (const page of pages) {
    for (const { line, url } of linksOf(page)) {
      const message = await problemOf(url, page, root, byPath)
      if (message !== undefined) findings.push({ path: page.path, line, message })
    }
  }
  return findings
}

/** Pages beside or below an index, such as `docs/README.md`, to which it has no link. None where there is no index. */
export function findUnlisted(pages: readonly Page[], index: string): Finding[] {
  const page = pages.find(({ path }) => path === index)
  if (page === undefined) return []
  const folder = dirname(index)
  const listed = new Set(linksOf(page).map(({ url }) => normalize(join(folder, url.split('#', 1)[0] ?? ''))))
  return pages
    .filter(({ path }) => path.startsWith(`${folder}/`) && path !== index && !listed.has(path))
    .map(({ path }) => ({ path, line: 1, message: `${index} does not list this page` }))
}

function linksOf({ tree }: Page): { line: number; url: string }[] {
  const links: { line: number; url: string }[] = []
  visit(tree, (node) => {
    if (node.type !== 'link' && node.type !== 'image' && node.type !== 'definition') return
    links.push({ line: node.position?.start.line ?? 0, url: node.url })
  })
  return links
}

async function problemOf(
  url: string,
  page: Page,
  root: string,
  pages: ReadonlyMap<string, Page>
): Promise<string | undefined> {
  if (/^[a-z][a-z\d+.-]*:/i.test(url)) return undefined
  const [file = '', anchor] = url.split('#', 2)
  if (file.startsWith('/')) return `link ${url} is not relative`
  const target = file === '' ? page.path : normalize(join(dirname(page.path), decodeURI(file)))
  if (target.startsWith('..')) return `link ${url} leaves the repository`
  if (!(await exists(join(root, target)))) return `link ${url}: there is no ${target}`
  if (anchor === undefined || anchor === '') return undefined
  const targetPage = pages.get(target)
  if (targetPage === undefined) return undefined
  if (targetPage.anchors.has(decodeURIComponent(anchor))) return undefined
  return `link ${url}: ${target} has no heading #${anchor}`
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false
  )
}
