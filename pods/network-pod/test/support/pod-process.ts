import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

const sources = resolve(import.meta.dirname, '../../src')

/** How a process ended, and all that it has written. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly log: readonly string[]
  readonly errors: readonly string[]
}

/** One of the pod's programs as a process of its own, with nothing in its environment but what a test puts there. */
export class PodProcess {
  readonly log: string[] = []
  readonly errors: string[] = []
  readonly #process: ChildProcess
  readonly #ended: Promise<Ending>
  readonly #firstLine: Promise<string>

  /**
   * @param prefix a command that runs it elsewhere, such as `ip netns exec name`
   * @param flags what stands behind its name on the command line
   */
  constructor(
    environment: Readonly<Record<string, string>>,
    program: 'main' | 'health' = 'main',
    prefix: readonly string[] = [],
    flags: readonly string[] = []
  ) {
    const own = [process.execPath, '--conditions=source', resolve(sources, `${program}.ts`), ...flags]
    const [command = '', ...args] = [...prefix, ...own]
    // Whatever else runs on this machine may have the admin port.
    const env = { PATH: process.env['PATH'] ?? '', ADMIN_PORT: 'off', ...environment }
    this.#process = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const lines = createInterface({ input: this.#process.stdout! })
    lines.on('line', (line) => this.log.push(line))
    createInterface({ input: this.#process.stderr! }).on('line', (line) => this.errors.push(line))
    this.#ended = once(this.#process, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      log: this.log,
      errors: this.errors
    }))
    this.#firstLine = Promise.race([
      once(lines, 'line').then(([line]) => line as string),
      this.#ended.then(({ errors }) => {
        throw new Error(`it ended before it said anything: ${errors.join(' / ')}`)
      })
    ])
    // Who only waits for the end does not ask for the line.
    this.#firstLine.catch(() => {})
  }

  /** The port that the first line names. */
  async port(): Promise<number> {
    const { port } = JSON.parse(await this.#firstLine) as { port: number }
    return port
  }

  ended(): Promise<Ending> {
    return this.#ended
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }
}
