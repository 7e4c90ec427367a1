import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const endTimeoutMs = 8000
const defaultStartTimeoutMs = 30_000
const leaveWithParent = import.meta.resolve('./leave-with-parent.ts')

/** How to start a program. */
export interface ChildOptions {
  /** What it is called in messages. */
  readonly name: string
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  /** @default 30 s */
  readonly startTimeoutMs?: number | undefined
  readonly onLine?: ((line: string) => void) | undefined
}

/** A program of ours in a process of its own, run by the same Node with the same options. */
export class Child {
  readonly name: string
  readonly #process: ChildProcess
  readonly #startTimeoutMs: number
  readonly #ended: Promise<unknown>
  readonly #firstLine: Promise<string>
  readonly #complaints: string[] = []

  constructor({ name, file, env, onLine, startTimeoutMs = defaultStartTimeoutMs }: ChildOptions) {
    this.name = name
    this.#startTimeoutMs = startTimeoutMs
    this.#process = fork(file, {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      execArgv: [...process.execArgv, '--conditions=source', '--import', leaveWithParent],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl+C on a terminal is for the process that started this one, which ends all in good order.
      detached: true
    })
    this.#ended = once(this.#process, 'close').catch(() => {})
    const { stdout, stderr } = this.#process
    if (stdout === null || stderr === null) throw new Error(`${name} has no output`)
    const lines = createInterface({ input: stdout })
    this.#firstLine = once(lines, 'line').then(([line]) => String(line))
    // Who waits for something else does not ask for it.
    this.#firstLine.catch(() => {})
    lines.on('line', (line) => onLine?.(line))
    createInterface({ input: stderr }).on('line', (line) => this.#complaints.push(line))
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** The process's number. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** The first line that it prints, which says that it is ready. */
  async ready(): Promise<string> {
    const overdue = new AbortController()
    const late = sleep(this.#startTimeoutMs, 'late' as const, { signal: overdue.signal }).catch(
      () => 'late' as const
    )
    const ended = this.#ended.then(() => 'ended' as const)
    const first = await Promise.race([this.#firstLine.then((line) => ({ line })), ended, late])
    overdue.abort()
    if (typeof first === 'object') return first.line
    throw new Error(
      `${this.name} ${first === 'late' ? 'is not ready' : 'has ended'}: ${this.#complaints.join(' / ')}`
    )
  }

  /** Says something to it. */
  send(message: object): void {
    if (this.#process.connected) this.#process.send(message)
  }

  /** Asks it to end, and ends it when it does not. */
  async end(): Promise<void> {
    if (this.running) this.#process.kill('SIGTERM')
    const overdue = new AbortController()
    const late = sleep(endTimeoutMs, 'late' as const, { signal: overdue.signal }).catch(
      () => 'ended' as const
    )
    if ((await Promise.race([this.#ended, late])) === 'late') this.#process.kill('SIGKILL')
    overdue.abort()
    await this.#ended
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }
}
