import { parsePage, typescriptBlocks } from './page.ts'
import type { Block, Finding } from './page.ts'

/** The programs in the `@example`s of a source file's doc comments, and the examples that have none. */
export function exampleBlocks(path: string, source: string): { blocks: Block[]; findings: Finding[] } {
  const blocks: Block[] = []
  const findings: Finding[] = []
  for (const { 0: comment, index } of source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    for (const { text, start } of examplesOf(comment)) {
      const linesBefore = source.slice(0, index + start).split('\n').length - 1
      const page = parsePage(path, text)
      let fences = 0
      for (const node of page.tree.children) if (node.type === 'code') fences++
      if (fences === 0)
        findings.push({ path, line: linesBefore + 1, message: '@example without a ```ts block' })
      for (const block of typescriptBlocks(page)) blocks.push({ ...block, line: block.line + linesBefore })
    }
  }
  return { blocks, findings }
}

/** Each `@example` up to the next block tag, as markdown of as many lines, and where in the comment it starts. */
function examplesOf(comment: string): { text: string; start: number }[] {
  const tag = /^[ \t]*(?:\/\*\*|\*)[ \t]*@example\b[^\n]*/gm
  return [...comment.matchAll(tag)].map(({ 0: heading, index }) => {
    const rest = comment.slice(index + heading.length)
    const end = /^[ \t]*\*[ \t]*(?:@[a-z]+\b|\/)/m.exec(rest)?.index ?? rest.length
    const text = rest.slice(0, end).replaceAll(/^[ \t]*\* ?/gm, '')
    return { text, start: index }
  })
}
