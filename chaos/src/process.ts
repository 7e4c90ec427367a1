import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Whatever happens to chaos, what it started ends with it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Linux ends it with this process, even one that is stopped when this one is killed. */
const guard = '/usr/bin/setpriv'
const guarded = existsSync(guard) ? [guard, '--pdeathsig', 'KILL'] : []

/** Keeps what Node has compiled: processes start in half the time. */
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))

const exitGraceMs = 5000

/** How to start a process. */
export interface ProcessOptions {
  readonly file: string
  readonly settings?: object
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs it elsewhere, such as `ip netns exec name`. */
  readonly prefix?: readonly string[]
  readonly nodeOptions?: readonly string[]
  readonly onMessage?: (message: unknown) => void
  /** A file that gets all that it prints. */
  readonly log?: string
}

/** A program of ours in a process of its own. */
export class ChaosProcess {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  /** Resolves with the first line that it prints. */
  readonly firstLine: Promise<string>
  private readonly child: ChildProcess

  constructor(options: ProcessOptions) {
    const { file, settings, prefix = [], nodeOptions = [] } = options
    const own = [process.execPath, '--conditions=source', ...nodeOptions, file]
    const [command = '', ...args] = [
      ...prefix,
      ...guarded,
      ...own,
      ...(settings ? [JSON.stringify(settings)] : [])
    ]
    this.child = spawn(command, args, {
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...options.env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc']
    })
    running.add(this.child)
    this.child.on('message', (message) => options.onMessage?.(message))
    // What is said to a process that was just killed.
    this.child.on('error', () => {})
    this.ended = once(this.child, 'close').then(() => void running.delete(this.child))
    const { stdout } = this.child
    if (stdout === null) throw new Error('a piped process has an output')
    const lines = createInterface({ input: stdout })
    const { log } = options
    if (log !== undefined) lines.on('line', (line) => appendFileSync(log, `${line}\n`))
    this.firstLine = Promise.race([
      once(lines, 'line').then(([line]) => line as string),
      this.ended.then(() => {
        throw new Error(`${file} has ended before it printed anything`)
      })
    ])
    this.firstLine.catch(() => {})
  }

  send(message: object): void {
    if (this.child.connected) this.child.send(message, () => {})
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  /** Lets it end by itself; ends it if it does not. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.signal('SIGKILL'), exitGraceMs)
    this.child.kill('SIGTERM')
    await this.ended
    clearTimeout(timer)
  }
}
