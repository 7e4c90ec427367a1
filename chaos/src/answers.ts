import { now } from './history.ts'
import type { Answer } from './messages.ts'

/** What is waited for: an answer on each of these paths. */
export interface Expectation {
  readonly paths: readonly string[]
  readonly accept: (answer: Answer) => boolean
  readonly timeoutMs: number
}

/** How an expectation ended. */
export interface Arrival {
  /** When the last of the paths had its answer. */
  readonly at: number
  /** Paths without one. */
  readonly missing: readonly string[]
}

interface Waiting {
  readonly accept: Expectation['accept']
  readonly missing: Set<string>
  at: number
  readonly arrived: () => void
}

/** A client's way to a container. */
export function pathOf({ client, uuid, via }: Pick<Answer, 'client' | 'uuid' | 'via'>): string {
  return `${client} ${uuid} ${via}`
}

/** The answers that all clients of a cluster get. */
export class Answers {
  private readonly latest = new Map<string, Answer>()
  private readonly waiting = new Set<Waiting>()

  add(answer: Answer): void {
    const path = pathOf(answer)
    this.latest.set(path, answer)
    for (const waiting of this.waiting) {
      if (!waiting.missing.has(path) || !waiting.accept(answer)) continue
      waiting.missing.delete(path)
      waiting.at = Math.max(waiting.at, answer.at)
      if (waiting.missing.size === 0) waiting.arrived()
    }
  }

  /** The last one on this path. */
  last(path: string): Answer | undefined {
    return this.latest.get(path)
  }

  /** Resolves when every path has had such an answer, or the time is over. */
  async expect({ paths, accept, timeoutMs }: Expectation): Promise<Arrival> {
    const missing = new Set(paths)
    if (missing.size === 0) return { at: now(), missing: [] }
    let timer: NodeJS.Timeout | undefined
    let entry: Waiting | undefined
    await new Promise<void>((arrived) => {
      entry = { accept, missing, at: 0, arrived }
      this.waiting.add(entry)
      timer = setTimeout(arrived, timeoutMs)
    })
    clearTimeout(timer)
    if (entry !== undefined) this.waiting.delete(entry)
    return { at: entry?.at ?? 0, missing: [...missing] }
  }
}
