import { visit } from 'unist-util-visit'
import type { Finding, Page } from './page.ts'

/** Commands of pnpm itself that a page may name. */
const ownCommands = new Set(['add', 'audit', 'dlx', 'exec', 'install', 'outdated', 'pack', 'publish', 'why'])

/** `pnpm xyz` in code, where package.json has no script xyz. */
export function findUnknownCommands({ path, tree }: Page, scripts: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = []
  visit(tree, (node) => {
    if (node.type !== 'code' && node.type !== 'inlineCode') return
    // A fence takes the first line of a block.
    const firstLine = (node.position?.start.line ?? 0) + (node.type === 'code' ? 1 : 0)
    for (const [index, text] of node.value.split('\n').entries()) {
      for (const [, command = ''] of text.matchAll(/\bpnpm(?:@[\d.]+)? +(?:run +)?([a-z][\w:-]*)/g)) {
        if (scripts.has(command) || ownCommands.has(command)) continue
        findings.push({ path, line: firstLine + index, message: `package.json has no script '${command}'` })
      }
    }
  })
  return findings
}
