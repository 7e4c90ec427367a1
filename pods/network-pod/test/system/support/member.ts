import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Count, Order, Report } from './orders.ts'
import type { Machine } from '@hcengineering/network-testing'

const program = resolve(import.meta.dirname, 'member-process.ts')

const readyTimeoutMs = 30_000

interface Waiting {
  readonly resolve: (count: Count) => void
  readonly reject: (error: Error) => void
}

/** An agent or a client as a process on one of the machines. */
export class Member {
  /** What the counter has told this client, in order. */
  readonly events: Count[] = []
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #waiting = new Map<number, Waiting>()
  #lastOrder = 0

  private constructor(process: ChildProcess) {
    this.#process = process
    this.#ended = once(process, 'close')
    process.on('message', (report: Report) => this.#hear(report))
  }

  /** Resolves once it has joined the network. */
  static async start(role: 'agent' | 'client', machine: Machine, coordinator: string): Promise<Member> {
    const [command, ...args] = [...machine.prefix, process.execPath, '--conditions=source', program]
    const child = spawn(command, [...args, role, coordinator, machine.address], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    const member = new Member(child)
    const ended = member.#ended.then(() => {
      throw new Error(`the ${role} ended before it was ready`)
    })
    ended.catch(() => {})
    try {
      await Promise.race([once(child, 'message', { signal: AbortSignal.timeout(readyTimeoutMs) }), ended])
      return member
    } catch (error) {
      await member[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Has the client ask the counter. */
  ask(via: Order['via'], operation: string): Promise<Count> {
    const id = ++this.#lastOrder
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send({ id, via, operation } satisfies Order)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  #hear(report: Report): void {
    if (report.kind === 'event') this.events.push(report.event as Count)
    else if (report.kind === 'answer') this.#waiting.get(report.id)?.resolve(report.value as Count)
    else if (report.kind === 'failure') this.#waiting.get(report.id)?.reject(new Error(report.error))
  }
}
