import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** The functions in which most of the time was spent, of each profile in a folder. */
export function profileSummaries(folder: string, most = 15): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .toSorted()
    .map((name) => {
      const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile
      return [name, ...selfTimes(profile).slice(0, most)].join('\n  ')
    })
}

function selfTimes({ nodes, samples, timeDeltas }: Profile): string[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, frameName(callFrame)]))
  const times = new Map<string, number>()
  let total = 0
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? '?'
    const took = timeDeltas[index] ?? 0
    // Waiting is no work.
    if (name.startsWith('(idle)') || name.startsWith('(program)')) continue
    times.set(name, (times.get(name) ?? 0) + took)
    total += took
  }
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, took]) => `${((took / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
}

function frameName({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  const file = url.split('/').slice(-2).join('/')
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`
}
