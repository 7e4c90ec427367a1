import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** How to start a program. */
export interface ProgramOptions {
  /** What it is called in messages. */
  readonly name: string
  /** Its file. */
  readonly file: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Told of each line that it prints. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Told of what it says by `process.send`. */
  readonly onMessage?: (message: unknown) => void
}

/** How a program ended: by its exit code, or by a signal. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const endTimeoutMs = 5000
const leaveWithParent = import.meta.resolve('./leave-with-parent.ts')

/**
 * A program of ours in a process of its own. It is run like this one: by the same Node, with the same options.
 *
 * Call {@link end} or {@link kill}, also when things go wrong: a process that is not ended goes on.
 */
export class Program {
  readonly name: string
  /** What it has printed so far, on both streams. */
  readonly lines: string[] = []
  /** What of that came on stderr. */
  readonly complaints: string[] = []
  /** Resolves once it has ended and all that it printed has been read. */
  readonly ended: Promise<ProgramEnd>
  private readonly process: ChildProcess
  private readonly printed = new EventEmitter()

  constructor(options: ProgramOptions) {
    this.name = options.name
    this.process = spawn(process.execPath, [...process.execArgv, '--import', leaveWithParent, options.file], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
    this.process.on('message', (message) => options.onMessage?.(message))
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = this.process[stream]
      if (input === null) continue
      createInterface({ input }).on('line', (line) => {
        this.lines.push(line)
        if (stream === 'stderr') this.complaints.push(line)
        options.onLine?.(line, stream)
        this.printed.emit('line')
      })
    }
    this.ended = this.awaitEnd()
  }

  /** Whether it still runs. */
  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null
  }

  /** Says something to it, over the channel. */
  send(message: object): void {
    if (this.process.connected) this.process.send(message)
  }

  /** Waits until it prints a line that matches; rejects when it ends before, or the time is over. */
  async waitForLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const end = this.ended.then(() => 'ended' as const)
    for (let next = 0; ;) {
      for (; next < this.lines.length; next++) {
        const match = pattern.exec(this.lines[next] ?? '')
        if (match !== null) return match
      }
      const line = once(this.printed, 'line', { signal: timeout }).catch(() => 'timeout' as const)
      const what = await Promise.race([line, end])
      if (what === 'timeout') throw new Error(`${this.name} has not printed ${pattern} in ${timeoutMs} ms`)
      if (what === 'ended' && next >= this.lines.length) {
        throw new Error(`${this.name} has ended before it printed ${pattern}`)
      }
    }
  }

  /** Asks it to end (SIGTERM), and ends it (SIGKILL) when it does not. */
  async end(): Promise<ProgramEnd> {
    if (this.running) this.process.kill('SIGTERM')
    const overdue = new AbortController()
    const patience = sleep(endTimeoutMs, 'overdue' as const, { signal: overdue.signal }).catch(() => 'ended')
    if ((await Promise.race([this.ended, patience])) === 'overdue') this.process.kill('SIGKILL')
    overdue.abort()
    return await this.ended
  }

  /** Ends it as a power cut would: it can do nothing about it. */
  async kill(): Promise<ProgramEnd> {
    this.abandon()
    return await this.ended
  }

  /** As {@link kill}, without waiting. */
  abandon(): void {
    this.process.kill('SIGKILL')
  }

  private async awaitEnd(): Promise<ProgramEnd> {
    // `close` comes after all output; a program that could not even be started has none.
    const [code, signal] = (await once(this.process, 'close').catch((error: Error) => {
      this.complaints.push(error.message)
      return [1, null]
    })) as [number | null, NodeJS.Signals | null]
    return { code, signal }
  }
}

/** How an end reads. */
export function describeEnd({ code, signal }: ProgramEnd): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}
