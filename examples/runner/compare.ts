const placeholders: Readonly<Record<string, string>> = {
  '<uuid>': '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  '<port>': '[1-9][0-9]{3,4}',
  '<number>': '[0-9]+(?:\\.[0-9]+)?',
  '<text>': '.+'
}

const anyOrder = '~ '

/** One line that is expected, as it is written and as it is looked for. */
interface ExpectedLine {
  readonly text: string
  readonly pattern: RegExp
}

/**
 * Compares what a program printed with what it must print: all lines, and nothing else.
 *
 * @param expected see `../expected.ts`
 * @returns what differs; undefined when nothing does
 */
export function findDifference(expected: string, printed: readonly string[]): string | undefined {
  const groups = groupsOf(expected)
  if (groups.length === 0) return 'nothing is expected of it: write down what it must print'
  const rest = [...printed]
  for (const group of groups) {
    const open = [...group]
    while (open.length > 0) {
      const line = rest.shift()
      const wanted = open.map(({ text }) => text).join('\n    or: ')
      if (line === undefined) return `it ended, but should have printed:\n        ${wanted}`
      const found = open.findIndex(({ pattern }) => pattern.test(line))
      if (found < 0) return `it printed:\n        ${line}\n    instead of:\n        ${wanted}`
      open.splice(found, 1)
    }
  }
  return rest.length === 0 ? undefined : `it went on to print:\n        ${rest[0]}`
}

/** Groups of lines: those of one group may come in any order. */
function groupsOf(expected: string): ExpectedLine[][] {
  const groups: ExpectedLine[][] = []
  let openGroup: ExpectedLine[] | undefined
  for (const line of expected.split('\n')) {
    if (line === '') continue
    if (!line.startsWith(anyOrder)) {
      groups.push([expectedLine(line)])
      openGroup = undefined
    } else if (openGroup === undefined) {
      openGroup = [expectedLine(line.slice(anyOrder.length))]
      groups.push(openGroup)
    } else {
      openGroup.push(expectedLine(line.slice(anyOrder.length)))
    }
  }
  return groups
}

function expectedLine(text: string): ExpectedLine {
  const source = text
    .split(/(<[a-z]+>)/)
    .map((part) => placeholders[part] ?? escape(part))
    .join('')
  return { text, pattern: new RegExp(`^${source}$`) }
}

/** Text as a pattern that matches it alone. */
function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
