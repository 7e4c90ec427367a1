import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Unavailable, type Answer, type Call, type Figures } from './messages.ts'

/** Whatever happens to the bench, what it started ends with it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const exitGraceMs = 5000

/** Keeps what Node has compiled: processes start in half the time, and are as cold as ever. */
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * One of the programs in `programs/`, in a process of its own: compiled, as is what it imports, because that is what is
 * installed. Sources would bring the compiler that strips their types, and a larger heap.
 *
 * Use: {@link call} its functions, then {@link stop}. A program also ends when the bench does.
 */
export class ProgramProcess {
  private readonly name: string
  private readonly child: ChildProcess
  private readonly pending = new Map<number, Pending>()
  private nextId = 1
  private ended: Error | undefined

  /** @param nodeOptions what Node is told */
  constructor(name: string, nodeOptions: readonly string[] = []) {
    this.name = name
    this.child = fork(fileURLToPath(new URL(`../dist/programs/${name}.js`, import.meta.url)), {
      execArgv: [...nodeOptions],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
      // What a program prints belongs to the progress: standard output may be asked to be JSON only.
      stdio: ['ignore', 2, 2, 'ipc']
    })
    running.add(this.child)
    this.child.on('message', (answer: Answer) => this.settle(answer))
    this.child.on('error', (error) => this.end(error))
    this.child.on('exit', (code, signal) => {
      running.delete(this.child)
      this.end(new Error(`${name} has ended: ${signal ?? `exit code ${code}`}`))
    })
  }

  /** @throws Error when the program fails at it, or has not answered in time */
  async call(name: string, data: unknown, timeoutMs: number): Promise<unknown> {
    if (this.ended !== undefined) throw this.ended
    const call: Call = { id: this.nextId++, name, data }
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => {
          reject(new Error(`${this.name} did not answer '${name}' within ${Math.round(timeoutMs / 1000)} s`))
        }, timeoutMs)
        this.pending.set(call.id, { resolve, reject })
        this.child.send(call)
      })
    } finally {
      clearTimeout(timer)
      this.pending.delete(call.id)
    }
  }

  /** Lets the program end; ends it if it does not. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const timer = setTimeout(() => this.child.kill('SIGKILL'), exitGraceMs)
    const exited = once(this.child, 'exit')
    if (this.child.connected) this.child.disconnect()
    await exited
    clearTimeout(timer)
  }

  private settle(answer: Answer): void {
    const waiting = this.pending.get(answer.id)
    if (answer.kind === 'answered') waiting?.resolve(answer.value)
    else if (answer.unavailable) waiting?.reject(new Unavailable(answer.message))
    else waiting?.reject(new Error(`${this.name}: ${answer.message}`))
  }

  private end(error: Error): void {
    this.ended ??= error
    for (const waiting of this.pending.values()) waiting.reject(this.ended)
  }
}

/** A program that is not ours, with nothing to say to it. */
export class ForeignProcess {
  private readonly child: ChildProcess

  constructor(command: string, args: readonly string[]) {
    // Linux ends it with this process even where that has no time left to do so.
    const guard = '/usr/bin/setpriv'
    const whole = existsSync(guard) ? [guard, '--pdeathsig', 'KILL', command, ...args] : [command, ...args]
    this.child = spawn(whole[0] ?? command, whole.slice(1), { stdio: 'ignore' })
    running.add(this.child)
    this.child.on('error', () => running.delete(this.child))
    this.child.on('exit', () => running.delete(this.child))
  }

  async stop(): Promise<void> {
    if (!running.has(this.child)) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }
}

/** @throws Error unless a program has answered with numbers, by name */
export function readFigures(value: unknown): Figures {
  if (typeof value !== 'object' || value === null) throw new Error('a program answered without figures')
  const figures: Record<string, number> = {}
  for (const [name, figure] of Object.entries(value)) {
    if (typeof figure !== 'number' || !Number.isFinite(figure)) {
      throw new Error(`a program answered with ${name} = ${String(figure)}`)
    }
    figures[name] = figure
  }
  return figures
}
