import { visit } from 'unist-util-visit'
import { titleOf, type Page } from './page.ts'

/** What a guide tells its reader to do: files to save, commands to type, and what the last of them prints. */
export interface Guide {
  readonly files: ReadonlyMap<string, string>
  readonly commands: readonly string[]
  readonly output: string
}

/**
 * Reads a guide off its page: `ts` blocks with a title are files, and its one block ```` ```sh ```` without further
 * words has a command in each line. The ```` ```text ```` block after that is what the last command prints.
 */
export function readGuide({ tree, path }: Page): Guide {
  const files = new Map<string, string>()
  let commands: string[] | undefined
  let output: string | undefined
  visit(tree, 'code', ({ lang, meta, value }) => {
    const title = titleOf(meta)
    if (title !== undefined) files.set(title, value)
    else if (lang === 'sh' && (meta ?? '') === '') commands ??= value.split('\n')
    else if (lang === 'text' && commands !== undefined) output ??= value
  })
  if (commands === undefined || output === undefined) {
    throw new Error(`${path} lists no commands, or does not say what the last one prints`)
  }
  return { files, commands, output }
}
