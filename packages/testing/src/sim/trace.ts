import { createHash } from 'node:crypto'

const chunkLength = 16_384

/**
 * What happens in a simulation, in order: hashed, so that two runs can be compared, and told to whoever reads
 * along. Everything takes part in the hash; only what `tell` gets has words for readers.
 */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #now: () => number
  readonly #startMs: number
  readonly #line: ((line: string) => void) | undefined
  #chunk = ''

  /**
   * @param now the shared virtual time
   * @param line hears every line, as `'   12.345 agent-1  paused for 3000 ms'`
   */
  constructor(now: () => number, line?: (line: string) => void) {
    this.#now = now
    this.#startMs = now()
    this.#line = line
  }

  /** Something that only the hash takes note of, such as a delivery. */
  note(what: string): void {
    this.#chunk += `${Math.round((this.#now() - this.#startMs) * 1000)} ${what}\n`
    if (this.#chunk.length > chunkLength) this.#flush()
  }

  /** Something that a reader wants to know. */
  tell(who: string, what: string): void {
    this.note(`${who} ${what}`)
    if (this.#line === undefined) return
    const seconds = ((this.#now() - this.#startMs) / 1000).toFixed(3)
    this.#line(`${seconds.padStart(9)} ${who.padEnd(13)} ${what}`)
  }

  /** The hash of all that was noted: to be asked once, at the end. */
  digest(): string {
    this.#flush()
    return this.#hash.digest('hex').slice(0, 16)
  }

  #flush(): void {
    this.#hash.update(this.#chunk)
    this.#chunk = ''
  }
}
