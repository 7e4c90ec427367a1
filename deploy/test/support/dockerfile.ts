import { read } from './files.ts'

/** One line of a Dockerfile, its continuations joined. */
export interface Instruction {
  readonly name: string
  readonly text: string
}

/** The stages of a Dockerfile, in order; each begins with its FROM. */
export function readStages(path: string): Instruction[][] {
  const stages: Instruction[][] = []
  const source = read(path)
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
  for (const line of source.split('\n')) {
    if (line.trim() === '') continue
    const [, name = '', text = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? []
    if (name === '') throw new Error(`${path}: what is '${line}'?`)
    if (name === 'FROM') stages.push([])
    // An ARG before the first FROM belongs to none.
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** The last instruction of a name in the last stage, which is what the image says. */
export function lastOf(path: string, name: string): string {
  const found = readStages(path)
    .at(-1)
    ?.findLast((instruction) => instruction.name === name)
  if (found === undefined) throw new Error(`${path} has no ${name}`)
  return found.text
}

/** The program of a CMD, or of the CMD in a HEALTHCHECK. */
export function command(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[]
}
