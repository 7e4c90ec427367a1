/**
 * The job that shows the whole: a coordinator, two agents and a client, each a process of its own, talk over
 * ZeroMQ. `pnpm start` runs it. It ends with exit code 0 only if every part has come true, and ends every process
 * that it has started, whatever happens.
 */

import { resolve } from 'node:path'
import { readableLog, startCoordinator } from '../runner/coordinator.ts'
import { describeEnd, Program } from '../runner/program.ts'
import { parts, type Part, type ToClient, type ToJob } from './messages.ts'

const timeoutMs = 50_000

class Job {
  private readonly programs = new Map<string, Program>()
  /** Those whose end is no surprise. */
  private readonly mayEnd = new Set<Program>()
  private readonly verified: Part[] = []
  private stopping = false
  private fail: (error: Error) => void = () => {}
  private readonly failed = new Promise<never>((_resolve, reject) => {
    this.fail = reject
  })

  /** Does the job; rejects as soon as anything goes wrong. All processes have ended when it settles. */
  async run(): Promise<void> {
    const timer = setTimeout(() => this.fail(new Error(`not done after ${timeoutMs / 1000} s`)), timeoutMs)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => this.fail(new Error(`interrupted by ${signal}`)))
    }
    // The last resort, should this process itself break.
    process.on('exit', () => this.killAll())
    try {
      await Promise.race([this.perform(), this.failed])
    } finally {
      clearTimeout(timer)
      this.stopping = true
      await this.endAll()
    }
  }

  /** The coordinator goes last: the others take leave of it. */
  private async endAll(): Promise<void> {
    const [coordinator, ...others] = this.programs.values()
    await Promise.all(others.map((program) => program.end()))
    await coordinator?.end()
  }

  private async perform(): Promise<void> {
    say('job', 'starts a coordinator, two agents and a client, each a process of its own')
    const starting = startCoordinator((line) => say('coordinator', readableLog(line)))
    const { coordinator } = starting
    this.watch(coordinator)
    const address = await starting.address

    // One after the other: the first to bring the ticket counter along serves it, the other stands by.
    for (const name of ['agent-1', 'agent-2']) {
      await new Promise<void>((ready) => {
        this.start(name, 'agent.ts', { NETWORK: address, AGENT: name }, ready)
      })
    }
    const client = this.start('client', 'client.ts', { NETWORK: address })
    this.mayEnd.add(client)
    const clientEnd = await client.ended
    if (clientEnd.code !== 0) throw new Error(`the client ended with ${describeEnd(clientEnd)}`)
    if (this.verified.join() !== parts.join()) {
      throw new Error(`of ${parts.join(', ')}, these came true: ${this.verified.join(', ')}`)
    }

    say('job', 'ends the agent that is left, then the coordinator')
    const left = [...this.programs.values()].filter((program) => program.running && program !== coordinator)
    for (const program of [...left, coordinator]) {
      this.mayEnd.add(program)
      const end = await program.end()
      if (end.code !== 0) throw new Error(`${program.name} ended with ${describeEnd(end)}`)
    }
    if (left.length !== 1) throw new Error(`one agent should have been left, not ${left.length}`)
  }

  private start(name: string, file: string, env: Record<string, string>, onReady?: () => void): Program {
    if (this.stopping) throw new Error('the job has been stopped')
    const program = new Program({
      name,
      file: resolve(import.meta.dirname, file),
      env,
      onLine: (line) => say(name, line),
      onMessage: (message) => {
        this.hear(program, message as ToJob, onReady).catch((error: Error) => this.fail(error))
      }
    })
    this.watch(program)
    return program
  }

  /** A process that ends unasked ends the job. */
  private watch(program: Program): void {
    this.programs.set(program.name, program)
    program.ended.then(
      (end) => {
        if (this.mayEnd.has(program)) return
        this.fail(new Error(`${program.name} ended unasked, with ${describeEnd(end)}`))
      },
      (error: Error) => this.fail(error)
    )
  }

  private async hear(from: Program, message: ToJob, onReady: (() => void) | undefined): Promise<void> {
    switch (message.type) {
      case 'ready':
        onReady?.()
        return
      case 'verified':
        this.verified.push(message.part)
        say('job', `the ${message.part} has come true`)
        return
      case 'kill': {
        const program = this.programs.get(message.program)
        if (program === undefined) throw new Error(`there is no process ${message.program} to kill`)
        this.mayEnd.add(program)
        const end = await program.kill()
        say('job', `${program.name} has ended with ${describeEnd(end)}`)
        from.send({ type: 'killed' } satisfies ToClient)
      }
    }
  }

  private killAll(): void {
    for (const program of this.programs.values()) if (program.running) program.abandon()
  }
}

/** Prints who says what, with the seconds since the start. */
function say(who: string, line: string): void {
  const seconds = (performance.now() / 1000).toFixed(2).padStart(6)
  console.log(`${seconds} s  ${who.padEnd(11)}  ${line}`)
}

try {
  await new Job().run()
  say('job', `done: ${parts.join(', ')} have come true, and every process has ended`)
} catch (error) {
  say('job', `FAILED: ${(error as Error).message}`)
  process.exit(1)
}
